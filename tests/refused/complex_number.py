def f(x):
    return abs(x + 2j)


# The message:
# complex_number.py:2:20: complex numbers are not supported
#      2 |     return abs(x + 2j)
#        |                    ^^
# Split the computation into its real and imaginary part.
