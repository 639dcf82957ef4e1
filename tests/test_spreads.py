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
