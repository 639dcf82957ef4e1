import cmath


def f(x):
    return cmath.exp(x).real


# The message:
# cmath_call.py:5:12: complex numbers are not supported
#      5 |     return cmath.exp(x).real
#        |            ^^^^^^^^^^^^
# Use the functions of math on real and imaginary parts.
