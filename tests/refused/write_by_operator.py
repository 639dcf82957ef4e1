import operator


def f(x):
    held = [x, 2.0 * x]
    operator.setitem(held, 0, x * x)
    return held[0]


# The message:
# write_by_operator.py:6:5: `operator.setitem` writes to what it is given
#      6 |     operator.setitem(held, 0, x * x)
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Write it with the methods of lists.
