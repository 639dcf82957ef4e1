from scipy.special import jv


def f(x):
    return jv(x, 2.0)


# The message:
# bessel_order.py:5:12: cannot differentiate `jv` with respect to its order
#      5 |     return jv(x, 2.0)
#        |            ^^^^^^^^^^
# That derivative has no closed form. Keep the order constant, or pass it in as a parameter that is not differentiated.
