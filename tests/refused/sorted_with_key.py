ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    return x * sorted(entries, key=lambda v: -v)[0]


# The message:
# sorted_with_key.py:5:16: `sorted` with a key or reversed
#      5 |     return x * sorted(entries, key=lambda v: -v)[0]
#        |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Sort the plain numbers.
