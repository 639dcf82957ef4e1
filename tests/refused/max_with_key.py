ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    return x * max(entries, key=lambda v: v * v)


# The message:
# max_with_key.py:5:16: `max` of a list with key or default
#      5 |     return x * max(entries, key=lambda v: v * v)
#        |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Write it as a loop.
