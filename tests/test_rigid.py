"""What a search finds stays where the search begins elsewhere: its slope is refused, not 1."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from chainrule import NotDifferentiableError, grad
from tests.differences import along

P, Q = 0.73, 0.41


def climbing(p, q):
    x, h = q, 0.5
    while h > 1e-10:
        if (x + h - p) ** 2 < (x - p) ** 2:
            x += h
        elif (x - h - p) ** 2 < (x - p) ** 2:
            x -= h
        else:
            h *= 0.5
    return x


def climbing_with_the_best(p, q):
    x, h = q, 0.5
    best = (x - p) ** 2 + 0.1 * x**4
    for _ in range(200):
        moved = False
        for d in (h, -h):
            f = (x + d - p) ** 2 + 0.1 * (x + d) ** 4
            if f < best:
                x, best, moved = x + d, f, True
                break
        if not moved:
            h *= 0.5
    return x


def stuck_below_a_root(p, q):
    x, h = q - 1.0, 0.5
    while h > 1e-10:
        if (x + h) ** 3 < p:
            x += h
        else:
            h /= 2
    return x


def growing_and_turning(p, q):
    x, h = q, 0.5
    least = (x - p) ** 2
    for _ in range(300):
        tried = (x + h - p) ** 2
        if tried < least:
            x += h
            least = tried
            h *= 1.2
        else:
            h *= -0.5
    return x


def two_places(p, q):
    def f(x):
        return (x - p) ** 2 + 0.1 * x**4

    a, b = q, q + 0.5
    for _ in range(80):
        if f(b) < f(a):
            a, b = b, a
        r = a + (a - b)
        b = r if f(r) < f(a) else a + 0.5 * (b - a)
    return a


def simplex(p, q):
    def f(x):
        return (x[0] - p) ** 2 + 2 * (x[1] + x[0] - 1) ** 2

    s = [[q, 0.0], [q + 0.5, 0.0], [q, 0.5]]
    values = [f(v) for v in s]
    for _ in range(120):
        order = sorted(range(3), key=lambda i: values[i])
        s = [s[i] for i in order]
        values = [values[i] for i in order]
        c = [sum(v[k] for v in s[:2]) / 2 for k in range(2)]
        r = [2 * c[k] - s[2][k] for k in range(2)]
        if f(r) < values[1]:
            s[2], values[2] = r, f(r)
        else:
            for i in (1, 2):
                s[i] = [(s[i][k] + s[0][k]) / 2 for k in range(2)]
                values[i] = f(s[i])
    return s[0][0]


def simplex_of_arrays(p, q):
    def f(x):
        return (x[0] - p) ** 2 + 2 * (x[1] + x[0] - 1) ** 2

    s = np.array([[q, 0.0], [q + 0.5, 0.0], [q, 0.5]])
    for _ in range(120):
        s = s[np.argsort([f(v) for v in s])]
        c = s[:-1].mean(axis=0)
        r = c + (c - s[-1])
        if f(r) < f(s[1]):
            s[-1] = r
        else:
            s[1:] = s[0] + 0.5 * (s[1:] - s[0])
    return s[0, 0]


def along_axes(p, q):
    def f(x):
        return (x[0] - p) ** 2 + 2 * (x[1] + x[0] - 1) ** 2

    x = [q, 0.0]
    h = 0.5
    while h > 1e-7:
        moved = False
        for k in range(2):
            for d in (h, -h):
                y = list(x)
                y[k] += d
                if f(y) < f(x):
                    x = y
                    moved = True
                    break
        if not moved:
            h *= 0.5
    return x[0]


def bisected_with_an_end_that_is_shifted(p, q):
    lo, hi = 0.0, 2.0
    for k in range(40):
        mid = 0.5 * (lo + hi)
        if mid * mid > p:
            hi = mid
        else:
            lo = mid
        if k < 3:
            lo = lo - 0.01 * q
    return mid * q


SEARCHES = [
    *(climbing, climbing_with_the_best, stuck_below_a_root, growing_and_turning, two_places),
    *(simplex, simplex_of_arrays, along_axes, bisected_with_an_end_that_is_shifted),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", SEARCHES, ids=lambda f: f.__name__)
def test_a_search_that_moves_with_its_beginning_is_refused(f: Callable, mode: str) -> None:
    with pytest.raises(NotDifferentiableError, match="`q` moves where a search begins"):
        grad(f, wrt="q", mode=mode)(P, Q)


def least_value(p, q):
    x, h = q, 0.5
    while h > 1e-10:
        if (x + h - p) ** 2 < (x - p) ** 2:
            x += h
        elif (x - h - p) ** 2 < (x - p) ** 2:
            x -= h
        else:
            h *= 0.5
    return (x - p) ** 2 + p * q


def steps_that_fit(p, q):
    t, y, h = q, p, 0.4
    for _ in range(40):
        k1 = -y * t
        k2 = -(y + h * k1) * (t + h)
        if abs(k2 - k1) * h > 0.05:
            h /= 2
            continue
        y += h * (k1 + k2) / 2
        t += h
    return y + t * 0.3


def equal_steps(p, q):
    x, h = q, 0.1
    while (x + h - p) ** 2 < (x - p) ** 2:
        x += h
    return x * 2


def down_a_slope(p, q):
    x = q
    for _ in range(6):
        g = 2 * (x - p) + 0.4 * x**3
        t = 1.0
        while (x - t * g - p) ** 2 + 0.1 * (x - t * g) ** 4 > (
            x - p
        ) ** 2 + 0.1 * x**4 - 0.3 * t * g * g:
            t *= 0.5
        x -= t * g
    return x


def best_of_a_grid(p, q):
    best, at = math.inf, 0.0
    h = 0.1
    x = q
    for _ in range(20):
        v = (x - p) ** 2
        if v < best:
            best, at = v, x
        x += h
        h *= 0.9
    return at + best


def robust_mean(p, q):
    m = q
    for v in (p, 2 * p, 0.3, p * p):
        e = v - m
        m += 0.25 * e if abs(e) < 0.5 else 0.05 * e
    return m


PATHS = [least_value, steps_that_fit, equal_steps, down_a_slope, best_of_a_grid, robust_mean]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PATHS, ids=lambda f: f.__name__)
def test_what_goes_its_way_from_a_beginning_has_the_slope_of_its_steps(
    f: Callable, mode: str
) -> None:
    expected, noise = along(lambda h: f(P, Q + h))
    assert noise < 1e-6
    assert grad(f, wrt="q", mode=mode)(P, Q) == pytest.approx(expected, abs=1e-8 + 10 * noise)
