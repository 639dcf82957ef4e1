"""Functions that call Python's own, and are called from a module that has others of their names."""


def total(values):
    return sum(values) * 2.0


def biggest(a, b):
    return max(a, b)


def absolute(a):
    return abs(a)


def length(values):
    return len(values)


def looped(values):
    result = 0.0
    for k in range(len(values)):
        result += values[k] * k
    return result
