from collections import defaultdict

ARGUMENTS = (2.0, defaultdict(float, a=3.0), ["a", "b"] * 200)


def f(x, weights, words):
    total = 0.0
    for word in words:
        try:
            total += x * weights[word]
        except KeyError:
            total += x
    return total


# The message:
# run_time_entry_of_a_defaultdict.py:10:26: the entry under a run-time key of a defaultdict from outside, which may not hold it
#     10 |             total += x * weights[word]
#        |                          ^^^^^^^^^^^^^
# Read it with `get`, or pass a dict with all entries that are read.
