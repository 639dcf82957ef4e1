ARGUMENTS = ([2.0, 1.0] * 20,)


def f(xs):
    match xs:
        case [a, 1.0]:
            return a * a
    return sum(xs)


# The message:
# match_takes_apart.py:5:5: a match pattern that takes this value apart
#      5 |     match xs:
#        |     ^^^^^^^^^
# Match on values, or use if and elif.
