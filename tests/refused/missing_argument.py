def scaled(x, factor):
    return x * factor


def f(x):
    return scaled(x)


# The message:
# missing_argument.py:6:12: `scaled` is called without `factor`
#      6 |     return scaled(x)
#        |            ^^^^^^^^^
# Give it a value.
