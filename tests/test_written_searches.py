"""Searches as they are written in Python: simplices, swarms, the best of several objects."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chainrule import value_and_grad
from tests.differences import along


@dataclass
class Point:
    at: float
    value: float


def simplex(a, steps):
    def f(p):
        return (p[0] - a) ** 2 + 2.0 * (p[1] - 1.0) ** 2 + p[0] * p[1]

    corners = [(p, f(p)) for p in [[0.0, 0.0], [1.0, 0.1], [0.1, 1.2]]]
    for _ in range(steps):
        corners.sort(key=lambda corner: corner[1])
        best, second, worst = corners
        middle = [(best[0][i] + second[0][i]) / 2.0 for i in range(2)]
        point = [2.0 * middle[i] - worst[0][i] for i in range(2)]
        value = f(point)
        if value < second[1]:
            corners[2] = (point, value)
        else:
            point = [0.5 * middle[i] + 0.5 * worst[0][i] for i in range(2)]
            corners[-1] = (point, f(point))
    return min(value for _, value in corners)


def swarm(a, steps):
    def f(x):
        return (x - a) ** 2 + 0.1 * x**4

    birds = [{"x": float(k), "v": 0.0, "best": float(k), "f": f(float(k))} for k in range(4)]
    found = min(birds, key=lambda bird: bird["f"])["best"]
    for _ in range(steps):
        for bird in birds:
            bird["v"] = (
                0.5 * bird["v"] + 0.3 * (bird["best"] - bird["x"]) + 0.4 * (found - bird["x"])
            )
            bird["x"] += bird["v"]
            value = f(bird["x"])
            if value < bird["f"]:
                bird["f"], bird["best"] = value, bird["x"]
                if value < f(found):
                    found = bird["x"]
    return sum(bird["f"] * a for bird in birds) + f(found)


def the_best_is_written_to(a, steps):
    points = [Point(a, a * a), Point(2.0, 0.7), Point(a * a, 1.0)]
    best = max(points, key=lambda point: point.value)
    best.at += a * steps
    return sum(point.at * point.value for point in points)


def the_best_is_read_later(a, steps):
    points = [Point(a, a * a), Point(2.0, 0.7), Point(a * a, 1.0)]
    best = min(points, key=lambda point: point.value)
    for point in points:
        point.at *= a
    return best.at * steps


def all_but_the_best(a, steps):
    points = [Point(a, a * a), Point(2.0, 0.7), Point(a * a, 1.0)]
    best = max(points, key=lambda point: point.value)
    return sum(point.at * point.value * steps for point in points if point is not best)


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("a", [0.37, 1.31])
@pytest.mark.parametrize(
    "f",
    [simplex, swarm, the_best_is_written_to, the_best_is_read_later, all_but_the_best],
    ids=lambda f: f.__name__,
)
def test_slopes_of_what_is_found_are_those_of_differences(f, a, steps):
    value, slope = value_and_grad(f)(a, steps)
    assert value == f(a, steps)
    expected, noise = along(lambda t: f(a + t, steps), 1e-5)
    assert slope == pytest.approx(float(expected), rel=1e-6, abs=1e-8 + 10.0 * noise)


def test_a_row_is_where_it_was_on_a_path_that_has_not_moved_it():
    def f(x, n):
        rows = [[x, 1.0], [2.0, x * x]]
        row = rows[n % 2]
        if n > 2:
            rows[0] = [5.0, 6.0]
        else:
            x = row[0] * row[1]
        return x + rows[0][0]

    derivative = value_and_grad(f)
    assert derivative(1.5, 0) == (3.0, 2.0)
    assert derivative(1.5, 1) == (6.0, 7.0)
    assert derivative(1.5, 3) == (6.5, 1.0)
