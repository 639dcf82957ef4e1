import numpy as np

ARGUMENTS = (np.array([1.0, 2.0, 3.0]), 3)


def f(x, n):
    y = x * 1.0
    part = y[0:2]
    for k in range(n - 1):
        part = y[k : k + 2]
    y[2] = 7.0 * y[2]
    return np.sum(part)


# The message:
# read_after_lender_was_written.py:12:12: what this name shares its memory with was written to since, under another name
#     12 |     return np.sum(part)
#        |            ^^^^^^^^^^^^
# Bind a copy to one of the names: `x.copy()` or `list(x)`.
