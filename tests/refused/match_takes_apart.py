def f(x):
    match (x, 1.0):
        case (a, 1.0):
            return a * a
    return x


# The message:
# match_takes_apart.py:2:5: a match pattern that takes values apart
#      2 |     match (x, 1.0):
#        |     ^^^^^^^^^^^^^^^
# Match on values, or use if and elif.
