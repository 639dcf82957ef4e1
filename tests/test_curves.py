"""Curves of scipy.interpolate: from outside, made inside, read at numbers and at arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import (
    Akima1DInterpolator,
    CubicSpline,
    InterpolatedUnivariateSpline,
    PchipInterpolator,
    interp1d,
    make_interp_spline,
)

from chainrule import UnsupportedError, grad, hessian
from tests import oracle

KNOTS = np.linspace(0.0, 3.0, 9)
HEIGHTS = np.sin(KNOTS) + 0.3
CUBIC = CubicSpline(KNOTS, HEIGHTS)
MONOTONE = PchipInterpolator(KNOTS, HEIGHTS)
AKIMA = Akima1DInterpolator(KNOTS, HEIGHTS)
BASIS = make_interp_spline(KNOTS, HEIGHTS, k=5)
FITPACK = InterpolatedUnivariateSpline(KNOTS, HEIGHTS, k=2)
LINE = interp1d(KNOTS, HEIGHTS)
BENT = interp1d(KNOTS, HEIGHTS, kind="cubic")
POINTS = np.array([0.4, 0.9, 0.55, 1.3])
UNORDERED = np.array([3.0, 1.0, 2.0, 0.0])


def from_outside(x):
    return np.sum(CUBIC(x) * MONOTONE(x) + AKIMA(x) * x + BASIS(x, 1))


def fitpack_and_lines(x):
    return np.sum(FITPACK(x) * x + FITPACK.derivative()(x) * x + LINE(x) ** 2)


def at_numbers(x):
    total = CUBIC.integrate(0.1, x[0] * x[1]) * x[1]
    for t in x:
        total += CUBIC(t) * CUBIC.derivative()(t) + LINE(t)
    return total


def made_inside(x):
    curve = CubicSpline(KNOTS[:4], x, bc_type="natural")
    other = make_interp_spline(KNOTS[:4], x**2, k=3)
    return np.sum(curve(0.5 * x) ** 2) + other(0.7) * curve.integrate(0.1, x[0]) + curve(0.2, 1)


def line_made_inside(x):
    return np.sum(interp1d(UNORDERED, x, fill_value="extrapolate")(x + 2.5) ** 2)


@pytest.mark.parametrize(
    "function", [from_outside, fitpack_and_lines, at_numbers, made_inside, line_made_inside]
)
def test_slopes_and_bends_of_curves_are_the_oracles(function: Callable[..., Any]) -> None:
    slopes = {mode: grad(function, mode=mode) for mode in ("forward", "reverse")}
    for path, verdict in oracle.gradient(function, (POINTS,)).items():
        for slope in slopes.values():
            assert oracle.agrees(verdict, float(slope(POINTS)[path[0]])), (path, verdict)
    bends = hessian(function)(POINTS)
    for k in range(len(POINTS)):
        entry = lambda x, k=k: float(slopes["reverse"](x)[k])  # noqa: E731
        verdict = oracle.derivative(entry, (POINTS,), path=((1,),))
        assert oracle.agrees(verdict, float(bends[k, 1])), (k, verdict)


def test_a_curve_keeps_its_name_and_its_slope_is_asked_of_it() -> None:
    def height(x):
        curve = CubicSpline(KNOTS, HEIGHTS)
        return x * curve(x)

    slope = grad(height)
    slope(1.0)
    assert "curve = CubicSpline(KNOTS, HEIGHTS)" in slope.source
    assert "curve(x, 1)" in slope.source
    assert type(slope(1.0)) in (float, np.float64)


def by_knots(x):
    return CubicSpline(x, HEIGHTS[:4])(0.3)


def monotone_by_values(x):
    return PchipInterpolator(KNOTS[:4], x)(0.3)


def bent(x):
    return np.sum(BENT(x))


def by_boundary(x):
    return CubicSpline(KNOTS[:4], HEIGHTS[:4], bc_type=((1, x[0]), (1, 0.0)))(0.3)


@pytest.mark.parametrize("function", [by_knots, monotone_by_values, bent, by_boundary])
def test_curves_without_a_known_slope_are_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError):
        grad(function)(np.sort(POINTS))


def test_a_target_that_has_no_scipy_refuses_curves() -> None:
    with pytest.raises(UnsupportedError, match="curve"):
        grad(from_outside, target="numba")(POINTS)


def test_the_sum_along_a_curve_feels_every_value_that_it_goes_through() -> None:
    def area(y):
        return (
            CubicSpline(KNOTS, y)(POINTS).sum() + 2.0 * make_interp_spline(KNOTS, y)(POINTS).mean()
        )

    steps = 1e-4 * np.eye(len(HEIGHTS))
    expected = [(area(HEIGHTS + step) - area(HEIGHTS - step)) / 2e-4 for step in steps]
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(grad(area, mode=mode)(HEIGHTS), expected, rtol=1e-8, atol=1e-9)
