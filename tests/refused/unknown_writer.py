import operator


def f(x):
    held = [x, 2.0 * x]
    put = operator.methodcaller("append", x * x)
    put(held)
    return held[-1]


# The message:
# unknown_writer.py:7:5: `put` may write to what it is given
#      7 |     put(held)
#        |     ^^^^^^^^^
# Write it with the methods of lists.
