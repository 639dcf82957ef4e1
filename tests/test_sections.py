"""Golden sections and their like have the slopes of the least places that they find."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, value_and_grad
from chainrule.errors import NotDifferentiableError
from tests.differences import along

GOLDEN = (math.sqrt(5) - 1) / 2


def cost(x: float, p: float, q: float) -> float:
    return (x - p) ** 2 + 0.3 * x**4 + q * x


def golden(f: Callable[[float], float], a: float, b: float, tol: float = 1e-9) -> float:
    while abs(b - a) > tol:
        c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        if f(c) < f(d):
            b = d
        else:
            a = c
    return (a + b) / 2


def place(p: float, q: float) -> float:
    return golden(lambda x: cost(x, p, q), -3.0, 4.0)


def place_beside(p: float, q: float) -> float:
    return place(p, q) * p + q


def least_value(p: float, q: float) -> float:
    return cost(place(p, q), p, q)


def ternary(p: float, q: float) -> float:
    a, b = -3.0, 4.0
    for _ in range(100):
        if b - a < 1e-10:
            break
        c, d = a + (b - a) / 3, b - (b - a) / 3
        if -cost(c, p, q) > -cost(d, p, q):
            b = d
        else:
            a = c
    return a * p


def values_kept(p: float, q: float) -> float:
    a, b = -3.0, 4.0
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    fc, fd = cost(c, p, q), cost(d, p, q)
    while b - a > 1e-9:
        if fc < fd:
            b, d, fd = d, c, fc
            c = b - GOLDEN * (b - a)
            fc = cost(c, p, q)
        else:
            a, c, fc = c, d, fd
            d = a + GOLDEN * (b - a)
            fd = cost(d, p, q)
    return (c if fc < fd else d) * p + min(fc, fd)


def by_fibonacci(p: float, q: float) -> float:
    numbers = [1, 1]
    while len(numbers) < 40:
        numbers.append(numbers[-1] + numbers[-2])
    a, b = -3.0, 4.0
    for k in range(len(numbers) - 1, 2, -1):
        c = a + numbers[k - 2] / numbers[k] * (b - a)
        d = a + numbers[k - 1] / numbers[k] * (b - a)
        if cost(c, p, q) < cost(d, p, q):
            b = d
        else:
            a = c
    return (a + b) / 2


def best_of_all(p: float, q: float) -> float:
    a, b, best, width = -3.0, 4.0, math.inf, 7.0
    while width > 1e-9:
        c, d = b - GOLDEN * width, a + GOLDEN * width
        fc, fd = cost(c, p, q), cost(d, p, q)
        best = min(best, fc, fd)
        if fc < fd:
            b = d
        else:
            a = c
        width = b - a
    return best + width


def of_data(p: float, q: float) -> float:
    data = np.array([0.3, 1.2, 2.0])
    weights = [1.0, q, 2.0]

    def f(x: float) -> float:
        return float(np.sum((x - data * p) ** 2)) + sum(w * (x - p) ** 4 for w in weights)

    return golden(f, -3.0, 4.0) + p


def in_turn(p: float, q: float) -> float:
    first = golden(lambda x: cost(x, p, q), -3.0, 4.0)
    return golden(lambda x: (x - first * q) ** 2 + 0.1 * x**4, -3.0, 4.0) * first


def at_an_end(p: float, q: float) -> float:
    first = golden(lambda x: cost(x, p, q), 2.5, 4.0)
    return first * p + cost(first, p, q)


def at_an_end_that_moves(p: float, q: float) -> float:
    return golden(lambda x: cost(x, 0.1, q), p, 4.0) * p


PLACES = [
    *(place, place_beside, least_value, ternary, values_kept, by_fibonacci, best_of_all, of_data),
    *(in_turn, at_an_end, at_an_end_that_moves),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PLACES, ids=lambda f: f.__name__)
def test_a_section_has_the_slopes_of_its_place(f: Callable[..., float], mode: str) -> None:
    value, slopes = value_and_grad(f, wrt=("p", "q"), mode=mode)(1.3, 0.7)
    assert value == f(1.3, 0.7)
    for found, curve in zip(
        slopes, (lambda h: f(1.3 + h, 0.7), lambda h: f(1.3, 0.7 + h)), strict=True
    ):
        expected, noise = along(curve, 1e-2)
        assert found == pytest.approx(float(expected), rel=1e-5, abs=1e-6 + noise)


def between_moving_ends(p: float, q: float) -> float:
    lo, hi = -q, 2.0 * q
    for _ in range(80):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if (a - p) ** 2 < (b - p) ** 2:
            hi = b
        else:
            lo = a
    return 0.5 * (lo + hi)


@pytest.mark.parametrize(("wrt", "slope"), [("p", 1.0), ("q", 0.0), (("p", "q"), (1.0, 0.0))])
def test_ends_that_vary_move_no_place_between_them(wrt: Any, slope: Any) -> None:
    assert grad(between_moving_ends, wrt=wrt)(0.73, 1.21) == pytest.approx(slope)


@pytest.mark.parametrize("f", [place, least_value, values_kept, best_of_all])
def test_a_section_has_second_derivatives(f: Callable[..., float]) -> None:
    # The slope of the cost by x is 0: 1.2 x**3 + 2 x + q = 2 p.
    x = place(1.3, 0.7)
    by_p = 2.0 / (3.6 * x * x + 2.0)
    twice = -7.2 * x * by_p * by_p / (3.6 * x * x + 2.0)
    least = 2.0 - 2.0 * by_p
    expected = {place: twice, values_kept: twice * 1.3 + 2.0 * by_p + least}
    assert hessian(f, wrt="p")(1.3, 0.7) == pytest.approx(expected.get(f, least), rel=1e-5)


def at_a_kink(p: float) -> float:
    return golden(lambda x: abs(x - p), -3.0, 4.0) * p


def of_few_steps(p: float) -> float:
    return golden(lambda x: cost(x, p, 0.0), -3.0, 4.0, 2.0)


@pytest.mark.parametrize("f", [at_a_kink, of_few_steps], ids=lambda f: f.__name__)
def test_where_nothing_is_least_smoothly_no_slope_is_known(f: Callable[[float], float]) -> None:
    with pytest.raises(ArithmeticError, match="neither least nor most: no slope is known"):
        grad(f)(1.3)


def test_what_is_tried_in_a_section_is_no_value_behind_it() -> None:
    def last(p: float) -> float:
        a, b, level = -3.0, 4.0, 0.0
        while b - a > 1e-9:
            c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
            level = c * c * p
            if cost(c, p, 0.0) < cost(d, p, 0.0):
                b = d
            else:
                a = c
        return level + b

    with pytest.raises(NotDifferentiableError, match="`level` is computed in a search for a place"):
        grad(last)(1.3)


def test_two_functions_that_are_compared_are_no_section() -> None:
    def crossing(p: float) -> float:
        a, b = -3.0, 4.0
        while b - a > 1e-9:
            c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
            if cost(c, p, 0.0) < cost(d, p, 1.0):
                b = d
            else:
                a = c
        return b

    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(crossing)(1.3)
