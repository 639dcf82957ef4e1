import copy
from dataclasses import dataclass


@dataclass
class Pair:
    a: float
    b: float


ARGUMENTS = (Pair(1.0, 2.0),)


def f(pair):
    other = copy.copy(pair)
    return other.a * pair.b


# The message:
# copy_of_an_object.py:15:13: copy of this value
#     15 |     other = copy.copy(pair)
#        |             ^^^^^^^^^^^^^^^
# Numbers, arrays, lists of numbers, tuples and dicts are understood: make the object anew.
