import copy

ARGUMENTS = ([[1.0, 2.0]] * 20,)


def f(rows):
    other = copy.copy(rows)
    return other[0][1] * rows[1][0]


# The message:
# copy_of_a_list_of_lists.py:7:13: copy of this value
#      7 |     other = copy.copy(rows)
#        |             ^^^^^^^^^^^^^^^
# Numbers, arrays, lists of numbers, tuples, dicts and objects are understood: make the object anew.
