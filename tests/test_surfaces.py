"""Splines of FITPACK at arrays of places, by their coefficients, and surfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import RectBivariateSpline, splev, splrep

from chainrule import ChainruleError, grad, hessian, jacobian, value_and_grad
from tests import oracle

T = np.linspace(0.0, 1.0, 7)
Y = np.array([1.0, 1.2, 0.9, 0.7, 0.65, 0.4, 0.3])
TABLE, LINES = splrep(T, Y), splrep(T, Y, k=1)
HEIGHTS = np.sin(np.arange(30.0)).reshape(5, 6)
SURFACE = RectBivariateSpline(np.arange(5.0), np.arange(6.0), HEIGHTS)
LOW = RectBivariateSpline(np.arange(5.0), np.arange(6.0), HEIGHTS, kx=2, ky=3)
P = np.array([0.83, 0.41, 0.57])


def at_places(p):
    return splev(p, TABLE) + splev(p, TABLE, der=1) * splev(p[0], TABLE)


def by_coefficients(p):
    t, c, k = TABLE
    return splev(p, (t, c * p[0] + p[1], k)) + splev(0.33, (t, np.cos(c * p[2]), k))


def curved(p):
    return splev(T, (TABLE[0], np.concatenate([p, TABLE[1][3:]]), 3), der=2)


def of_lines(p):
    return splev(2.0 * p, LINES) + splev(np.outer(p, p), TABLE, der=3) @ p


def at_one_place(p):
    return SURFACE(p[0], p[1])[0, 0] * SURFACE.ev(p[1], p[2], dx=1)


def at_pairs(p):
    return SURFACE.ev(3.0 * p, p + 1.0) + LOW(p, p + 1.0, dy=1, grid=False)


def on_a_grid(p):
    return SURFACE(2.0 * np.sort(p), [1.0, 2.0]).T @ LOW(p[0], np.sort(p)).T


def beyond_the_edges(p):
    return SURFACE.ev(p - 2.0, p + 4.0) + SURFACE(p[0] + 5.0, p[1])[0]


def table_of_values(p):
    return splev(p, splrep(T, Y * p[0]))


CASES = (
    table_of_values,
    at_places, by_coefficients, curved, of_lines, at_one_place, at_pairs, on_a_grid,
    beyond_the_edges,
)  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_splines_and_surfaces_move_with_what_goes_into_them(
    f: Callable[[Any], Any], mode: str
) -> None:
    def weighed(p):
        return np.sum(np.cos(f(p)))

    value, _ = value_and_grad(weighed, mode=mode)(P)
    assert oracle.same_bits(value, weighed(P))
    columns = []
    for step in np.eye(3):
        wide, narrow = ((f(P + h * step) - f(P - h * step)) / (2.0 * h) for h in (2e-4, 1e-4))
        columns.append((4.0 * narrow - wide) / 3.0)
    expected = np.stack(columns, axis=-1)
    assert jacobian(f, mode=mode)(P) == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_second_derivatives_of_splines_and_surfaces() -> None:
    def height(p):
        t, c, k = TABLE
        return splev(p[0], (t, c * p[1], k)) * SURFACE.ev(p[1], p[2])

    slope = grad(height, mode="reverse")
    columns = [(slope(P + h) - slope(P - h)) / 2e-5 for h in 1e-5 * np.eye(3)]
    assert hessian(height)(P) == pytest.approx(np.array(columns), rel=1e-6, abs=1e-6)


def moving_knots(p):
    return splev(0.3, (TABLE[0] * p[1], TABLE[1] * p[0], 3))


def sharp(p):
    return LOW.ev(p[0], p[1], dx=1)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (moving_knots, "with respect to its knots"),
        (sharp, "as often as its degree"),
    ],
)
def test_what_has_no_rule_is_refused(f: Callable[[Any], Any], words: str) -> None:
    for mode in ("forward", "reverse"):
        with pytest.raises(ChainruleError, match=words):
            jacobian(f, mode=mode)(P)
