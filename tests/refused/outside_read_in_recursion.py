class Store:
    last = 0.0


def down(x, n):
    return Store.last * x if n <= 0 else down(x, n - 1)


def f(x, n=20):
    Store.last = x * x
    return down(x, n)


# The message:
# outside_read_in_recursion.py:11:12: `down` reads what the function has written outside of itself
#     11 |     return down(x, n)
#        |            ^^^^^^^^^^
# Hand it on as an argument.
