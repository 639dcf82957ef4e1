def f(x):
    a, b = (x,)
    return a * b


# The message:
# too_few_values.py:2:5: 1 values cannot be unpacked into 2 names
#      2 |     a, b = (x,)
#        |     ^^^^
# Unpack as many names as there are values.
