import numpy as np
from numpy.lib.stride_tricks import as_strided

ARGUMENTS = (np.array([1.0, 2.0, 3.0, 4.0]),)


def f(x):
    (step,) = x.strides
    windows = as_strided(x, shape=(len(x) - 1, 2), strides=(step, step))
    return np.sum(windows[:, 0] * windows[:, 1])


# The message:
# memory_as_it_lies.py:9:15: `as_strided`, which looks at memory as it lies
#      9 |     windows = as_strided(x, shape=(len(x) - 1, 2), strides=(step, step))
#        |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use np.lib.stride_tricks.sliding_window_view, a reshape or slices.
