class Shared:
    state = {"scale": 2.0}

    def __init__(self, x):
        self.__dict__ = self.state
        self.x = x


def f(x):
    return Shared(x).x * x


# The message:
# exchanged_attributes.py:5:9: attributes that are all exchanged: a `__dict__` that is assigned
#      5 |         self.__dict__ = self.state
#        |         ^^^^^^^^^^^^^
#     called from __init__ (exchanged_attributes.py:10)
# Assign to each of them, or write `self.__dict__.update(...)`.
