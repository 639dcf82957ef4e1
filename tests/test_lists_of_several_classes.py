"""Lists of objects of several classes, of which the run tells how many they are and in which order.

Known ones are chosen and sorted; those that a function makes may also be changed, taken out, and
put into other lists.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, jacobian, value_and_grad
from tests.differences import along


class Disk:
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3.0 * self.r**2

    def grow(self, k):
        self.r *= k


class Box:
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h

    def grow(self, k):
        self.w *= k
        self.h += k


class Square(Box):
    def __init__(self, a):
        super().__init__(a, a)


@dataclass
class Wave:
    angle: float
    name: str = "wave"

    def area(self):
        return math.sin(self.angle)

    def grow(self, k):
        self.angle = self.angle * k * k


@dataclass(frozen=True)
class Strip:
    a: float
    b: float

    def area(self):
        return self.a - self.b


def shapes_of(x, n):
    out = []
    for i in range(n):
        if i % 3 == 0:
            out.append(Disk(x * i + 1.0))
        elif i % 3 == 1:
            out.append(Box(x, x * i))
        else:
            out.append(Wave(x / (i + 1)))
    return out


def summed(x, n):
    return sum(s.area() for s in shapes_of(x, n))


def grown(x, n):
    shapes = shapes_of(x, n)
    for _ in range(3):
        for s in shapes:
            s.grow(x)
    return sum(s.area() for s in shapes)


def in_order(x, n):
    shapes = sorted(shapes_of(x, n), key=lambda s: s.area())
    return sum(i * s.area() for i, s in enumerate(shapes))


def sorted_in_place(x, n):
    shapes = shapes_of(x, n)
    shapes.sort(key=lambda s: -s.area())
    return sum(s.area() / (i + 1) for i, s in enumerate(shapes))


def largest(x, n):
    return max(shapes_of(x, n), key=lambda s: s.area()).area()


def filtered(x, n):
    large = [s for s in shapes_of(x, n) if s.area() > 1.0]
    return sum(s.area() for s in large) * len(large)


def taken_from_the_end(x, n):
    shapes, total = shapes_of(x, n), 0.0
    while shapes:
        s = shapes.pop()
        total = total * 0.5 + s.area()
    return total


def taken_from_the_front(x, n):
    shapes, total = shapes_of(x, n), 0.0
    while shapes:
        total = total * 0.5 + shapes.pop(0).area()
    return total


def by_place(x, n):
    shapes = shapes_of(x, n)
    return shapes[0].area() + shapes[-1].area() * shapes[n // 2].area()


def neighbours(x, n):
    shapes = shapes_of(x, n)
    return sum(a.area() * b.area() for a, b in itertools.pairwise(shapes))


def put_together(x, n):
    shapes = shapes_of(x, n) + shapes_of(2.0 * x, 3)
    shapes.extend(shapes_of(x * x, 2))
    shapes += [Disk(x)]
    return sum(s.area() / (i + 1) for i, s in enumerate(shapes))


def asked_for_the_class(x, n):
    total = 0.0
    for s in shapes_of(x, n):
        if isinstance(s, Disk):
            total += s.r
        elif hasattr(s, "angle"):
            total -= s.angle
        else:
            total += s.area() * getattr(s, "r", x)
    return total


def matched(x, n):
    total = 0.0
    for s in shapes_of(x, n):
        match s:
            case Disk(r=r):
                total += r
            case Box(w=w):
                total += w * w
            case _:
                total += x
    return total


def in_two_lists(x, n):
    shapes, large = [], []
    for s in shapes_of(x, n):
        shapes.append(s)
        if s.area() > 1.0:
            large.append(s)
    for s in large:
        s.grow(2.0)
    return sum(s.area() for s in shapes)


def with_frozen_ones(x, n):
    shapes = [Strip(x, x * x * i) if i % 2 else Disk(x) for i in range(n)]
    return sum(s.area() * i for i, s in enumerate(shapes))


def with_none(x, n):
    shapes = []
    for i in range(n):
        shapes.append(Disk(x * i) if i % 2 else None)
    return sum(s.area() for s in shapes if s is not None)


def in_a_dict(x, n):
    held = {}
    for i in range(n):
        held[i] = Disk(x * i) if i % 2 else Square(x)
    return sum(s.area() for s in held.values())


def replaced(x, n):
    shapes = shapes_of(x, n)
    for i in range(len(shapes)):
        if shapes[i].area() < 1.0:
            shapes[i] = Disk(x)
    return sum(s.area() for s in shapes)


def best(shapes):
    found = shapes[0]
    for s in shapes[1:]:
        if s.area() > found.area():
            found = s
    return found


def returned(x, n):
    return shapes_of(x, n)[0].area() + best(shapes_of(x, n)).area()


MADE: list[Callable[..., Any]] = [
    *(summed, grown, in_order, sorted_in_place, largest, filtered, taken_from_the_end),
    *(taken_from_the_front, by_place, neighbours, put_together, asked_for_the_class, matched),
    *(in_two_lists, with_frozen_ones, with_none, in_a_dict, replaced, returned),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", MADE, ids=lambda f: f.__name__)
def test_each_object_has_the_slopes_of_its_class(f: Callable[..., Any], mode: str) -> None:
    derivative = value_and_grad(f, mode=mode)
    for n in (8, 4):
        value, slope = derivative(1.2, n)
        expected, noise = along(lambda h, n=n: f(1.2 + h, n))
        assert value == f(1.2, n)
        assert slope == pytest.approx(float(expected), rel=1e-7, abs=1e-9 + noise)


def given() -> list[Any]:
    return [Disk(1.0), Box(2.0, 3.0), Square(1.5), Disk(0.5)]


def ranked(shapes):
    return sum((i + 1) * s.area() for i, s in enumerate(sorted(shapes, key=lambda s: s.area())))


def chosen(shapes, k):
    return shapes[k].area() ** 2


def chosen_twice(shapes, k):
    return shapes[k].area() * shapes[k - 1].area()


def placed(shapes):
    total = 0.0
    for i, s in enumerate(sorted(shapes, key=lambda s: s.area(), reverse=True)):
        total += s.area() ** (i + 1)
    return total


@pytest.mark.parametrize(
    ("f", "rest"),
    [(placed, ()), (ranked, ()), *(((chosen, (k,))) for k in range(4)), (chosen_twice, (1,))],
)
def test_known_objects_are_chosen_when_the_code_runs(f: Any, rest: tuple[int, ...]) -> None:
    slopes = grad(f)(given(), *rest)
    for k, each in enumerate(given()):
        for name in vars(each):

            def moved(h: float, k: int = k, name: str = name) -> float:
                shapes = given()
                setattr(shapes[k], name, getattr(shapes[k], name) + h)
                result: float = f(shapes, *rest)
                return result

            expected, noise = along(moved)
            assert getattr(slopes[k], name) == pytest.approx(float(expected), abs=1e-7 + noise)


def shapes_in(xs):
    return [Disk(x) if x > 1.0 else Box(x, x) for x in xs]


def sorted_shapes(shapes):
    return sorted(shapes, key=lambda s: s.area())


@pytest.mark.parametrize(
    ("f", "arg", "said"),
    [
        (shapes_in, [0.5, 1.5], "several classes as a result"),
        (sorted_shapes, given(), "in an order that the run tells, as a result"),
    ],
)
def test_lists_of_several_classes_that_are_returned_are_refused(f, arg, said) -> None:
    with pytest.raises(UnsupportedError, match=said):
        jacobian(f)(arg)
