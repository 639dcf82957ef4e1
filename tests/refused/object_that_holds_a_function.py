class Value:
    def __init__(self, data):
        self.data = data
        self.backward = lambda: None

    def __mul__(self, other):
        made = Value(self.data * other.data)

        def backward():
            self.slope = other.data

        made.backward = backward
        return made


ARGUMENTS = (1.5,)


def f(x):
    return Value(x) * Value(2.0)


# The message:
# object_that_holds_a_function.py:19:1: a Value as a result, which holds a function, `backward`
#     19 | def f(x):
#        | ^^^^^^^^^
# Return the numbers that it holds: `result.data`.
