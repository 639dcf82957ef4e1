def f(x):
    return abs((-43.0) ** (0.5 * x))


# The message:
# power_of_a_negative_number.py:2:16: cannot differentiate a power of a negative number with respect to its exponent
#      2 |     return abs((-43.0) ** (0.5 * x))
#        |                ^^^^^^^^^^^^^^^^^^^^
# It is real for whole exponents alone, and complex between them.
