import numpy as np

ARGUMENTS = (np.array([[2.0, 0.3], [0.1, 1.0]]),)


def f(a):
    u, s, vt = np.linalg.svd(a)
    return u[0, 0] * vt[0, 1] + s[1]


# The message:
# undetermined_vectors.py:7:16: a derivative would have to flow through result 2 of `numpy.linalg.svd`, which is not determined by the arguments alone
#      7 |     u, s, vt = np.linalg.svd(a)
#        |                ^^^^^^^^^^^^^^^^
# Ask for full_matrices=False; for a square matrix the result is the same.
