import numpy as np


def table():
    with open("table.txt") as file:
        return np.array([[float(word) for word in line.split()] for line in file])


def f(x):
    rows = table()
    return np.interp(x, rows[:, 0], rows[:, 1])


# The message:
# part_of_a_file.py:5:5: `with open('table.txt')` is not supported
#      5 |     with open("table.txt") as file:
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#     called from table (part_of_a_file.py:10)
# Move the context manager out of the function, around the call of its derivative; np.errstate and warnings.catch_warnings may stay, and objects that write to themselves and to what the function has made.
