ARGUMENTS = (2.0,)


def f(x):
    total = 0.0
    for k in {1.0, 2.0}:
        total += k * x
    return total


# The message:
# loop_over_a_set.py:6:14: a loop over a set, whose order is no one's choice
#      6 |     for k in {1.0, 2.0}:
#        |              ^^^^^^^^^^
# Loop over sorted(...).
