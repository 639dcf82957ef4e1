ARGUMENTS = (2.0, (1.0, 3.0), (1.0, 2.0))


def f(x, here, there):
    if here is there:
        return x
    return x * (here[0] - there[0])


# The message:
# is_of_two_tuples.py:5:8: `is` of two tuples that may be one and the same
#      5 |     if here is there:
#        |        ^^^^^^^^^^^^^
# Compare numbers or strings that tell them apart.
