def f(x):
    first, *rest = str(x).split(".")
    return x * len(rest) + len(first)


# The message:
# starred_unpacking_of_words.py:2:5: starred unpacking of a value whose length is known at run time only
#      2 |     first, *rest = str(x).split(".")
#        |     ^^^^^^^^^^^^
# Unpack a list, or use indices and slices.
