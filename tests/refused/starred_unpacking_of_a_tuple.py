ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    first, *rest = tuple(v * x for v in entries)
    return first + sum(rest)


# The message:
# starred_unpacking_of_a_tuple.py:5:5: starred unpacking of a value whose length is known at run time only
#      5 |     first, *rest = tuple(v * x for v in entries)
#        |     ^^^^^^^^^^^^
# Unpack a list, or use indices and slices.
