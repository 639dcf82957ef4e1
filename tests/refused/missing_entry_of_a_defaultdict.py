from collections import defaultdict

ARGUMENTS = (2.0, defaultdict(float, a=3.0))


def f(x, weights):
    return x * weights["a"] + x * weights["b"]


# The message:
# missing_entry_of_a_defaultdict.py:7:35: the entry 'b' of a defaultdict from outside, which does not hold it
#      7 |     return x * weights["a"] + x * weights["b"]
#        |                                   ^^^^^^^^^^^^
# Read it with `get`, or pass a dict with all entries that are read.
