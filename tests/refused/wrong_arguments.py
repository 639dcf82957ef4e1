import math


def f(x):
    return math.sin(x, x)


# The message:
# wrong_arguments.py:5:12: this call of `math.sin`
#      5 |     return math.sin(x, x)
#        |            ^^^^^^^^^^^^^^
# Call it with the arguments that it takes.
