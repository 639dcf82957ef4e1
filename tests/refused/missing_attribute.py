class Model:
    pass


MODEL = Model()


def f(x):
    return x * MODEL.factor


# The message:
# missing_attribute.py:9:16: `MODEL.factor` does not exist
#      9 |     return x * MODEL.factor
#        |                ^^^^^^^^^^^^
# Check the spelling, or define it before the derivative is made.
