"""Real roots of polynomials, found by their imaginary parts: those that are real stay real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad

A = 1.3


def coefficients(a: float) -> list[float]:
    """Of a polynomial with one real root and two that are not."""
    return [1.0, -a, 1.0, -2.0]


def in_a_list(a: float) -> float:
    """The real root, as a list of such."""
    found = [z.real for z in np.roots(coefficients(a)) if z.imag == 0 and z.real > 0]
    return found[0]


def in_a_loop(a: float) -> float:
    """The first real root that a loop meets."""
    for z in np.roots(coefficients(a)):
        if np.isreal(z):
            return z.real
    return 0.0


def by_its_place(a: float) -> float:
    """The last real root."""
    found = 0.0
    roots = np.roots(coefficients(a))
    for i in range(3):
        if roots[i].imag == 0.0:
            found = roots[i].real
    return found


def of_a_matrix(a: float) -> float:
    """The real eigenvalue of the companion matrix."""
    values = np.linalg.eigvals(np.array([[a, -1.0, 2.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    return sum(z.real for z in values if z.imag == 0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [in_a_list, in_a_loop, by_its_place, of_a_matrix])
def test_a_root_that_is_known_to_be_real_by_its_imaginary_part_has_a_slope(
    function: Callable[[float], Any], mode: Any
) -> None:
    value, slope = value_and_grad(function, mode=mode)(A)
    assert value == function(A)
    # By the implicit function theorem: p(x) = x**3 - a x**2 + x - 2.
    x = float(value)
    assert slope == pytest.approx(x**2 / (3.0 * x**2 - 2.0 * A * x + 1.0), rel=1e-12)


def of_a_phase(a: float) -> float:
    """A number that is real at single points only."""
    z = np.exp(1j * np.array([a]))[0]
    return z.real if z.imag == 0 else z.imag


def test_another_number_that_is_real_at_a_point_has_no_slope_there() -> None:
    assert grad(of_a_phase)(1.0) == pytest.approx(np.cos(1.0), rel=1e-15)
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        grad(of_a_phase)(0.0)
