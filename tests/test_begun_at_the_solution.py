"""Loops that stop where an iterate is equal to something, and that begin there.

Beside such a point they go on to the solution, whose slope is not that of where they begin.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hessian, value_and_grad

MODES = ("forward", "reverse")


def by_residual(a, x):
    for _ in range(50):
        f = x * x - a
        if f == 0.0:
            break
        x -= f / (2.0 * x)
    return x


def by_iterates(a, x):
    while True:
        following = 0.5 * (x + a / x)
        if following == x:
            return x
        x = following


def by_secant(a, x):
    before = x + 1.0
    for _ in range(50):
        g, f = before * before - a, x * x - a
        if f == 0.0 or f == g:
            break
        before, x = x, x - f * (x - before) / (f - g)
    return x


def of_each(a, x):
    total = 0.0
    for k in (1.0, 3.0):
        total += by_iterates(k * a, x)
    return total


def from_a_guess(a, x):
    return by_residual(a, 0.5 * x * (1.0 + a))


SQUARES = (by_residual, by_iterates, by_secant, from_a_guess)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", SQUARES)
def test_a_loop_that_goes_on_to_the_solution_has_its_slope(
    function: Callable[..., Any], mode: str
) -> None:
    for a in (0.7, 3.0, 5.3):
        value, slope = value_and_grad(function, mode=mode)(a, 1.0)
        assert value == function(a, 1.0)
        assert slope == pytest.approx(0.5 / math.sqrt(a), rel=1e-12)
        bend = hessian(function, mode="forward")(a, 1.0)
        assert bend == pytest.approx(-0.25 * a**-1.5, rel=1e-11)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", [*SQUARES, of_each])
def test_a_loop_that_begins_at_the_solution_has_no_slope_by_what_moves_it(
    function: Callable[..., Any], mode: str
) -> None:
    assert function(1.0, 1.0) == function(1.0, 1.0 + 1e-9) == pytest.approx(function(1.0, 1.0))
    for transform in (grad, hessian):
        with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
            transform(function, mode=mode)(1.0, 1.0)


def lowered(v, top):
    """The least of the first entries: nothing moves it over a whole region."""
    for x in v:
        following = min(top, 2.0 * x)
        if following == top:
            break
        top = following
    return top * top


@pytest.mark.parametrize("mode", MODES)
def test_what_a_step_chooses_again_stays_over_a_region(mode: str) -> None:
    both = grad(lowered, wrt=("v", "top"), mode=mode)
    assert both([3.0, 2.0], 5.0) == ([0.0, 0.0], 10.0)
    assert both([2.0, 3.0], 5.0) == ([16.0, 0.0], 0.0)
