"""Values whose greatest is no more than the least are equal: several are so at single points."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.differences import partials

MODES = ("forward", "reverse")


def scaled(a, b, c):
    v = [a, b, c]
    low, high = min(v), max(v)
    if high > low:
        return (a - low) / (high - low) * (high - low) ** 2 + b
    return b


def scaled_array(a, b, c):
    v = np.array([a, b * a, c])
    if np.max(v) <= np.min(v):
        return 0.0
    return 2.0 * np.sum(v * v) - 6.0


def distance(a, b, c):
    v = np.array([a, b, c])
    return np.sum(v) * 2.0 - 6.0 if np.ptp(v) > 0 else 0.0


def spread(a, b, c):
    v = [a, b, c]
    return a * b + c - 2.0 if statistics.pstdev(v) > 0.0 else 0.0


def of_two(a, b, c):
    if max(a, b) - min(a, b) > 0:
        return a * c + b - 2.0
    return 0.0


def by_equality(a, b, c):
    v = [a, b, c]
    return 0.0 if max(v) == min(v) else a * b + c - 2.0


EVERY = pytest.mark.parametrize(
    "f", [scaled, scaled_array, distance, spread, of_two, by_equality], ids=lambda f: f.__name__
)


@EVERY
@pytest.mark.parametrize("mode", MODES)
def test_where_all_are_equal_no_slope_is_known(f: Callable[..., Any], mode: str) -> None:
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        grad(f, wrt=(0, 1, 2), mode=mode)(1.0, 1.0, 1.0)


@EVERY
@pytest.mark.parametrize("mode", MODES)
def test_where_they_are_apart_the_slope_is_that_of_the_arm(
    f: Callable[..., Any], mode: str
) -> None:
    point = (1.0, 1.25, 0.5)
    found = grad(f, wrt=(0, 1, 2), mode=mode)(*point)
    for number, (expected, noise) in zip(found, partials(f, point), strict=True):
        assert number == pytest.approx(expected, abs=1e-9 + 10.0 * noise)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "spread_of", [np.std, np.ptp, statistics.pvariance], ids=lambda f: f.__name__
)
def test_one_value_alone_is_at_no_point(spread_of: Callable[..., Any], mode: str) -> None:
    def f(x):
        v = [x * 1.5]
        return v[0] * 2.0 if spread_of(v) > 0 else v[0] ** 2

    assert grad(f, mode=mode)(1.0) == pytest.approx(4.5)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_cut_off_is_equal_over_a_region(mode: str) -> None:
    def f(x, y):
        v = [max(x, 0.0), max(y, 0.0)]
        return x * v[0] if max(v) > min(v) else x * y

    assert grad(f, wrt=(0, 1), mode=mode)(-1.0, -2.0) == (-2.0, -1.0)


def by_comparisons(v):
    low = high = v[0]
    for x in v:
        if x < low:
            low = x
        if x > high:
            high = x
    return 0.5 if high == low else (v[0] - low) / (high - low)


def by_functions(v):
    low, high = float("inf"), -float("inf")
    for x in v:
        low = min(low, x)
        high = max(high, x)
    return (v[0] - low) / (high - low) if high > low else 0.5


def by_either(v):
    low = high = v[0]
    for x in v[1:]:
        if x < low:
            low = x
        elif x > high:
            high = x
    return (v[0] - low) / (high - low) if high - low > 0.0 else 0.5


def by_places(v):
    low = high = v[0]
    for i in range(1, len(v)):
        if v[i] < low:
            low = v[i]
        if v[i] > high:
            high = v[i]
    return 0.5 if high == low else (v[0] - low) / (high - low)


def by_order(v):
    s = sorted(v)
    return 0.5 if s[0] == s[-1] else (v[0] - s[0]) / (s[-1] - s[0])


BY_LOOPS = [by_comparisons, by_functions, by_either, by_places, by_order]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", BY_LOOPS, ids=lambda f: f.__name__)
def test_so_it_is_with_extremes_that_a_loop_finds(f: Callable[..., Any], mode: str) -> None:
    slope = grad(f, mode=mode)
    point = [1.5, 1.0, 2.25]
    measured = partials(lambda *v: f([*v]), tuple(point))
    for number, (expected, noise) in zip(slope(point), measured, strict=True):
        assert number == pytest.approx(expected, abs=1e-9 + 10.0 * noise)
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        slope([1.5, 1.5, 1.5])
    assert slope([1.5]) == [0.0]
    if f not in (by_either, by_order):
        with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
            grad(f, mode=mode)(np.array([1.5, 1.5, 1.5]))


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_finds_something_else_is_at_no_point(mode: str) -> None:
    def f(v, bound):
        low = high = v[0]
        for x in v:
            if x < low:
                low = x
            if x > bound:
                high = x
        return v[0] * v[1] if high == low else 3.0 * v[0]

    assert grad(f, mode=mode)([2.0, 5.0], 9.0) == [5.0, 2.0]
