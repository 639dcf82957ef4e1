def f(x):
    with open("table.txt") as table:
        return x * float(table.read())


# The message:
# with_statement.py:2:5: `with open('table.txt')` is not supported
#      2 |     with open("table.txt") as table:
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Move the context manager out of the function, around the call of its derivative; np.errstate and warnings.catch_warnings may stay, and objects that write to themselves and to what the function has made.
