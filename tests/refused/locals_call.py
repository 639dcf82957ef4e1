def f(x):
    return sum([locals()["t"] for t in (x, x * x)])


# The message:
# locals_call.py:2:17: `locals` of an inner function
#      2 |     return sum([locals()["t"] for t in (x, x * x)])
#        |                 ^^^^^^^^
# Read the variables by their names.
