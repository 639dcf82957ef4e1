ARGUMENTS = (2.0, 3)


def f(x, n):
    rows = [[0.0, x]] * n
    return rows[0][1]


# The message:
# rows_that_are_one.py:5:12: a list that holds one and the same list several times
#      5 |     rows = [[0.0, x]] * n
#        |            ^^^^^^^^^^^^^^
# Make every row anew: `[[...] for _ in range(n)]`.
