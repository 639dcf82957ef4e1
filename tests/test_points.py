"""Branches on equality: the derivative never returns the slope of a value for one point."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import log, sin
from typing import Any

import pytest

from chainrule import grad, hessian, jvp, stop_gradient, value_and_grad

MODES = ("forward", "reverse")
UNKNOWN = r"test_points\.py:\d+: no slope is known at this single point"


def sinc(x):
    if x == 0:
        return 1.0
    return sin(x) / x


def sinc_expression(x):
    return 1.0 if x == 0 else sin(x) / x


def sinc_unequal(x):
    if x != 0.0:
        value = sin(x)
        value /= x
    else:
        value = 1.0
    return value


def sinc_not(x):
    return sin(x) / x if x else 1.0


def sinc_or(x):
    return (x and sin(x) / x) or 1.0


def sinc_in(x):
    if x in (0, 7.5):
        return 1.0 if x == 0 else sin(7.5) / 7.5
    return sin(x) / x


def sinc_abs(x):
    if abs(x) == 0:
        return 1.0
    return sin(x) / x


def sinc_square(x):
    if x * x == 0.0:
        return 1.0
    return sin(x) / x


def sinc_isclose(x):
    if math.isclose(x, 0.0):
        return 1.0
    return sin(x) / x


def sinc_sides(x):
    if x > 0:
        return sin(x) / x
    elif x < 0:
        return sin(-x) / -x
    return 1.0


def sinc_between(x):
    if x >= 0 and x <= 0:
        return 1.0
    return sin(x) / x


def sinc_flag(x):
    special = x == 0
    value = 1.0
    if not special:
        value = sin(x) / x
    return value


def sinc_or_large(x):
    if x == 0 or x > 1e3:
        return 1.0
    return sin(x) / x


def sinc_try(x):
    try:
        if x == 0:
            value = 1.0
        else:
            value = sin(x)
            value /= x
    except ArithmeticError:
        value = 5.0
    return value


def early_exit(x):
    if x == 0.0:
        return 0.0
    return x * math.exp(x)


def filled(x):
    """Smooth at 2, where it takes arms of its branches that lie on different sides of it."""
    volume = 0.0
    if x >= 2.0:
        volume += 3.0
    else:
        volume += 1.5 * x
    if x > 2.0:
        volume += 1.5 * (x - 2.0)
    return volume


SINGLE = [value for name, value in globals().items() if name.startswith("sinc")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [*SINGLE, early_exit], ids=lambda f: f.__name__)
def test_a_value_for_one_point_has_no_slope_there(f: Callable[..., Any], mode: str) -> None:
    gradient = grad(f, mode=mode)
    for zero in (0.0, -0.0, 0):
        with pytest.raises(ArithmeticError, match=UNKNOWN):
            gradient(zero)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(gradient)(0.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", SINGLE, ids=lambda f: f.__name__)
def test_only_that_point_is_refused(f: Callable[..., Any], mode: str) -> None:
    x = 0.7
    first = (math.cos(x) - sin(x) / x) / x
    assert value_and_grad(f, mode=mode)(x) == (f(x), pytest.approx(first, rel=1e-14))
    second = -sin(x) / x - 2.0 * first / x
    assert grad(grad(f, mode=mode))(x) == pytest.approx(second, rel=1e-13)
    assert math.isfinite(grad(f, mode=mode)(1e-100))


def log_mean(a, b):
    if a == b:
        return a
    return (a - b) / log(a / b)


@pytest.mark.parametrize("mode", MODES)
def test_a_tie_of_two_values_has_no_slope_in_either(mode: str) -> None:
    for wrt in ("a", "b", ("a", "b")):
        with pytest.raises(ArithmeticError, match=UNKNOWN):
            grad(log_mean, wrt, mode=mode)(2.0, 2.0)
    assert sum(grad(log_mean, ("a", "b"), mode=mode)(2.0, 2.0 + 1e-6)) == pytest.approx(1.0)


def isothermal(k, p):
    if k == 1.0:
        return p * log(p)
    return p * (p ** (k - 1.0) - 1.0) / (k - 1.0)


@pytest.mark.parametrize("mode", MODES)
def test_the_other_parameters_keep_their_slopes(mode: str) -> None:
    assert grad(isothermal, "p", mode=mode)(1.0, 2.0) == pytest.approx(log(2.0) + 1.0)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        grad(isothermal, "k", mode=mode)(1.0, 2.0)
    assert grad(isothermal, "k", mode=mode)(1.0 + 1e-5, 2.0) == pytest.approx(
        log(2.0) ** 2, rel=1e-4
    )


def test_a_direction_that_stays_on_the_point_is_known() -> None:
    along = jvp(isothermal, ("k", "p"))
    assert along(1.0, 2.0, 0.0, 3.0)[1] == pytest.approx(3.0 * (log(2.0) + 1.0))
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        along(1.0, 2.0, 1e-9, 3.0)


def either(x, y):
    if x == 0 or y < 0:
        return 0.0
    return sin(x) / x * y


@pytest.mark.parametrize("mode", MODES)
def test_what_holds_beside_the_point_is_told_apart(mode: str) -> None:
    gradient = grad(either, ("x", "y"), mode=mode)
    assert gradient(1.0, -1.0) == (0.0, 0.0)
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        gradient(0.0, 1.0)


@pytest.mark.parametrize("mode", MODES)
def test_stop_gradient_says_that_the_branch_is_meant(mode: str) -> None:
    def f(x):
        if stop_gradient(x) == 1.0:
            return 3.0 * x
        return x * x

    assert grad(f, mode=mode)(1.0) == 3.0 and grad(f, mode=mode)(2.0) == 4.0


@pytest.mark.parametrize("mode", MODES)
def test_wide_branches_and_jumps_are_as_before(mode: str) -> None:
    def steps(x):
        if x < 9.0 and math.floor(x) == 2:
            return 10.0 * x
        if x == math.inf:
            return 0.0 * 1.0
        if x != x:
            return x
        kind = 0 if x == 1.0 else 1
        return kind * 2.0 + x * x

    gradient = grad(steps, mode=mode)
    assert [gradient(x) for x in (2.0, 2.5, 1.0, 3.0, math.inf)] == [10.0, 10.0, 2.0, 6.0, 0.0]


def test_a_sentinel_that_does_not_move_is_no_point() -> None:
    def first_positive(x, n):
        found = 0.0
        for i in range(n):
            if found == 0.0:
                found = x * (i + 1.0)
        return found

    assert grad(first_positive, mode="forward")(3.0, 4) == 1.0


def test_mixed_second_derivatives_at_a_point_of_a_rule_are_those_of_the_rule() -> None:
    ((xx, xy), (yx, yy)) = hessian(lambda x, y: x**y, (0, 1))(2.0, 0.0)
    assert (xx, xy, yx, yy) == pytest.approx((0.0, 0.5, 0.5, log(2.0) ** 2))


def exact_root(a, start):
    x = start
    for _ in range(60):
        residual = x * x - a
        if residual == 0.0:
            return x
        x = 0.5 * (x + a / x)
    return x


def table(x, xs, ys):
    for i in range(len(xs) - 1):
        if x == xs[i]:
            return ys[i]
        if x < xs[i + 1]:
            return ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i])
    return ys[-1]


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_ends_at_an_exact_root_is_the_steps_that_were_run(mode: str) -> None:
    assert grad(exact_root, mode=mode)(4.0, 1.0) == pytest.approx(0.25, rel=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_that_meets_a_point_of_its_argument_is_refused_there(mode: str) -> None:
    gradient = grad(table, mode=mode)
    assert gradient(1.5, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]) == 3.0
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        gradient(1.0, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0])


@pytest.mark.parametrize("mode", MODES)
def test_branches_that_only_meet_at_one_point_have_no_slope_there(mode: str) -> None:
    slope = grad(filled, mode=mode)
    assert slope(1.9) == slope(2.1) == 1.5
    with pytest.raises(ArithmeticError, match=UNKNOWN):
        slope(2.0)


def dry_length(x):
    """Its `rest` is nothing below 1, over a region and not at a point."""
    rest = x - 1.0 if x > 1.0 else 0.0
    length = rest * (x + 2.0)
    if length == 0:
        return x * x
    return x * x + length


@pytest.mark.parametrize("mode", MODES)
def test_a_value_that_is_constant_over_a_region_is_no_single_point(mode: str) -> None:
    slope = grad(dry_length, mode=mode)
    assert slope(0.5) == 1.0
    assert slope(2.0) == 9.0
