ARGUMENTS = ([1.0, 2.0],)


def f(entries):
    return entries.pop(0) * entries[0]


# The message:
# pop_from_the_middle.py:5:12: `pop` from the middle of a run-time list
#      5 |     return entries.pop(0) * entries[0]
#        |            ^^^^^^^^^^^^^^
# Pop the last entry.
