def told(x):
    for k in range(3):
        print(k)
        yield x * k


def f(x):
    items = told(x)
    return next(items) + x


# The message:
# generator_that_acts_is_asked.py:8:13: a generator that acts on the world and is asked for one item at a time
#      8 |     items = told(x)
#        |             ^^^^^^^
# Write it as a loop, or make a list of its items first.
