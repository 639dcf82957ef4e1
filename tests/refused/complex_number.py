def f(x):
    z = x + 2j
    return max(z % 3.0, x)


# The message:
# complex_number.py:3:16: `%` of complex numbers
#      3 |     return max(z % 3.0, x)
#        |                ^^^^^^^
# Split the computation into its real and imaginary part.
