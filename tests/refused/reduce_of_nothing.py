import functools
import operator


def f(x):
    return functools.reduce(operator.add, []) * x


# The message:
# reduce_of_nothing.py:6:12: functools.reduce of no items and no initial value
#      6 |     return functools.reduce(operator.add, []) * x
#        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Give an initial value.
