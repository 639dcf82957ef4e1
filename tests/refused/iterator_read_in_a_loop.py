ARGUMENTS = (2.0, [1.0, 2.0])


def f(x, entries):
    scaled = map(lambda v: v * x, entries)
    total = 0.0
    for _ in entries:
        total += sum(scaled)
    return total


# The message:
# iterator_read_in_a_loop.py:7:5: an iterator that was made before a loop is read in it
#      7 |     for _ in entries:
#        |     ^^^^^^^^^^^^^^^^^
# Make a list of its items before: `list(...)`.
