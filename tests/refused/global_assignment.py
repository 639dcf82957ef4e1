CALLS = 0


def f(x):
    global CALLS
    CALLS = x
    return x * x


# The message:
# global_assignment.py:6:5: assignment to the global `CALLS`, whose module is not imported
#      6 |     CALLS = x
#        |     ^^^^^
# Import the module, or return the value instead.
