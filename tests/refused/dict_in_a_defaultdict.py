from collections import defaultdict


def f(x):
    groups = defaultdict(dict)
    groups["low"]["first"] = x * x
    return groups["low"]["first"]


# The message:
# dict_in_a_defaultdict.py:6:5: a defaultdict that holds something else than numbers and lists of numbers
#      6 |     groups["low"]["first"] = x * x
#        |     ^^^^^^^^^^^^^
# Use keys that are constants, or a list.
