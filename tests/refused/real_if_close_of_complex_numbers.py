import numpy as np

ARGUMENTS = (np.array([1.0, 2.0]),)


def f(x):
    return np.sum(np.real(np.real_if_close(x + 0j)))


# The message:
# real_if_close_of_complex_numbers.py:7:27: `np.real_if_close`, whose result is real or complex as the numbers are
#      7 |     return np.sum(np.real(np.real_if_close(x + 0j)))
#        |                           ^^^^^^^^^^^^^^^^^^^^^^^^
# Take np.real of them.
