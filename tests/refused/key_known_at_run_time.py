ARGUMENTS = (2.0, 300)


def f(x, n):
    table = {"a": {"b": x}}
    for k in range(n):
        table[k] = {"b": x * k}
    return table["a"]["b"]


# The message:
# key_known_at_run_time.py:5:13: a dict of run-time keys that holds something else than numbers and lists of numbers
#      5 |     table = {"a": {"b": x}}
#        |             ^^^^^^^^^^^^^^^
# Use keys that are constants, or a list.
