"""Places to which comparisons of one function lead: simplices, swarms, sections that recur."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from chainrule.errors import NotDifferentiableError
from tests.differences import along


def simplex(p: float) -> float:
    def f(x: float) -> float:
        return (x - p) ** 2 + 0.1 * p * x

    a, b = 0.0, 1.0
    for _ in range(60):
        if f(a) > f(b):
            a, b = b, a
        tried = 2.0 * a - b
        if f(tried) < f(a):
            further = 3.0 * a - 2.0 * b
            a, b = (further if f(further) < f(tried) else tried), a
        elif f(tried) < f(b):
            b = tried
        else:
            b = 0.5 * (a + b)
    return a


def kept_values(p: float) -> tuple[float, float]:
    def f(x: float) -> float:
        return (x - p) ** 2 + 0.1 * p * x

    a, b = 0.0, 1.0
    value_a, value_b = f(a), f(b)
    for _ in range(60):
        if value_a > value_b:
            a, b, value_a, value_b = b, a, value_b, value_a
        tried = 2.0 * a - b
        value = f(tried)
        if value < value_b:
            b, value_b = tried, value
        else:
            b = 0.5 * (a + b)
            value_b = f(b)
    return a, value_a


def corners(p: float) -> list[float]:
    def f(x: list[float]) -> float:
        return (x[0] - p) ** 2 + (x[1] - p * p) ** 2

    simplex = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    for _ in range(120):
        simplex.sort(key=f)
        middle = [(simplex[0][i] + simplex[1][i]) / 2.0 for i in range(2)]
        tried = [2.0 * middle[i] - simplex[2][i] for i in range(2)]
        if f(tried) < f(simplex[1]):
            simplex[2] = tried
        else:
            simplex[2] = [0.5 * (middle[i] + simplex[2][i]) for i in range(2)]
    return simplex[0]


def corners_of_arrays(p: Any) -> Any:
    def f(v: Any) -> Any:
        return (v[0] - p) ** 2 + 2.0 * (v[1] - p * p) ** 2

    simplex = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    for _ in range(100):
        simplex = simplex[np.argsort([f(v) for v in simplex])]
        middle = simplex[:2].mean(axis=0)
        tried = 2.0 * middle - simplex[2]
        simplex[2] = tried if f(tried) < f(simplex[1]) else 0.5 * (middle + simplex[2])
    return simplex[0]


def thrown(p: float) -> float:
    seed, x = 7, 0.0
    for _ in range(200):
        seed = (seed * 16807) % 2147483647
        tried = x + (seed / 2147483647 - 0.5) * 0.5
        if (tried - p) ** 2 < (x - p) ** 2:
            x = tried
    return x


def section(low: float, high: float, p: float, steps: int) -> float:
    if steps == 0:
        return 0.5 * (low + high)
    left, right = high - 0.618 * (high - low), low + 0.618 * (high - low)
    if (left - p) ** 2 + left * p < (right - p) ** 2 + right * p:
        return section(low, right, p, steps - 1)
    return section(left, high, p, steps - 1)


def of_a_function(f: Callable[[float], float], low: float, high: float, steps: int) -> float:
    if steps == 0:
        return 0.5 * (low + high)
    left, right = high - 0.618 * (high - low), low + 0.618 * (high - low)
    if f(left) < f(right):
        return of_a_function(f, low, right, steps - 1)
    return of_a_function(f, left, high, steps - 1)


PLACES = {
    "simplex": lambda p: p * simplex(p),
    "kept_values": lambda p: p * kept_values(p)[0],
    "corners": lambda p: p + corners(p)[0],
    "corners_of_arrays": lambda p: p * corners_of_arrays(p)[0],
    "thrown": lambda p: p * thrown(p),
    "section": lambda p: p * section(0.0, 4.0, p, 40),
    "of_a_function": lambda p: p + of_a_function(lambda x: (x - p) ** 2, 0.0, 4.0, 40),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_refused_beside_what_is_felt(name: str, mode: str) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(PLACES[name], mode=mode)(1.3)


def value_of_simplex(p: float) -> float:
    x = simplex(p)
    return p * ((x - p) ** 2 + 0.1 * p * x)


def value_of_section(p: float) -> float:
    x = section(0.0, 4.0, p, 40)
    return (x - p) ** 2 + x * p


def value_of_a_function(p: float) -> float:
    def f(x: float) -> float:
        return (x - p) ** 2 + 0.1 * x * p

    return p * f(of_a_function(f, 0.0, 4.0, 50)) + p


def value_that_is_kept(p: float) -> float:
    return p * kept_values(p)[1]


def peak(p: float) -> float:
    # The greatest value of a motion, and when it was there: a step of the clock.
    y, time, best, at = 0.0, 0.0, -9.0, 0.0
    for _ in range(100):
        y += 0.05 * (math.cos(time) * p - y * 0.1)
        time += 0.05
        if y > best:
            best, at = y, time
    return best * at + p


def controlled_steps(p: float) -> float:
    time, y, h = 0.0, 1.0, 0.1
    while time < 1.0:
        whole = y + h * -p * y
        half = y + 0.5 * h * -p * y
        half = half + 0.5 * h * -p * half
        if abs(whole - half) < 1e-3:
            time, y, h = time + h, half, 1.2 * h
        else:
            h *= 0.5
    return y * time


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        *(value_of_simplex, value_of_section, value_of_a_function, value_that_is_kept),
        *(peak, controlled_steps),
    ],
    ids=lambda f: f.__name__,
)
def test_the_value_at_a_place_has_its_slope(f: Callable[[float], float], mode: str) -> None:
    expected, noise = along(lambda h: f(1.3 + h), 1e-4)
    assert grad(f, mode=mode)(1.3) == pytest.approx(float(expected), abs=1e-6 + noise)
