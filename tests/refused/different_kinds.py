def f(x):
    if x > 0.0:
        y = [(x, x)]
    else:
        y = [x]
    return y[0][0]


# The message:
# different_kinds.py:2:5: `y` is of different kinds on different paths
#      2 |     if x > 0.0:
#        |     ^^^^^^^^^^^
# Give it the same kind of value (number, tuple of the same length, same function) on every path.
