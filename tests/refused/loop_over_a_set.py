ARGUMENTS = (2.0,)
ALLOWED = {1.0, 2.0}


def f(x):
    total = 0.0
    for k in ALLOWED:
        total += k * x
    return total


# The message:
# loop_over_a_set.py:7:14: a loop over a set, whose order is no one's choice
#      7 |     for k in ALLOWED:
#        |              ^^^^^^^
# Loop over sorted(...).
