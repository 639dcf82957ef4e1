def f(x):
    return x * float("%r" % x)


# The message:
# text_read_back_by_percent.py:2:16: a derivative would have to flow through a text that is read back
#      2 |     return x * float("%r" % x)
#        |                ^^^^^^^^^^^^^^^
# Use the number itself, or round(x, n) of it.
