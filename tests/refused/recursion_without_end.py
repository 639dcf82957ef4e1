def f(x):
    return f(x)


# The message:
# recursion_without_end.py:2:12: `f` calls itself to a depth known at run time only, and no path through it ends
#      2 |     return f(x)
#        |            ^^^^
# Write the recursion as a loop, or hand on numbers only.
