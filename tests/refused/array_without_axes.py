import numpy as np

ARGUMENTS = (np.array(1.5),)


def f(x):
    y = np.squeeze(x)
    y += 1.0
    return y * x


# The message:
# array_without_axes.py:8:5: an array without axes is written to in place
#      8 |     y += 1.0
#        |     ^^^^^^^^
# Write `y = y ...`, or give it an axis.
