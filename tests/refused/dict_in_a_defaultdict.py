from collections import defaultdict


def made():
    return {}


def f(x):
    groups = defaultdict(made)
    groups["low"]["first"] = x * x
    return groups["low"]["first"]


# The message:
# dict_in_a_defaultdict.py:10:5: a defaultdict that holds something else than numbers and lists of numbers
#     10 |     groups["low"]["first"] = x * x
#        |     ^^^^^^^^^^^^^
# Use keys that are constants, or a list.
