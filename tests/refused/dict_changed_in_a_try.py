import math


def f(x):
    d = {"a": x}
    try:
        if x > 0.5:
            d["a"] = x * x
            d["b"] = x * math.sqrt(x - 1.0)
            x = math.sqrt(x - 2.0)
    except ValueError:
        pass
    return sum(d.values()) * x


# The message:
# dict_changed_in_a_try.py:9:13: a value is of different kinds on different paths
#      9 |             d["b"] = x * math.sqrt(x - 1.0)
#        |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Give it the same kind of value (number, tuple of the same length, same function) on every path.
