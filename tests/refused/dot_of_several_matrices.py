import numpy as np


ARGUMENTS = (np.ones((3, 3)), np.ones((3, 3, 3)))


def f(a, b):
    return (np.dot(a, b) * b).sum()


# The message:
# dot_of_several_matrices.py:8:13: `np.dot` of arrays of 2 and 3 axes
#      8 |     return (np.dot(a, b) * b).sum()
#        |             ^^^^^^^^^^^^
# Write `np.tensordot(a, b, axes=(-1, -2))`, which is the same.
