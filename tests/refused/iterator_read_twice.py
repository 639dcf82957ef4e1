ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    pairs = zip(entries, entries)
    return x * sum(a for a, _ in pairs) + sum(b for _, b in pairs)


# The message:
# iterator_read_twice.py:6:61: the iterator `pairs` is read a second time
#      6 |     return x * sum(a for a, _ in pairs) + sum(b for _, b in pairs)
#        |                                                             ^^^^^
# Make a list of its items first: `list(...)`.
