from scipy.optimize import brentq


def f(a):
    root, about = brentq(lambda x: x**3 - a, 0.0, 10.0, full_output=True)
    return root * about.iterations


# The message:
# steps_of_a_search.py:5:19: `iterations` of what `brentq` gives is used
#      5 |     root, about = brentq(lambda x: x**3 - a, 0.0, 10.0, full_output=True)
#        |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Take the root, `.root`, and `.converged` alone.
