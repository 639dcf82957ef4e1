ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    return x * sum(filter(lambda v: v > 1.0, entries))


# The message:
# filter_of_a_list.py:5:20: `filter` over a list of run-time length
#      5 |     return x * sum(filter(lambda v: v > 1.0, entries))
#        |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use a comprehension with if.
