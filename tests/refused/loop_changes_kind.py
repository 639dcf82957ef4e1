ARGUMENTS = (2.0, 5)


def f(x, n):
    y = {"b": x}
    for k in range(n):
        y = {"a": x} if k % 2 else {"b": x * x}
    return y["b"]


# The message:
# loop_changes_kind.py:6:5: this value is of different kinds in different steps of a loop
#      6 |     for k in range(n):
#        |     ^^^^^^^^^^^^^^^^^^
# Give it the same kind of value in every step.
