"""Roots of magnitudes have an infinite slope on both sides of 0, and none at it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
X = np.array([0.0, -1.0, 2.0, 0.0])


def penalty(x: Any) -> Any:
    """A penalty that drives entries to 0."""
    return np.sum(np.abs(x) ** 0.5)


def of_root(x: Any) -> Any:
    """The same as a root, within another function."""
    return np.sum(np.log(1.0 + np.sqrt(np.abs(3.0 * x))))


def of_cube_root(x: Any) -> Any:
    """A cube root."""
    return np.sum(np.cbrt(np.abs(x)))


def of_parameter(x: Any, p: float = 0.5) -> Any:
    """The exponent is known at run time only."""
    return np.sum(np.abs(x) ** p)


def quasi_norm(x: Any) -> Any:
    """The norm of an exponent below 1."""
    return np.linalg.norm(x, 0.5)


def raised(x: Any) -> Any:
    """Through a maximum, and with a branch on the way."""
    total = np.sum(np.maximum(np.abs(x), 0.0) ** 0.25)
    return np.sqrt(total + 1.0) if x[2] > 1.5 else total


PROGRAMS = [penalty, of_root, of_cube_root, of_parameter, quasi_norm, raised]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_slope_at_a_cusp_is_0_as_in_forward_mode(f: Any, mode: Any) -> None:
    step = 1e-6
    slope = grad(f, mode=mode)(X)
    for k in (1, 2):
        move = step * np.eye(4)[k]
        wanted = (f(X + move) - f(X - move)) / (2.0 * step)
        assert slope[k] == pytest.approx(wanted, rel=1e-8)
    assert slope[0] == slope[3] == 0.0
    assert np.all(grad(f, mode=mode)(np.zeros(4)) == 0.0)


@pytest.mark.parametrize("f", [penalty, of_cube_root], ids=lambda f: f.__name__)
def test_so_it_is_in_second_derivatives(f: Any) -> None:
    curved = hessian(f)
    rows = curved(X)
    assert "mask & mask" not in curved.source
    slope = grad(f)
    for k in (1, 2):
        move = 1e-6 * np.eye(4)[k]
        wanted = (slope(X + move)[k] - slope(X - move)[k]) / 2e-6
        assert rows[k, k] == pytest.approx(wanted, rel=1e-8)
    assert np.all(np.isfinite(rows))
    assert np.all(np.isfinite(hvp(f)(X, np.ones(4))[1]))


def test_a_penalty_without_a_root_has_no_mask() -> None:
    def lasso(w: Any, weights: Any, a: Any, y: Any) -> Any:
        residual = a @ w - y
        return np.sum(residual**2) / len(y) + np.sum(weights * np.abs(w))

    slope = grad(lasso)
    slope(X, np.ones(4), np.ones((3, 4)), np.ones(3))
    assert "where" not in slope.source
    assert "np.sign(w)" in slope.source
