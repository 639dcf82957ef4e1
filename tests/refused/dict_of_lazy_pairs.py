ARGUMENTS = (2.0, {"AB": 1.0, "CD": 2.0})


def lowered(names):
    for name in names:
        yield name.lower()


def f(x, table):
    return x * len(dict(zip(lowered(table), table.values(), strict=True)))


# The message:
# dict_of_lazy_pairs.py:10:20: a dict of pairs whose number is known at run time only
#     10 |     return x * len(dict(zip(lowered(table), table.values(), strict=True)))
#        |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Use lists, or let a loop fill the dict.
