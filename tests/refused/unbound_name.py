def f(x):
    return x * y
    y = 2.0


# The message:
# unbound_name.py:2:16: `y` is used before it has a value
#      2 |     return x * y
#        |                ^
# Assign it on every path that leads here.
