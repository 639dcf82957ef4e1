from scipy.special import lambertw

ARGUMENTS = (2.0,)


def f(x):
    return abs(lambertw(x)) * x


# The message:
# complex_branch.py:7:12: complex numbers are not supported
#      7 |     return abs(lambertw(x)) * x
#        |            ^^^^^^^^^^^^^^^^
# Take .real of it.
