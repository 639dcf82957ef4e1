def f(x):
    return sum({x * k for k in range(3)})


# The message:
# set_comprehension.py:2:16: a set of what is differentiated
#      2 |     return sum({x * k for k in range(3)})
#        |                ^^^^^^^^^^^^^^^^^^^^^^^^^
# Use a list.
