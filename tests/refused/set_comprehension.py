def f(x):
    return sum({x * k for k in range(3)})


# The message:
# set_comprehension.py:2:16: set comprehensions are not supported
#      2 |     return sum({x * k for k in range(3)})
#        |                ^^^^^^^^^^^^^^^^^^^^^^^^^
# Use a list.
