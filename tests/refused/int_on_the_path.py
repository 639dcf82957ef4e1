def f(x):
    return 2.0 * int(x * 10.0)


# The message:
# int_on_the_path.py:2:18: a derivative would have to flow through `int(...)`, where it is zero
#      2 |     return 2.0 * int(x * 10.0)
#        |                  ^^^^^^^^^^^^^
# Use the result as an index, a count or a condition only, or wrap its argument in stop_gradient(...) to say that zero is meant.
