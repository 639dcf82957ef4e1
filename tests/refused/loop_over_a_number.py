def f(x):
    total = 0.0
    for part in x:
        total += part
    return total


# The message:
# loop_over_a_number.py:3:17: a loop over a value of type float
#      3 |     for part in x:
#        |                 ^
# Loop over a list, a tuple or a range.
