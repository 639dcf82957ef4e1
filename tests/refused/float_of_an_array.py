import numpy as np


ARGUMENTS = (np.array([1.0, 2.0]),)


def f(x):
    try:
        float(x)
    except TypeError:
        return 2.0 * x.sum()
    return (x * x).sum()


# The message:
# float_of_an_array.py:9:9: an array where Python takes a number
#      9 |         float(x)
#        |         ^^^^^^^^
# Use the function of NumPy, or take the entry that is meant, as in `x[0]`.
