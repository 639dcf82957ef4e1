class Steps:
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        self.at = 0
        return self

    def __next__(self):
        if self.at == 3:
            raise StopIteration
        self.at += 1
        return self.x * self.at


def f(x):
    first, *rest = Steps(x)
    return first + sum(rest)


# The message:
# rest_of_an_iterator_begun_anew.py:17:5: a starred name for the rest of an iterator whose `__iter__` does more than to return itself: Python asks it again for the rest
#     17 |     first, *rest = Steps(x)
#        |     ^^^^^^^^^^^^
# Make a list of its items first: `list(...)`.
