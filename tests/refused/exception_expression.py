ERRORS = [ValueError, ZeroDivisionError]


def f(x):
    try:
        return 1.0 / x
    except tuple(ERRORS):
        return 0.0


# The message:
# exception_expression.py:7:12: exception types that are not plain names
#      7 |     except tuple(ERRORS):
#        |            ^^^^^^^^^^^^^
# Name the classes.
