ARGUMENTS = (2.0, 3)


def f(x, n):
    table = {"a": [x]}
    for k in range(n):
        table[k] = [x, k]
    return table["a"][0]


# The message:
# key_known_at_run_time.py:5:13: a dict of run-time keys that holds something else than numbers
#      5 |     table = {"a": [x]}
#        |             ^^^^^^^^^^
# Use keys that are constants, or a list.
