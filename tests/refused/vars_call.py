def f(x):
    return x * vars()["x"]


# The message:
# vars_call.py:2:16: `vars` inside a function
#      2 |     return x * vars()["x"]
#        |                ^^^^^^
# Read the variables, or the attributes, by their names.
