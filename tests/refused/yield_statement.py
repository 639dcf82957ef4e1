def f(x):
    yield x * x


# The message:
# yield_statement.py:2:5: `yield` is not supported
#      2 |     yield x * x
#        |     ^^^^^^^^^^^
# Return a list of the values.
