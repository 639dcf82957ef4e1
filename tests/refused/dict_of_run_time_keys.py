ARGUMENTS = (2.0, 300)


def f(x, n):
    table = {x * k: k for k in range(n)}
    return sum(table.keys())


# The message:
# dict_of_run_time_keys.py:5:13: a dict key that is a number with a derivative
#      5 |     table = {x * k: k for k in range(n)}
#        |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use whole numbers or strings for keys.
