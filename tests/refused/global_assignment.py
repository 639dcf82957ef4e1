CALLS = 0


def f(x):
    global CALLS
    CALLS = x
    return x * x


# The message:
# global_assignment.py:6:5: assignment to the global `CALLS`
#      6 |     CALLS = x
#        |     ^^^^^
# Return the value instead: a derivative must not change module state.
