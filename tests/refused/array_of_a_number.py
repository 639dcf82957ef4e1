import numpy as np

ARGUMENTS = (np.array(1.5),)


def f(x):
    y = np.atleast_1d(x)
    y[0] = 2.0 * y[0]
    return y[0] * x


# The message:
# array_of_a_number.py:8:5: this array looks into one without axes, which would be written to, too
#      8 |     y[0] = 2.0 * y[0]
#        |     ^^^^
# Write into a copy of it.
