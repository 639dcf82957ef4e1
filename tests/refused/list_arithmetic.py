ARGUMENTS = ([1.0, 2.0],)


def f(entries):
    return sum(entries - [1.0, 1.0])


# The message:
# list_arithmetic.py:5:16: `-` on a list
#      5 |     return sum(entries - [1.0, 1.0])
#        |                ^^^^^^^^^^^^^^^^^^^^
# Lists can be concatenated and repeated; for arithmetic loop over their entries.
