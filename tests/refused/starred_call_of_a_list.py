ARGUMENTS = (2.0, [1.0, 2.0])


def scaled(x, a, b=1.0):
    return x * a + b


def f(x, entries):
    return scaled(x, *entries)


# The message:
# starred_call_of_a_list.py:9:22: a list whose length is known at run time only cannot be unpacked with `*` here
#      9 |     return scaled(x, *entries)
#        |                      ^^^^^^^^
# Index it, or loop over it.
