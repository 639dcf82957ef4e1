ARGUMENTS = ([1.0, 2.0],)


def f(entries):
    entries[:1] += [3.0]
    return sum(entries)


# The message:
# slice_augmented.py:5:5: augmented assignment to a slice
#      5 |     entries[:1] += [3.0]
#        |     ^^^^^^^^^^^^^^^^^^^^
# Loop over the entries.
