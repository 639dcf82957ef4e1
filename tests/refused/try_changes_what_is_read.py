from math import sqrt

ARGUMENTS = (2.0, 9)


def f(x, n):
    total = 1.0
    try:
        for k in range(n):
            total = total * sqrt(x - k)
    except ValueError as error:
        total = total + x * len(str(error))
    return total


# The message:
# try_changes_what_is_read.py:8:5: a value that the try body changes before it may raise is used in a handler
#      8 |     try:
#        |     ^^^^
# Compute it before the try, or change it in a statement of its own at the top of the body.
