import numpy as np


def f(x):
    y = max(x, np.float64(1.0))
    return getattr(y, "base", x) * x


# The message:
# attribute_of_a_number.py:6:12: `base` of what may be a number of Python's or one of NumPy's
#      6 |     return getattr(y, "base", x) * x
#        |            ^^^^^^^^^^^^^^^^^^^^^
# Make it one of NumPy's first: np.asarray(...).
