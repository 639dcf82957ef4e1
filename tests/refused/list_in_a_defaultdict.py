from collections import defaultdict


def f(x):
    groups = defaultdict(list)
    groups["low"].append(x * x)
    return sum(groups["low"])


# The message:
# list_in_a_defaultdict.py:6:5: a defaultdict that holds something else than numbers
#      6 |     groups["low"].append(x * x)
#        |     ^^^^^^^^^^^^^
# Use keys that are constants, or a list.
