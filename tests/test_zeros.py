"""Arms of branches that lengths and signs leave at single points: `if r > 0: ... else: ...`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests import oracle

MODES = ("forward", "reverse")
UNKNOWN = "no slope is known at this single point"
KNOTS = [1.0, 2.0]


def by_magnitude(x):
    gap = abs(x - 1.0)
    return math.sin(gap) * (x - 1.0) / gap if gap > 0 else 0.0


def by_square(x):
    square = (x - 1.0) ** 2
    if square <= 0.0:
        return 0.0
    return math.sin(square) * (x - 1.0) / square


def by_product(x):
    return 0.0 if not (x - 1.0) * (x - 1.0) > 0.0 else 3.0 * math.sin(x - 1.0)


def by_root(x):
    """The sine of an angle about an axis that is its direction."""
    u, v = x - 1.0, 2.0 * x - 2.0
    angle = math.sqrt(u * u + v**2)
    return math.sin(angle) * (u / angle) if angle > 0.0 else 0.0


def by_hypot(x):
    length = 0.5 * math.hypot(x - 1.0, 3.0 * x - 3.0) / 4.0
    return 2.0 * (x - 1.0) * math.cos(length) if length > 0 else 0.0


def by_norm(x):
    length = np.linalg.norm(np.array([x - 1.0, 2.0 * x - 2.0]))
    return (x - 1.0) * math.sin(length) / length if length > 0 else 0.0


def by_dot(x):
    gaps = np.array([x - 1.0, 2.0 * x - 2.0])
    return x * x if math.sqrt(gaps @ gaps) > 0 else 1.0


def by_sum_of_squares(x):
    gaps = np.array([x - 1.0, 2.0 * x - 2.0])
    return x * x if np.sum(gaps**2) > 0 else 1.0


def by_largest(x):
    return x * x if max(abs(x - 1.0), abs(2.0 * x - 2.0)) > 0 else 1.0


def by_loop(x):
    total = 0.0
    for gap in [x - 1.0, 2.0 * x - 2.0]:
        total += gap * gap
    return x * x if math.sqrt(total) > 0 else 1.0


def by_sum(x):
    gaps = [x - 1.0, 2.0 * x - 2.0]
    return x * x if sum(gap * gap for gap in gaps) > 0 else 1.0


def by_sign(x):
    side = np.sign(x - 1.0)
    if side > 0 or side < 0:
        return x * x
    return 1.0


def by_float_of_sign(x):
    return 1.0 if float(np.sign(x - 1.0)) == 0 else x * x


def by_two_sides(x):
    return x if (x > 1.0) - (x < 1.0) == 0 else 2.0 * x - 1.0


def by_difference_of_sides(x):
    side = (x > 1.0) - (x < 1.0)
    return x * x if side else 1.0


def by_any(x):
    gaps = np.array([x - 1.0, 2.0 * x - 2.0])
    return x * x if gaps.any() else 1.0


def by_all(x):
    gaps = np.array([x - 1.0, 2.0 * x - 2.0])
    return 1.0 if np.all(gaps == 0) else x * x


def by_no_difference(x):
    gaps = np.array([x - 1.0, 2.0 * x - 2.0])
    return 1.0 if not np.any(gaps != 0.0) else x * x


def by_count(x):
    return 1.0 if KNOTS.count(x) else x * x


def by_float_behind_length(x):
    """The slope by the factor is 2 x beside the point, though the factor is a constant."""
    scale = 1.0 if abs(x - 1.0) > 0 else 2.0
    return scale * x * x


def by_float_behind_both_sides(x):
    scale = 1.0 if x > 1.0 or x < 1.0 else 2.0
    return scale * x * x


def by_float_behind_truth(x):
    scale = 1.0 if bool(x - 1.0) else 2.0
    return scale * x * x


def by_index_behind_truth(x):
    k = 1 if x - 1.0 else 0
    return [1.0, x * x][k]


def by_index_behind_sign(x):
    k = 1 if np.sign(x - 1.0) == 0 else 0
    return [x * x, 1.0][k]


def by_sides_that_agree(x):
    return 1.0 if (x > 1.0) == (x < 1.0) else x * x


def by_next_to_nothing(x):
    return 1.0 if abs(x - 1.0) < 1e-300 else x * x


FUNCTIONS = [value for name, value in globals().items() if name.startswith("by_")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_what_is_left_where_a_length_or_a_sign_is_0_has_no_slope(
    f: Callable[..., Any], mode: str
) -> None:
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(f, mode=mode)(1.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_beside_the_zero_of_a_length_or_a_sign_the_slope_is_that_of_the_other_arm(
    f: Callable[..., Any], mode: str
) -> None:
    for x in (0.4, 1.3):
        verdict = oracle.derivative(f, (x,), {}, "x")
        assert verdict.decided and oracle.agrees(verdict, grad(f, mode=mode)(x))


def pairs(points):
    """The pair of a point with itself is left out by its length, and tells of no point."""
    total = 0.0
    for one in points:
        for other in points:
            length = abs(one - other)
            if length > 0:
                total += 1.0 / length
    return total


@pytest.mark.parametrize("mode", MODES)
def test_a_point_that_is_paired_with_itself_is_left_out(mode: str) -> None:
    found = grad(pairs, mode=mode)([1.0, 2.0, 4.0])
    assert found == pytest.approx([2.0 + 2.0 / 9.0, -2.0 + 0.5, -2.0 / 9.0 - 0.5], rel=1e-14)


def overlap(x):
    depth = max(x - 1.0, 0.0)
    return x * x if depth == 0 else x + depth


def overlap_above(x):
    depth = np.maximum(x - 1.0, 0.0) ** 2
    return x + depth if depth > 0 else x * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [overlap, overlap_above], ids=lambda f: f.__name__)
def test_what_a_maximum_cuts_off_is_a_region_and_no_point(f: Any, mode: str) -> None:
    assert grad(f, mode=mode)(0.75) == 1.5
    assert grad(f, mode=mode)(2.0) == (2.0 if f is overlap else 3.0)


def root(a):
    x = 4.0
    for _ in range(60):
        gap = x * x - a
        if abs(gap) <= 0.0:
            break
        x = 0.5 * (x + a / x)
    return x


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_ends_where_a_length_is_0_is_the_steps_that_were_run(mode: str) -> None:
    assert grad(root, mode=mode)(4.0) == pytest.approx(0.25, rel=1e-12)
