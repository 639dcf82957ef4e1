import numpy as np

ARGUMENTS = (np.array([[2.0, 0.3], [0.1, 1.0], [0.4, 0.7]]),)


def f(a):
    x, residuals, rank, s = np.linalg.lstsq(a, np.ones(3), rcond=None)
    return np.sum(x) + residuals[0]


# The message:
# undetermined_residuals.py:7:29: a derivative would have to flow through result 1 of `numpy.linalg.lstsq`, which is not determined by the arguments alone
#      7 |     x, residuals, rank, s = np.linalg.lstsq(a, np.ones(3), rcond=None)
#        |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use the other results, or what does not depend on how this one is chosen.
