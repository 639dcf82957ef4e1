"""Lists of records put together: ``points + [points[0]]``, ``extend``, ``chain``, and stars."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, pairwise
from typing import NamedTuple

import pytest

from chainrule import value_and_grad
from tests import oracle

POINT = [0.2, 0.8, 1.3, 0.05, 0.4]


class Point(NamedTuple):
    x: float
    y: float


def parabola(values: list[float]) -> list[Point]:
    points = []
    for k, v in enumerate(values):
        if v > 0.1:
            points.append(Point(v * k, v * v))
    return points


def twice_the_area(points: list[Point]) -> float:
    total = 0.0
    for p, q in zip(points, points[1:], strict=False):  # noqa: RUF007 (as it is written)
        total += p.x * q.y - q.x * p.y
    return total


def closed(values: list[float]) -> float:
    points = parabola(values)
    return twice_the_area(points + [points[0]])  # noqa: RUF005 (as it is written)


def of_several_lists(values: list[float]) -> float:
    points = parabola(values)
    others = [Point(p.x + 1.0, p.y * values[0]) for p in points if p.y > 0.2]
    last = [points[-1], Point(values[2], 1.0)]
    joined = [Point(0.0, values[1])] + points + others[1:] + last  # noqa: RUF005
    points.append(Point(1.0, 7.0))
    return twice_the_area(joined)


def extended(values: list[float]) -> float:
    points, others = parabola(values), []
    for k, v in enumerate(values):
        if v < 0.5:
            others.append(Point(v + k, v))
    joined = []
    joined.extend(points)
    joined += others
    points.append(Point(1.0, 2.0))
    joined.append(Point(values[0], values[1]))
    return twice_the_area(joined) + len(joined)


def chained(values: list[float]) -> float:
    points = parabola(values)
    return sum(p.x * q.y - q.x * p.y for p, q in pairwise(chain(points, [points[0]])))


def polygon(*points: Point) -> float:
    return 0.5 * sum(
        p.x * q.y - q.x * p.y for p, q in zip(points, points[1:] + points[:1], strict=True)
    )


def handed_over(values: list[float]) -> float:
    return polygon(*parabola(values))


def changed_behind_copies(values: list[float]) -> float:
    points = parabola(values)
    copied, fixed, ordered = list(points), tuple(points), sorted(points, key=lambda p: -p.x)
    both = points + points
    points.sort(key=lambda p: -p.y)
    points[0] = Point(3.0, 4.0)
    points.pop()
    total = sum(p.x * p.y * (i + 1) for i, p in enumerate(copied)) + 2.0 * len(points)
    total += sum(p.y * (i + 1) for i, p in enumerate(fixed)) * isinstance(fixed, tuple)
    total += sum(p.x * (i + 2) for i, p in enumerate(ordered))
    return total + sum(p.y * i for i, p in enumerate(both)) + sum(p.x for p in points)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [closed, changed_behind_copies, of_several_lists, extended, chained, handed_over]
)
def test_gradients(f: Callable[[list[float]], float], mode: str) -> None:
    value, slopes = value_and_grad(f, mode=mode)(POINT)
    assert value == f(POINT)
    for (k,), verdict in oracle.gradient(f, (POINT,)).items():
        assert oracle.agrees(verdict, slopes[k])
