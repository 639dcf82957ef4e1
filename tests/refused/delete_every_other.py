def f(x):
    entries = [x, x * x, 3.0]
    del entries[::2]
    return sum(entries)


# The message:
# delete_every_other.py:3:5: `del` of a slice with a step
#      3 |     del entries[::2]
#        |     ^^^^^^^^^^^^^^^^
# Build a new list without the entries.
