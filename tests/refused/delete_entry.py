ARGUMENTS = (2.0, 0)


def f(x, k):
    table = {"a": x, "b": 1.0}
    del table[chr(97 + k)]
    return sum(table.values())


# The message:
# delete_entry.py:6:5: `del` of this entry
#      6 |     del table[chr(97 + k)]
#        |     ^^^^^^^^^^^^^^^^^^^^^^
# Build a new list without it.
