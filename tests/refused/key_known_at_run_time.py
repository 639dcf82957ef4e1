ARGUMENTS = (2.0, 300)


def f(x, n):
    table = {"a": {"b": x}}
    for k in range(n):
        table[k] = {"c": x * k}
    return table["a"]["b"]


# The message:
# key_known_at_run_time.py:7:9: a list that holds objects of several kinds, or with other fields
#      7 |         table[k] = {"c": x * k}
#        |         ^^^^^^^^
# Keep objects of each kind in a list of their own.
