import numpy as np


def table(shape):
    return np.ones(shape, like=np.zeros(1))


def f(x):
    return np.sum(table((3, 1)) * x)


# The message:
# kept_function_of_arrays.py:5:12: `like` of `np.ones`
#      5 |     return np.ones(shape, like=np.zeros(1))
#        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#     called from table (kept_function_of_arrays.py:9)
# Leave it out.
