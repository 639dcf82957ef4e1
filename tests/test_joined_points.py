"""Equalities that `and` and `or` join: a point is refused where it is one, and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import along

MODES = ("forward", "reverse")
UNKNOWN = r"test_joined_points\.py:\d+: no slope is known at this single point"


def origin(x, y):
    return 0.0 if x == 0 and y == 0 else x * y


def off_the_origin(x, y):
    return x * y + y if (x != 0 or y != 0) else 0.0


def below(x, y):
    if x == 0 and y < 0:
        return 5.0
    return x * y


def not_both(x, y):
    if not (x == 0 and y <= 0):
        return x * y + y
    return 7.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "is_point"),
    [
        (origin, lambda x, y: x == y == 0),
        (off_the_origin, lambda x, y: x == y == 0),
        (below, lambda x, y: x == 0 and y < 0),
        (not_both, lambda x, y: x == 0 and y <= 0),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_only_where_all_that_is_joined_holds_is_no_slope_known(
    f: Callable[..., Any], is_point: Callable[..., bool], mode: str
) -> None:
    derivative = value_and_grad(f, mode=mode)
    for x, y in itertools.product((-1.0, 0.0, 2.0), repeat=2):
        if is_point(x, y):
            with pytest.raises(ArithmeticError, match=UNKNOWN):
                derivative(x, y)
        else:
            assert derivative(x, y) == (f(x, y), y)


def filled_in(x, y):
    r = 1.0 if x < 0 or y == 0 else x
    return r + x


def filled_in_twice(x, y):
    if x < 0 or y > 0 or x - y == 0:
        r = 1.0
    elif (x > 5 and y == -1) or x == 3:
        r = 4.0
    else:
        r = x
    return r + x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [filled_in, filled_in_twice])
def test_what_is_known_where_no_point_was_met_is_not_that_the_condition_failed(
    f: Callable[..., Any], mode: str
) -> None:
    derivative = value_and_grad(f, "y", mode=mode)
    for x, y in itertools.product((-1.0, 2.0, 6.0), (-2.0, 1.0)):
        assert derivative(x, y) == (f(x, y), 0.0)


def beside_a_flag(x, flag):
    if x > 0 and flag:
        return x * x
    if x < 0:
        return x * x
    return 4.0 * x


def between_bounds(x, bound):
    if x > 1 and x < bound:
        return x * x
    if x <= 1:
        return 2.0 * x - 1.0
    if x > bound:
        return 4.0 * x - 4.0
    return 10.0 * x - 16.0


def not_below_either(x, other):
    if not (x <= 0 and other < 9.0):
        return x * x
    if x < 0:
        return x * x
    return 4.0 * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "x", "other"),
    [(beside_a_flag, 0.0, 1), (between_bounds, 2.0, 2.0), (not_below_either, 0.0, 1.0)],
)
def test_what_joined_comparisons_leave_between_two_arms_is_a_point(
    f: Callable[..., Any], x: float, other: float, mode: str
) -> None:
    derivative = value_and_grad(f, mode=mode)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        derivative(x, other)
    for beside in (x - 0.5, x + 0.5):
        slope = along(lambda t, beside=beside: f(beside + t, other))[0]
        assert derivative(beside, other) == (f(beside, other), pytest.approx(slope, rel=1e-9))
