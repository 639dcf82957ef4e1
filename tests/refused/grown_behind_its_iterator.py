ARGUMENTS = ([1.0, 2.0] * 20,)


def f(xs):
    items = list(xs)
    it = iter(items)
    first = next(it)
    total = sum(it)
    items.append(first)
    return total + sum(it)


# The message:
# grown_behind_its_iterator.py:9:5: a list grows or shrinks behind an iterator that has come to its end
#      9 |     items.append(first)
#        |     ^^^^^^^^^^^^^^^^^^^
# Make another iterator, or a list of the items first.
