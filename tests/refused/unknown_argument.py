def scaled(x, factor):
    return x * factor


def f(x):
    return scaled(x, scale=2.0)


# The message:
# unknown_argument.py:6:12: `scaled` has no free parameter `scale`
#      6 |     return scaled(x, scale=2.0)
#        |            ^^^^^^^^^^^^^^^^^^^^
# Check the call.
