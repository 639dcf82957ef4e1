"""Loops that run while something is not equal: where it is from the start they tell of no slope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from chainrule import grad, hessian
from tests import oracle

Mode = Literal["forward", "reverse"]
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


def root(a: float) -> float:
    """Newton's method, which has found the root of 1 before its first step."""
    x = 1.0
    while x * x != a:
        x = 0.5 * (x + a / x)
    return x


def bounded(a: float) -> float:
    """The same with a bound on its steps."""
    x, k = 1.0, 0
    while x * x != a and k < 60:
        x = 0.5 * (x + a / x)
        k += 1
    return x


def residual(a: float) -> float:
    """What is asked is computed from what a step leaves."""
    x = 2.0
    error = x**3 - a
    while error != 0.0:
        x -= error / (3.0 * x * x)
        before, error = error, x**3 - a
        if abs(error) >= abs(before):
            break
    return x


@MODES
@pytest.mark.parametrize("f, at", [(root, 1.0), (bounded, 1.0), (residual, 8.0)])
def test_no_slope_is_told_where_no_step_is_run(
    f: Callable[[float], float], at: float, mode: Mode
) -> None:
    """It was that of the number that the loop begins with, 0."""
    for derivative in (grad(f, mode=mode), grad(grad(f, mode=mode)), hessian(f)):
        with pytest.raises(ArithmeticError, match="no slope is known"):
            derivative(at)


@MODES
@pytest.mark.parametrize("f, at", [(bounded, 4.0), (bounded, 2.0), (residual, 27.0)])
def test_elsewhere_it_is_that_of_the_steps(
    f: Callable[[float], float], at: float, mode: Mode
) -> None:
    """Of what the loop finds; a bounded loop may end before that."""
    assert oracle.agrees(oracle.derivative(f, (at,), wrt="a"), grad(f, mode=mode)(at))


def counted(x: float, y: float, n: int) -> float:
    """What is compared does not depend on x."""
    k, total = 0, x
    while k != n and y != 0.0:
        total *= x
        k += 1
    return total


@MODES
def test_other_parameters_have_their_slopes(mode: Mode) -> None:
    """Beside x nothing changes that the loop asks for."""
    assert grad(counted, mode=mode)(3.0, 2.0, 0) == 1.0
    assert grad(counted, mode=mode)(3.0, 0.0, 2) == 1.0
    assert grad(counted, mode=mode)(3.0, 2.0, 2) == pytest.approx(27.0)


def test_the_point_is_refused_once() -> None:
    """Code of second derivatives has the refusal of the first."""
    assert grad(root)(4.0) == pytest.approx(0.25)
    derivative = grad(grad(root))
    assert derivative(4.0) == pytest.approx(-0.03125)
    assert derivative.source.count("raise ") == 1
