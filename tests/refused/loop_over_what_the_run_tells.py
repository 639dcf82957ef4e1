import re


def f(x):
    total = 0.0
    for _ in re.finditer("a", "banana"):
        total += x
    return total


# The message:
# loop_over_what_the_run_tells.py:6:14: a loop over what only the run tells
#      6 |     for _ in re.finditer("a", "banana"):
#        |              ^^^^^^^^^^^^^^^^^^^^^^^^^^
# Loop over a list, a tuple or a range.
