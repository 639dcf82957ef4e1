ARGUMENTS = ([1.0, 2.0],)


def f(entries):
    del entries[0]
    return sum(entries)


# The message:
# delete_entry.py:5:5: `del` of this entry
#      5 |     del entries[0]
#        |     ^^^^^^^^^^^^^^
# Build a new list without it.
