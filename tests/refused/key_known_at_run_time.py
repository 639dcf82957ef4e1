ARGUMENTS = (2.0, 3)


def f(x, n):
    table = {"a": x}
    for k in range(n):
        table[k] = x
    return table["a"]


# The message:
# key_known_at_run_time.py:7:9: a dict key that is known at run time only
#      7 |         table[k] = x
#        |         ^^^^^^^^
# Use a list, or constant keys.
