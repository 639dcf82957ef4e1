"""Named tuples whose classes a function makes itself."""

from __future__ import annotations

import math
from collections import Counter, namedtuple
from collections.abc import Callable

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.differences import along


def replaced(y: float, c: float) -> float:
    Point = namedtuple("Point", ["x", "y"])
    p = Point(y, c * 2)
    q = p._replace(x=c)
    return p.x * p.y + q.x**2 + sum(q)


def with_defaults(y: float, c: float) -> float:
    Point = namedtuple("Point", "x y", defaults=(3.0,))
    points = [Point(y * k) for k in range(4)]
    return sum(p.x * p.y for p in points) + c


def flows(y: float, c: float) -> float:
    Flow = namedtuple("Flow", "t amount kind")
    cash = [Flow(t / 2, c / 2 * 100, "coupon") for t in range(1, 7)]
    cash.append(Flow(3.0, 100.0, "principal"))
    values: Counter[str] = Counter()
    for flow in cash:
        values[flow.kind] += flow.amount * math.exp(-y * flow.t)
    return values["coupon"] * 2 + values["principal"]


def sorted_and_compared(y: float, c: float, xs: tuple[float, ...] = (1.0, 2.0, 3.0)) -> float:
    Point = namedtuple("Point", "x y")
    Other = namedtuple("Other", "x y")
    points = []
    for x in xs:
        points.append(Point(x * y, c))
    points.sort(key=lambda p: p.x)
    best = max(points, key=lambda p: p.x * p.y)
    return best.x + points[0].y * points[1].x + isinstance(best, Point) + isinstance(best, Other)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [replaced, with_defaults, flows, sorted_and_compared])
def test_a_named_tuple_of_the_functions_own(f: Callable[..., float], mode: str) -> None:
    value, slopes = value_and_grad(f, wrt=("y", "c"), mode=mode)(0.3, 0.5)
    assert value == f(0.3, 0.5)
    for found, curve in zip(
        slopes, (lambda h: f(0.3 + h, 0.5), lambda h: f(0.3, 0.5 + h)), strict=True
    ):
        expected, _ = along(curve)
        assert found == pytest.approx(float(expected), rel=1e-8, abs=1e-9)


def test_fields_that_the_run_decides_are_refused() -> None:
    def chosen(x: float) -> float:
        Point = namedtuple("Point", ["a", "b"] if x > 0.0 else ["c", "d"])
        return Point(x, x)[0]

    with pytest.raises(UnsupportedError):
        value_and_grad(chosen)(1.0)
