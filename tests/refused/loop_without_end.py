ARGUMENTS = (2.0, [1.0, 3.0])


def f(x, row):
    product = x
    k = 0
    while True:
        product *= row[k]
        k += 1


# The message:
# loop_without_end.py:7:5: a loop that does not end
#      7 |     while True:
#        |     ^^^^^^^^^^^
# Leave it by `break` or `return`, or raise in it.
