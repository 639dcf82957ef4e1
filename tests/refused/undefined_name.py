def f(x):
    return x * undefined_factor


# The message:
# undefined_name.py:2:16: the name `undefined_factor` is not defined
#      2 |     return x * undefined_factor
#        |                ^^^^^^^^^^^^^^^^
# Define or import it before the call.
