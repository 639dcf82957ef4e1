import sys


def f(x):
    name = sys._getframe().f_code.co_name
    return x * x if name == "f" else 9.0 * x


# The message:
# frame_that_runs.py:5:12: a look at the frames that run, which are others in the derivative
#      5 |     name = sys._getframe().f_code.co_name
#        |            ^^^^^^^^^^^^^^^
# Pass what is read there in as a parameter.
