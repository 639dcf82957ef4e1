import itertools


def f(x):
    total = 0.0
    for a, b in itertools.combinations_with_replacement([x, 2.0], 2):
        total += a * b
    return total


# The message:
# loop_over_what_the_run_tells.py:6:17: a loop over what only the run tells
#      6 |     for a, b in itertools.combinations_with_replacement([x, 2.0], 2):
#        |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Loop over a list, a tuple or a range.
