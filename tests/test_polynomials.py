"""``np.poly1d`` and ``np.polynomial.Polynomial`` that a function makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from chainrule import UnsupportedError, grad, value_and_grad
from tests.test_array_fuzz import function_of

C = np.array([1.0, 0.3, -1.2, -1.0])


def newton(c: Any) -> Any:
    p = np.poly1d(c)
    slope = p.deriv()
    x = 1.5
    for _ in range(4):
        x = x - p(x) / slope(x)
    return x


def descending(c: Any) -> Any:
    p, q = np.poly1d([c[0], 2.0, c[1]]), np.poly1d(c)
    r = p * q - 2 * p + 1 + q / 3
    s = p(0.7) + r.integ()(1.2) - r.deriv(2)(c[2]) + (3 - q)(c[1])
    return s + np.sum((p - q)(np.linspace(0, 1, 4)) * np.arange(4))


def ascending(c: Any) -> Any:
    p, q = Polynomial([c[0], 2.0, c[1]]), Polynomial(c)
    r = p * q - 2 * p + 1 + q / 3
    s = p(0.7) + r.integ()(1.2) - r.deriv(2)(c[2]) + (3 - q)(c[1])
    return s + np.sum((p - q)(np.linspace(0, 1, 4)) * np.arange(4)) + Polynomial([1.0, 2.0])(c[3])


def leading_zero(c: Any) -> Any:
    p = np.poly1d(np.append(c[0] - 1.0, c))
    return p(0.9) + p.deriv()(0.4) + (p * p)(c[1])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [newton, descending, ascending, leading_zero])
def test_polynomials_are_differentiated_by_their_coefficients(f: Any, mode: Any) -> None:
    value, slope = value_and_grad(f, mode=mode)(C.copy())
    np.testing.assert_array_equal(value, f(C))
    steps = 1e-5 * np.eye(4)
    expected = [(f(C + step) - f(C - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("np.poly1d(c)[1]", "`__getitem__` of a poly1d"),
        ("np.polyval(np.poly1d(c), 2.0)", "used as a whole"),
        ("np.poly1d(c)", "a poly1d as a result"),
    ],
)
def test_what_a_polynomial_is_not_asked_is_refused(text: str, found: str) -> None:
    f = function_of(f"def f(c):\n    return {text}\n")
    with pytest.raises(UnsupportedError, match=found):
        grad(f)(C)


TOLD = [
    "np.poly1d(c).coeffs[0] * c[1]",
    "(np.poly1d(c[:2]) * np.poly1d(c[1:])).c @ np.cos(np.arange(4.0))",
    "np.sum((np.poly1d(np.append(0.0, c)) ** 2).coef[:4] * c)",
    "c[0] * len(np.poly1d(c)) + np.poly1d(c).order * c[1]",
    "c[0] * c[1] if np.poly1d(c) else c[1]",
    "c[0] * c[2] if np.poly1d(c) == np.poly1d(c[:2]) else c[1]",
    "np.sum(np.poly1d(c * c).roots.real * c[1:]) + np.sum(np.abs(np.poly1d(c).r))",
    "np.polynomial.Polynomial(c).coef[0] * np.polynomial.Polynomial(c).degree()",
    "np.sum((np.polynomial.Polynomial(c) * np.polynomial.Polynomial(c[:2])).coef ** 3)",
    "(np.polynomial.Polynomial(c) ** 2 - 1.0).integ(1, k=c[1]).coef @ np.cos(np.arange(8.0))",
    "(np.polynomial.Polynomial(c) - np.polynomial.Polynomial(c) * 0.0).deriv().coef[2]",
    "np.polynomial.Polynomial.fit([0.0, 1.0, 2.0, 4.0], c, 2).convert().coef @ c[1:]",
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("text", TOLD)
def test_what_a_polynomial_tells_of_its_coefficients_has_slopes(text: str, mode: Any) -> None:
    f = function_of(f"def f(c):\n    return {text}\n")
    value, slope = value_and_grad(f, mode=mode)(C.copy())
    np.testing.assert_array_equal(value, f(C))
    steps = 1e-5 * np.eye(4)
    expected = [(f(C + step) - f(C - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-7)
