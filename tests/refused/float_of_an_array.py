import numpy as np


ARGUMENTS = (np.array([1.0, 2.0]),)


def f(x):
    return 2.0 * float(x)


# The message:
# float_of_an_array.py:8:18: an array where Python takes a number
#      8 |     return 2.0 * float(x)
#        |                  ^^^^^^^^
# Use the function of NumPy, or take the entry that is meant, as in `x[0]`.
