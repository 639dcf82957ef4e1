"""What a test asks of a gradient: f's own value, and the slopes that the oracle finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chainrule import grad, hvp, value_and_grad
from tests import oracle
from tests.differences import along, partials


def check_slopes(f: Callable[..., Any], point: Sequence[float], mode: str) -> None:
    """Compare value and gradient of a function of numbers with its own and the oracle's."""
    value, gradient = value_and_grad(f, wrt=tuple(range(len(point))), mode=mode)(*point)
    assert value == f(*point)
    for position, slope in enumerate(gradient):
        verdict = oracle.derivative(f, point, wrt=position)
        assert verdict.decided, verdict.reason
        assert slope == pytest.approx(verdict.value, rel=1e-8)


def check_partials(
    f: Callable[..., Any], wrt: tuple[str, ...], points: Sequence[Sequence[float]], mode: str
) -> None:
    """Compare value and gradient at points with f's own and with differences."""
    slope = value_and_grad(f, wrt=wrt, mode=mode)
    for point in points:
        value, found = slope(*point)
        assert value == f(*point)
        expected = [each for each, _ in partials(f, point)]
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-8)


def check_slope_at(f: Callable[[float], float], points: Sequence[float], mode: str) -> None:
    """Compare the slope of a function of one number with differences."""
    slope = grad(f, mode=mode)
    for x in points:
        expected, noise = along(lambda h, x=x: f(x + h), 1e-4)
        assert slope(x) == pytest.approx(float(expected), abs=1e-9 + noise)


def check_single_point(f: Callable[[float], float], point: float, mode: str) -> None:
    """A function that is another one at one point has a slope beside it, and none there."""
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        grad(f, mode=mode)(point)
    check_slope_at(f, (point - 0.3, point + 0.3), mode)


def check_against_oracle(
    f: Callable[..., Any],
    point: Sequence[Any],
    wrt: int | str | tuple[int | str, ...] = 0,
    mode: str = "auto",
) -> None:
    """Compare f's value bit for bit, and the slopes with the oracle's."""
    value, slopes = value_and_grad(f, wrt=wrt, mode=mode)(*point)
    assert oracle.same_bits(value, f(*point))
    if not isinstance(wrt, tuple):
        wrt, slopes = (wrt,), (slopes,)
    for name, slope in zip(wrt, slopes, strict=True):
        assert oracle.agrees(oracle.derivative(f, point, wrt=name), slope)


def check_product(
    f: Callable[..., Any],
    point: Sequence[float],
    wrt: tuple[str, ...],
    direction: Sequence[float],
    *,
    rel: float,
    slack: float = 0.0,
) -> None:
    """Compare the product of the Hessian and a direction with differences of the gradient."""
    gradient = grad(f, wrt=wrt)
    _, product = hvp(f, wrt=wrt)(*point, *direction)
    wanted, noise = along(
        lambda h: gradient(*(x + h * step for x, step in zip(point, direction, strict=True)))
    )
    assert product == pytest.approx(wanted, rel=rel, abs=slack + 10.0 * noise)
