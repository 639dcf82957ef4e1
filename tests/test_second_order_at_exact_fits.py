"""Second derivatives where a residual is exactly 0: its adjoint is 0 there, and not beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp, jacobian

MODES = ("forward", "reverse")
FITTED = np.array([1.0, 4.0, 2.25])


def roots(x: Any) -> Any:
    """Roots compared with what is measured."""
    residual = np.sqrt(x) - np.array([1.0, 2.0, 1.5])
    return (residual * residual).sum()


def powers(x: Any) -> Any:
    """The same by a power, of which the slope is infinite at 0, too."""
    residual = x**0.5 - np.array([1.0, 2.0, 1.5])
    return np.dot(residual, residual)


def some_roots(x: Any) -> Any:
    """Roots of entries that are taken out with subscripts."""
    residual = np.sqrt(x)[x > 0.5] - np.array([1.0, 2.0, 1.5])
    return np.sum(residual**2)


def chosen_roots(x: Any) -> Any:
    """Roots where there are any."""
    measured = np.array([1.0, 2.0, 1.5])
    residual = np.where(x > 0.0, np.sqrt(x) - measured, x)
    return np.sum(residual**2)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("function", [roots, powers, some_roots, chosen_roots])
def test_the_hessian_of_squares_is_right_where_they_are_zero(
    function: Callable[..., Any], inner: Any, outer: Any
) -> None:
    # Of (sqrt(x) - a)**2 it is a / 2 * x**-1.5, with a = sqrt(x) at an exact fit.
    found = jacobian(grad(function, mode=inner), mode=outer)(FITTED)
    np.testing.assert_allclose(found, np.diag(0.5 / FITTED), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("function", [roots, powers, some_roots, chosen_roots])
def test_transforms_of_second_order_are_right_at_an_exact_fit(function: Callable[..., Any]) -> None:
    np.testing.assert_allclose(hessian(function)(FITTED), np.diag(0.5 / FITTED), rtol=1e-13)
    slope, product = hvp(function)(FITTED, np.array([1.0, 2.0, -1.0]))
    np.testing.assert_allclose(slope, np.zeros(3), atol=1e-15)
    np.testing.assert_allclose(product, np.array([1.0, 2.0, -1.0]) * 0.5 / FITTED, rtol=1e-13)


def roots_of_roots(x: Any) -> Any:
    """Two slopes that may be infinite, one inside the other."""
    residual = np.sqrt(np.sqrt(x)) - np.array([2.0, 3.0])
    return (residual * residual).sum()


def test_third_derivatives_feel_the_divisors_of_what_is_zero_at_a_point() -> None:
    x = np.array([16.0, 81.0])
    # (x**0.25 - a)**2 has the second derivative (a * 6 * x**-1.75 - 4 * x**-1.5) / 16.
    a = x**0.25
    second = (6.0 * a * x**-1.75 - 4.0 * x**-1.5) / 16.0
    third = (-10.5 * a * x**-2.75 + 6.0 * x**-2.5) / 16.0
    np.testing.assert_allclose(np.diag(hessian(roots_of_roots)(x)), second, rtol=1e-13)
    found = jacobian(hessian(roots_of_roots))(x)
    np.testing.assert_allclose([found[0, 0, 0], found[1, 1, 1]], third, rtol=1e-13)


def lengths(x: Any) -> Any:
    """Roots of what has a least value at 1."""
    return np.sqrt(x * x - 2.0 * x + 5.0).sum()


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_a_tangent_that_is_zero_at_a_point_is_felt_beside_it(inner: Any, outer: Any) -> None:
    x = np.array([1.0, 3.0])
    # The radicand u has u' = 2 * (x - 1) and u'' = 2.
    u = x * x - 2.0 * x + 5.0
    expected = np.diag(1.0 / np.sqrt(u) - (x - 1.0) ** 2 / u**1.5)
    found = jacobian(grad(lengths, mode=inner), mode=outer)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


def with_an_edge(x: Any) -> Any:
    """A root that is not felt where it is 0."""
    return (np.sqrt(x)[1:] ** 3).sum()


def test_what_is_not_felt_at_an_infinite_slope_is_not_felt_in_the_second_derivative() -> None:
    x = np.array([0.0, 1.0, 4.0])
    # The last entries are x**1.5, with the second derivative 0.75 / sqrt(x).
    with np.errstate(divide="ignore", invalid="ignore"):
        found = hessian(with_an_edge)(x)
    np.testing.assert_array_equal(found[0], np.zeros(3))
    np.testing.assert_allclose(found[1:, 1:], np.diag(0.75 / np.sqrt(x[1:])), rtol=1e-13)
