"""Names that hold one of three kinds of values and more, and loops that change the kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import along


class Cell:
    def __init__(self, x):
        self.x = x

    def size(self):
        return self.x**2


class Pair:
    def __init__(self, y, z):
        self.y, self.z = y, z

    def size(self):
        return self.y * self.z


class Wave:
    def __init__(self, angle):
        self.angle = angle

    def size(self):
        return math.sin(self.angle)


class Unit:
    def size(self):
        return 7.0


def make(x):
    if x < 1.0:
        return Cell(x)
    if x < 2.0:
        return Pair(x, x * x)
    if x < 3.0:
        return Wave(x)
    return Unit()


def made(x):
    return make(x).size() * x


def both_made(x, y):
    one, other = make(x), make(y)
    return one.size() * other.size() * x


def told_in_another_order(x, y):
    if y > 0.0:
        if x < 1.0:
            held = Cell(x)
        elif x < 2.0:
            held = Pair(x, x)
        else:
            held = Wave(x)
    elif x > 2.0:
        held = Wave(x * y)
    elif x > 1.0:
        held = Cell(x * y)
    else:
        held = Pair(y, x)
    return held.size()


def replaced_on_some_paths(x, y):
    held = make(x)
    if y > 0.0:
        held = Wave(x * x)
    total = held.size()
    if isinstance(held, Cell):
        total += x
    elif isinstance(held, (Pair, Wave)):
        total *= x
    return total


def changed_in_a_loop(x, n):
    held = Cell(x)
    for k in range(n):
        if k % 4 == 0:
            held = Pair(held.size(), x)
        elif k % 4 == 1:
            held = Wave(held.size())
        elif k % 4 == 2:
            held = Cell(held.size())
    return held.size()


def from_nothing(x, steps):
    held = None
    for y in steps:
        if held is None:
            held = Cell(y * x)
        elif y > 1.0:
            held = Pair(x, held.size())
        elif y < 0.0:
            held = Wave(held.size())
    return held.size()


def until_large(x):
    held = Cell(x)
    while held.size() < 100.0:
        if isinstance(held, Cell):
            held = Pair(held.x * 2.0, 2.0)
        elif isinstance(held, Pair):
            held = Wave(held.y * held.z)
        else:
            held = Cell(held.angle * 3.0)
    return held.size()


def turned_twice(x):
    held = Cell(x)
    while held.size() < 100.0:
        if isinstance(held, Cell):
            held = Pair(held.x * 2.0, 2.0)
        else:
            x = held.y * 3.0
            held = Cell(x)
    return held.size() + x


def containers(x):
    if x < 1.0:
        found = x
    elif x < 2.0:
        found = (x, x * x)
    elif x < 3.0:
        found = [x, 1.0, x]
    else:
        found = None
    if found is None:
        return 0.5 * x
    if isinstance(found, tuple):
        return found[0] * found[1]
    if isinstance(found, list):
        return sum(v * v for v in found)
    return found**3


def best(shapes, r):
    found = None
    for shape in shapes:
        if found is None or shape.size() > found.size():
            found = shape
    return found.size() * r * r


CASES: list[tuple[Callable[..., float], list[tuple[Any, ...]]]] = [
    (made, [(0.5,), (1.5,), (2.5,), (3.5,)]),
    (both_made, [(0.5, 1.5), (2.5, 0.5), (1.5, 3.5)]),
    (
        told_in_another_order,
        [(0.5, 1.0), (1.5, 1.0), (2.5, 1.0), (0.5, -1.0), (1.5, -1.0), (2.5, -1.0)],
    ),
    (replaced_on_some_paths, [(0.5, 1.0), (0.5, -1.0), (1.5, -1.0), (2.5, -1.0), (3.5, -1.0)]),
    (changed_in_a_loop, [(0.7, n) for n in (0, 1, 2, 3, 4, 7)]),
    (from_nothing, [(0.7, [1.0, 2.0]), (0.7, [1.0, 2.0, -1.0, 0.5]), (0.7, [1.0])]),
    (until_large, [(1.2,), (12.0,)]),
    (turned_twice, [(1.2,), (12.0,)]),
    (containers, [(0.5,), (1.5,), (2.5,), (3.5,)]),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("f", "at"),
    [(f, at) for f, points in CASES for at in points],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_name_is_what_it_was_bound_to_last(
    f: Callable[..., float], at: tuple[Any, ...], mode: str
) -> None:
    value, slope = value_and_grad(f, mode=mode)(*at)
    expected, noise = along(lambda h: f(at[0] + h, *at[1:]))
    assert value == f(*at)
    assert slope == pytest.approx(float(expected), rel=1e-7, abs=1e-9 + noise)


def test_the_best_of_several_classes_has_its_own_slopes() -> None:
    shapes = [Cell(1.0), Pair(2.0, 3.0), Wave(0.5)]
    value, slopes = value_and_grad(best)(shapes, 2.0)
    assert value == best(shapes, 2.0)
    assert [vars(each) for each in slopes] == [{"x": 0.0}, {"y": 12.0, "z": 8.0}, {"angle": 0.0}]
