ARGUMENTS = (2.0, 3)


def scaled(x, a, b=1.0):
    return x * a + b


def f(x, n):
    entries = []
    while sum(entries) < n:
        entries.append(x)
    return scaled(x, *entries)


# The message:
# starred_call_of_a_list.py:12:22: a list whose length is known at run time only cannot be unpacked with `*` here
#     12 |     return scaled(x, *entries)
#        |                      ^^^^^^^^
# Index it, or loop over it.
