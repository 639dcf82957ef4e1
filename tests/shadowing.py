"""Functions of a module that has functions of its own under the names of Python's."""

from tests.beside_shadowing import absolute, biggest, length, looped, total


def sum(values):
    return 100.0 * values[0]


def max(a, b):
    return a * 10.0


def abs(a):
    return a * 7.0


def len(values):
    return 50


def range(count):
    return [1]


def of_others(x):
    return total([x, x * x]) * biggest(x, 2.0 * x) + absolute(-x) * length([x, x])


def of_both(x):
    return total([x, x * x]) + sum([x]) * x + max(x, 1.0) * biggest(x, 2.0) + abs(x) * absolute(x)


def in_loops(x):
    result = looped([x, x * x, x])
    for k in range(7):
        result += k * x
    return result * len([x])


def over_a_list(x, values):
    result = 0.0
    for value in values:
        result += value * x * result + x
    return result


def while_small(x, limit):
    result = 0.0
    while result < limit:
        result += x
    return result * result
