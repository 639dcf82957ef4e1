"""``sum`` of objects that their class adds, as many as the run tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import grad, hvp, value_and_grad
from tests.differences import along


@dataclass(frozen=True)
class Vector:
    x: float
    y: float

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor: float) -> Vector:
        return Vector(self.x * factor, self.y * factor)

    def dot(self, other: Vector) -> float:
        return self.x * other.x + self.y * other.y


class Money:
    def __init__(self, amount: float, currency: str = "EUR") -> None:
        self.amount, self.currency = amount, currency

    def __add__(self, other: Any) -> Money:
        return Money(self.amount + other.amount, self.currency)

    def __radd__(self, other: Any) -> Money:
        return self if other == 0 else self.__add__(other)

    def __lt__(self, other: Money) -> bool:
        return self.amount < other.amount


XS = [1.0, -2.0, 3.0, 0.5, 0.7]


def behind_another(xs):
    points = [Vector(x, x * x) for x in xs if x > 0]
    total = sum(points, Vector(0.0, 1.0))
    return total.dot(total)


def by_keyword(xs):
    points = [Vector(x, x * x) for x in xs if x > 0]
    centre = sum(points, start=Vector(0.0, 0.0)) * (1 / len(points))
    return sum((point.x - centre.x) ** 2 for point in points)


def of_a_generator(xs):
    points = [Vector(x, x * x) for x in xs if x > 0]
    total = sum((point * point.x for point in points[1:]), Vector(0.0, 0.0))
    return total.dot(total)


def alone(xs):
    purse = [Money(x * x) for x in xs if x > 0]
    return sum(purse).amount ** 2


def of_parts_in_order(xs):
    purse = sorted(Money(x * x) for x in xs if x > 0)
    return sum(purse[:2]).amount * sum(purse[2:]).amount


def of_few_that_are_sorted(xs):
    purse = [Money(xs[0]), Money(xs[2] * xs[3]), Money(xs[4] ** 2)]
    return sum(purse).amount * sorted(purse)[1].amount


def of_a_loop_that_runs_certainly(xs):
    purse = [Money(xs[0]), Money(xs[2] * xs[3]), Money(xs[4] ** 2)]
    total = purse[0]
    for coin in purse[1:]:
        total = total + coin
    return sorted(purse)[1].amount * total.amount


SUMS = (behind_another, by_keyword, of_a_generator, alone, of_parts_in_order)


@pytest.mark.parametrize(
    "f", [*SUMS, of_few_that_are_sorted, of_a_loop_that_runs_certainly], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_sums_of_objects_have_the_slope_of_what_their_class_adds(
    f: Callable[[list[float]], float], mode: Any
) -> None:
    value, slopes = value_and_grad(f, mode=mode)(list(XS))
    assert value == f(list(XS))
    for k, slope in enumerate(slopes):
        wanted = along(lambda h, k=k: f([x + h * (j == k) for j, x in enumerate(XS)]))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("f", SUMS, ids=lambda f: f.__name__)
def test_sums_of_objects_have_second_derivatives(f: Callable[[list[float]], float]) -> None:
    direction = [1.0, 0.5, -0.3, 0.2, 0.9]

    def sloped(h: float, k: int) -> float:
        return grad(f)([x + h * d for x, d in zip(XS, direction, strict=True)])[k]

    for k, curvature in enumerate(hvp(f)(list(XS), direction)[1]):
        wanted = along(lambda h, k=k: sloped(h, k))[0]
        assert curvature == pytest.approx(float(wanted), rel=1e-6, abs=1e-7)


def test_a_sum_of_no_objects_is_told() -> None:
    slope = grad(alone)
    assert slope([2.0, -1.0]) == [32.0, 0.0]
    with pytest.raises(TypeError, match="no objects"):
        slope([-2.0, -1.0])
