from collections import deque

LOG = deque()


def f(x):
    LOG.append(x)
    return LOG[-1] * x


# The message:
# outside_changed_and_read.py:7:5: this call changes what the function reads outside of itself
#      7 |     LOG.append(x)
#        |     ^^^^^^^^^^^^^
# Keep the values in a list or a variable of the function's own, or pass in what is changed as an argument.
