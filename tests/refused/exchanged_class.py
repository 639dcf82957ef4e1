class Open:
    def __init__(self, width):
        self.width = width

    def flow(self, x):
        return 2.0 * self.width * x


class Shut(Open):
    def flow(self, x):
        return 0.0


def f(x):
    valve = Open(x)
    before = valve.flow(x)
    valve.__class__ = Shut
    return before + valve.flow(x)


# The message:
# exchanged_class.py:17:5: another class for an object of `Open`
#     17 |     valve.__class__ = Shut
#        |     ^^^^^^^^^^^^^^^
# Make an object of that class, or keep what changes in an attribute, and ask it.
