"""Searches by comparisons alone are refused where their derivative would be lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, jacobian, stop_gradient
from chainrule.errors import NotDifferentiableError
from tests import oracle


def bisection(p: float) -> float:
    lo, hi = 0.0, 5.0
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        if mid**3 > p:
            hi = mid
        else:
            lo = mid
        if hi - lo < 1e-12:
            break
    return mid


def while_bisection(p: float, tol: float = 1e-10) -> float:
    a, b = 0.0, 4.0
    while b - a > tol:
        m = (a + b) / 2
        a, b = (m, b) if math.cosh(m) < p else (a, m)
    return 2.0 * a


def golden(p: float) -> float:
    a, b = 0.0, 4.0
    ratio = (math.sqrt(5) - 1) / 2
    while abs(b - a) > 1e-8:
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        if (c - p) ** 2 < (d - p) ** 2:
            b = d
        else:
            a = c
    return (a + b) / 2


SEARCHES = [(bisection, 3.0), (while_bisection, 2.0), (golden, 1.5)]


@pytest.mark.parametrize(("f", "x"), SEARCHES)
@pytest.mark.parametrize("transform", [grad, jacobian])
def test_a_search_is_refused(f: Callable[..., float], x: float, transform: Any) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        transform(f)(x)


def test_zero_may_be_meant() -> None:
    def frozen(p: float) -> float:
        return bisection(stop_gradient(p))

    assert grad(frozen)(3.0) == 0.0


def tariff(use: float) -> float:
    price = 0.0
    for limit, rate in ((10.0, 1.0), (20.0, 1.5), (40.0, 2.0)):
        if use > limit:
            price = rate
    return price


def nearest(x: float) -> float:
    best, found = math.inf, 0.0
    for size in (1.0, 2.0, 5.0, 10.0):
        if abs(size - x) < best:
            best, found = abs(size - x), size
    return found


def adaptive(x: float) -> float:
    t, h, y = 0.0, 0.5, x
    while t < 1.0:
        slope = -y * y
        if abs(slope) * h > 0.2:
            h *= 0.5
        y += h * slope
        t += h
    return y


def newton(x: float, tol: float = 1e-12) -> float:
    y = x
    while True:
        step = (y * y - x) / (2 * y)
        y -= step
        if abs(step) < tol:
            return y


def polished(p: float) -> float:
    x = bisection(p)
    return x - (x**3 - p) / (3 * x * x)


FINE = [(tariff, 15.0), (nearest, 4.0), (adaptive, 1.3), (newton, 3.0)]


@pytest.mark.parametrize(("f", "x"), FINE)
def test_what_is_no_search_is_differentiated(f: Callable[..., float], x: float) -> None:
    assert oracle.agrees(oracle.derivative(f, (x,)), grad(f)(x))


def test_a_tolerance_has_the_derivative_zero() -> None:
    assert grad(newton, wrt="tol")(3.0, 1e-9) == 0.0


def test_a_step_of_newton_behind_a_search_has_the_slope_of_the_root() -> None:
    assert grad(polished)(3.0) == pytest.approx(3.0 ** (-2 / 3) / 3)
