import math


def f(x):
    math.tau = x
    return x * x


# The message:
# library_attribute_written.py:5:5: assignment to an attribute of this value
#      5 |     math.tau = x
#        |     ^^^^^^^^
# Return the value instead.
