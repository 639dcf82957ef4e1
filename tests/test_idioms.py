"""Idioms of ordinary programs: tables looked up by bisection, stars, managers, dispatch, groups."""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, jvp, value_and_grad
from tests.differences import along

LIST = [1.1, 1.7, 2.6, 4.2]
GRID = [0.0, 1.0, 2.5, 4.0, 6.0]


def table_of_parameters(v):
    total = 0.0
    for x in (1.3, 2.0, 4.0):
        i = min(max(bisect.bisect_right(v, x) - 1, 0), len(v) - 2)
        weight = (x - v[i]) / (v[i + 1] - v[i])
        total += v[i] ** 2 * (1.0 - weight) + v[i + 1] ** 2 * weight
    return total


def place_as_a_number(v):
    total = 0.0
    for x in v:
        k = bisect.bisect_left(GRID, x, 1)
        total += k * x * (GRID[k] - x) + bisect.bisect(GRID, 2.0 * x, lo=0, hi=4) * x
    return total


def place_by_a_key(v):
    points = [(x * x, k) for k, x in enumerate(v)]
    bisect.insort(points, (2.0 * v[1], 7), key=lambda point: point[0])
    k = bisect.bisect_left(points, 3.0, key=lambda point: point[0])
    return points[k][0] * points[k][1]


def starred(v):
    def polynomial(x, *coefficients):
        value = 0.0
        for c in coefficients:
            value = value * x + c
        return value

    return polynomial(0.5, *v) + max(*v) * min(*v) + polynomial(2.0, *v[1:], v[0])


@contextmanager
def told(name, log):
    print("begin", name)
    log.append(1.0)
    yield len(name)
    print("end", name)
    log.append(2.0)


def managed(v):
    log = []
    total = 0.0
    for x in v:
        with told("abc", log) as n:
            print("inside")
            total += x**n * len(log)
    return total * sum(log)


def returned_from_within(v):
    log = []
    with told("ab", log) as n, told("c", log):
        y = v[0] * v[1]
        return y**n


@functools.singledispatch
def area(shape):
    raise TypeError(shape)


@dataclass
class Disc:
    r: float


@area.register
def area_of_a_disc(shape: Disc):
    return math.pi * shape.r**2


@area.register(list)
def area_of_several(shape):
    return sum(area(part) for part in shape)


@area.register(float)
def area_of_a_square(shape):
    return shape * shape


def dispatched(v):
    return area(Disc(v[0])) * area([v[1], Disc(v[2])])


def grouped(v):
    total = 0.0
    for key, group in itertools.groupby(range(len(v)), key=lambda k: k // 2):
        part = 0.0
        for k in group:
            part += v[k]
        total += part * part * (key + 1)
    return total


def merged_dicts(v):
    table = {"a": v[0], "b": 2.0}
    table |= {"b": v[1] ** 2, "c": 3.0}
    other = table | {"a": v[2]}
    return table["a"] * table["b"] * table["c"] + other["a"] * other["b"]


def in_ranges(v):
    total = 0.0
    for k in range(8):
        if k in range(1, len(v)):
            total += v[0] ** k
        elif k not in range(0, 9, 2):
            total -= v[1] * k
    return total


def close_enough(v):
    x = v[0]
    for _ in range(100):
        y = math.cos(x)
        if math.isclose(x, y, rel_tol=1e-13):
            break
        x = y
    return x * v[1] + v[0]


PROGRAMS = (
    table_of_parameters,
    place_as_a_number,
    place_by_a_key,
    starred,
    managed,
    returned_from_within,
    dispatched,
    grouped,
    merged_dicts,
    in_ranges,
    close_enough,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_slopes_of_idioms_are_those_of_differences(
    f: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted_value = f(list(LIST))
    told_by_f = capsys.readouterr().out
    value, found = value_and_grad(f)(list(LIST))
    assert (value, capsys.readouterr().out) == (wanted_value, told_by_f)
    for k, slope in enumerate(found):
        direction = np.eye(len(LIST))[k]
        wanted = along(lambda h, d=direction: f((np.asarray(LIST) + h * d).tolist()))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


def test_a_star_before_another_number_of_values_makes_other_code() -> None:
    def f(v, x):
        def weighted(*values):
            return sum(k * value for k, value in enumerate(values))

        return weighted(x, *v)

    slope = grad(f)
    assert slope([1.0, 2.0], 3.0) == [1.0, 2.0]
    assert slope([1.0, 2.0, 4.0], 3.0) == [1.0, 2.0, 3.0]
    assert list(slope(np.array([1.0, 2.0]), 3.0)) == [1.0, 2.0]
    assert list(slope(np.array([1.0, 2.0, 3.0]), 3.0)) == [1.0, 2.0, 3.0]


def test_two_stars_share_the_places_of_a_function_as_their_lengths_tell() -> None:
    def curve(t, level, slope, curvature, rate, scale):
        return level + slope * t + curvature * t**2 * rate + scale**2 * level

    def f(b, q, t):
        return curve(t, *b, *q)

    slope = grad(f, wrt=("b", "q"))
    assert slope([2.0, 3.0, 4.0], [5.0, 6.0], 0.5) == ([37.0, 0.5, 1.25], [1.0, 24.0])
    assert slope([2.0, 3.0], [4.0, 5.0, 6.0], 0.5) == ([37.0, 0.5], [1.25, 1.0, 24.0])


def test_a_function_that_is_registered_later_is_seen() -> None:
    @functools.singledispatch
    def size(value):
        return 2.0 * value

    def f(x):
        return size(x) * x

    slope = grad(f)
    assert slope(3.0) == 12.0
    size.register(float, lambda value: value * value)
    assert slope(3.0) == 27.0
    size.register(float, lambda value: value**3)
    assert slope(3.0) == 108.0


@contextmanager
def guarded():
    try:
        yield
    finally:
        print("done")


def test_a_manager_that_yields_within_try_is_refused() -> None:
    def f(x):
        with guarded():
            return x * x

    with pytest.raises(UnsupportedError, match="guarded"):
        grad(f)(1.5)


# --- directions beside what they belong to ------------------------------------------------


def weighted(xs: list[float], w: float) -> float:
    total = 0.0
    for x in xs:
        if x < w:
            total += w * x * x
    return total


def scores(rows: list[list[float]], w: list[float]) -> float:
    total = 0.0
    for row in rows:
        z = sum(a * b for a, b in zip(row, w, strict=True))
        total += z * z
    return total


def test_a_loop_over_a_list_runs_over_its_direction_too() -> None:
    forward = jvp(weighted, wrt=("xs", "w"))
    assert "for x, x_dot in zip(xs, xs_dot):" in forward.source
    value, slope = forward([1.0, 5.0, 2.0], 3.0, [0.5, 7.0, -1.0], 0.25)
    # w (x1**2 + x3**2)
    assert (value, slope) == (15.0, 3.0 * (2.0 * 0.5 - 4.0) + 0.25 * 5.0)
    with pytest.raises(ValueError, match="xs_dot must have the length of xs"):
        forward([1.0, 5.0], 3.0, [0.5], 0.25)


def test_rows_of_a_direction_are_called_as_the_rows() -> None:
    forward = jvp(scores, wrt=("rows", "w"))
    assert "in zip(rows, rows_dot):" in forward.source
    assert "row, row_dot" in forward.source
    value, slope = forward([[1.0, 2.0]], [3.0, 4.0], [[0.5, 0.25]], [1.0, -1.0])
    assert (value, slope) == (121.0, 2.0 * 11.0 * (0.5 * 3.0 + 0.25 * 4.0 + 1.0 - 2.0))
