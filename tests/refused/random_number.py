import random


def f(x):
    return x + random.gauss(0.0, 1.0)


# The message:
# random_number.py:5:16: cannot differentiate through `random.gauss`
#      5 |     return x + random.gauss(0.0, 1.0)
#        |                ^^^^^^^^^^^^^^^^^^^^^^
# Its result is random: draw it from a generator with a seed, pass the sample in as a parameter, or mark it with stop_gradient(...) outside.
