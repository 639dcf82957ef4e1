ARGUMENTS = (2.0, 5)


def f(x, n):
    y = x
    for k in range(n):
        y = (y, x) if k % 2 else [y]
    return y[0]


# The message:
# loop_changes_kind.py:6:5: this value is of different kinds in different steps of a loop
#      6 |     for k in range(n):
#        |     ^^^^^^^^^^^^^^^^^^
# Give it the same kind of value in every step.
