import itertools

ARGUMENTS = (2.0, [1.0, 3.0])


def smoothed(values, x):
    total = x
    for value in values:
        total = 0.5 * total + value
        yield total


def f(x, row):
    series = smoothed(itertools.cycle(row), x)
    return next(series) * next(series)


# The message:
# generator_over_a_cycle.py:8:5: a generator that does not end, of which a list would be made
#      8 |     for value in values:
#        |     ^^^^^^^^^^^^^^^^^^^^
#     called from smoothed (generator_over_a_cycle.py:14)
# Loop over it and leave the loop by `break`.
