import numpy as np


def table(shape):
    return np.ones(shape, order="F")


def f(x):
    return np.sum(table((3, 1)) * x)


# The message:
# kept_function_of_arrays.py:5:12: this call of `np.ones`
#      5 |     return np.ones(shape, order="F")
#        |            ^^^^^^^^^^^^^^^^^^^^^^^^^
#     called from table (kept_function_of_arrays.py:9)
# Call it with: shape, dtype.
