def f(x):
    return x * locals()["x"]


# The message:
# locals_call.py:2:16: `locals` inside a function
#      2 |     return x * locals()["x"]
#        |                ^^^^^^^^
# Read the variables by their names.
