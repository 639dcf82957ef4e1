ARGUMENTS = (2.0, 300)


def f(x, n):
    table = {k: x * k for k in range(n)}
    return sum(table.values())


# The message:
# dict_of_run_time_keys.py:5:13: a dict comprehension whose keys are known at run time only
#      5 |     table = {k: x * k for k in range(n)}
#        |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use a list.
