"""Objects with a ``__getitem__`` and no ``__iter__`` give what is at 0, 1, 2, ... in turn."""

from __future__ import annotations

import math

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.slopes import check_against_oracle


class Point:
    """Has two items, and more attributes."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return 2

    def __getitem__(self, place):
        if place == 0:
            return self.x
        elif place == 1:
            return self.y
        raise IndexError


class Vector:
    """Keeps its items in a list; counts how often it is asked."""

    asked = 0

    def __init__(self, *items):
        self.items = list(items)

    def __getitem__(self, place):
        return self.items[place]


class Counting(Vector):
    def __getitem__(self, place):
        self.asked += 1
        return self.items[place]


class Said(Vector):
    def __getitem__(self, place):
        if place >= len(self.items):
            raise IndexError(f"no item {place}")
        return 2.0 * self.items[place]


def unpacked(x):
    a, b = Point(x, 2.0)
    (c, d), e = Point(Point(a, x), b * x)
    return a * b * c + d * e


def looped(x):
    total = 0.0
    for item in Point(x, x * x):
        total += item
    for item in Vector(x, 2.0, x**3):
        total += item * item
    return total


def read_whole(x):
    first = list(Point(x, 1.0))[-1] * x * tuple(Vector(x, x * x))[1]
    return first + sum(Said(x, 2.0)) + max(Vector(x, 0.5 * x)) * math.prod(Point(x, x))


def in_step(x):
    return sum(a * b for a, b in zip(Point(x, 2.0), Vector(3.0, x, 7.0), strict=False))


class Table:
    """Is asked by names."""

    def __init__(self, **entries):
        self.entries = entries

    def __getitem__(self, name):
        return self.entries[name]

    def __len__(self):
        return len(self.entries)


def by_name(x):
    table = Table(a=x, b=x * x)
    return table["a"] * table["b"] * len(table) + len(Point(x, x)) * Point(x, x)[1]


def spread(x):
    def product(a, b):
        return a * b * b

    return product(*Point(x, x + 1.0)) + [0.0, *Vector(x, x)][1]


PROGRAMS = [unpacked, looped, read_whole, in_step, by_name, spread]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_are_asked_for_their_items_by_place(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)


def counted(x):
    vector = Counting(x, 2.0)
    a, b = vector
    return a * b * vector.asked


def test_one_that_changes_when_it_is_asked_is_refused():
    with pytest.raises(UnsupportedError):
        value_and_grad(counted)(1.5)


def of_the_callers(p):
    a, b = p
    return a * a * b


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_vector_of_the_callers_is_asked_too(mode):
    value, slope = value_and_grad(of_the_callers, mode=mode)(Point(2.0, 3.0))
    assert value == 12.0
    assert (slope.x, slope.y) == (12.0, 4.0)
