"""Curves of scipy.interpolate: from outside, made inside, read at numbers and at arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import (
    Akima1DInterpolator,
    BSpline,
    CubicHermiteSpline,
    CubicSpline,
    InterpolatedUnivariateSpline,
    PchipInterpolator,
    PPoly,
    UnivariateSpline,
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
CLAMPED = np.array([0.0, 0.0, 0.0, 0.8, 1.5, 1.5, 1.5])


def of_squares(x):
    """A spline is linear in its values, and these in nothing."""
    return CubicSpline(KNOTS[:4], x**2)(0.5 * x[0])


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


def of_coefficients(x):
    curve = BSpline(CLAMPED, x, 2, extrapolate=False)
    pieces = PPoly(x.reshape(2, 2), np.array([0.0, 0.7, 1.5]))
    return np.sum(curve(x) * pieces(x)) + curve.integrate(0.1, x[0]) + curve.derivative()(x[1])


def of_values_and_slopes(x):
    curve = CubicHermiteSpline(KNOTS[:4], x, x**2, extrapolate=True)
    return np.sum(curve(x) ** 2) + curve(0.2, 1) * curve.integrate(x[0], 1.0)


def keeping_their_shape(x):
    curve = PchipInterpolator(KNOTS[:4], x)
    others = Akima1DInterpolator(KNOTS[:4], x)(0.5) + Akima1DInterpolator(
        KNOTS[:4], x, method="makima"
    )(0.6)
    return np.sum(curve(0.5 * x) ** 2) + others * curve(x[1], 1)


def of_fitpack(x):
    curve = InterpolatedUnivariateSpline(KNOTS[:4], x, k=2)
    other = UnivariateSpline(KNOTS[:4], x, s=0)
    return np.sum(curve(x) * other(0.5 * x)) + curve.derivative()(0.4)


def bent_line(x):
    inside = interp1d(UNORDERED, x, kind="quadratic", fill_value="extrapolate")
    return np.sum(BENT(x)) * inside(0.7) + np.sum(interp1d(KNOTS[:4], x, kind=3)(0.5 * x))


def filled_line(x):
    ends = (x[0] * x[1], x[2] ** 2)
    line = interp1d(KNOTS[:4], x, bounds_error=False, fill_value=ends)
    cubic = interp1d(KNOTS[:4], x, kind="cubic", bounds_error=False, fill_value=x[3])
    return np.sum(line(3.0 * x - 1.5) ** 2) + np.sum(cubic(2.0 * x) * x)


def held_at_its_ends(x):
    given = CubicSpline(KNOTS[:4], x, bc_type=((1, 0.5), (2, 0.0)))
    spline = make_interp_spline(KNOTS[:4], x, bc_type=([(2, 1.5)], [(1, 0.0)]))
    return np.sum(given(x) * spline(0.5 * x)) + CubicSpline(KNOTS[:4], x, bc_type="clamped")(0.4)


@pytest.mark.parametrize(
    "function",
    [
        of_squares, from_outside, fitpack_and_lines, at_numbers, made_inside, line_made_inside,
        of_coefficients, of_values_and_slopes, keeping_their_shape, of_fitpack, bent_line,
        filled_line, held_at_its_ends,
    ],
)  # fmt: skip
def test_slopes_and_bends_of_curves_are_the_oracles(function: Callable[..., Any]) -> None:
    slopes = {mode: grad(function, mode=mode) for mode in ("forward", "reverse")}
    for path, verdict in oracle.gradient(function, (POINTS,)).items():
        for slope in slopes.values():
            assert oracle.agrees(verdict, float(slope(POINTS)[path[0]])), (path, verdict)
    bends = [hessian(function, mode=mode)(POINTS) for mode in ("forward", "reverse")]
    for k in range(len(POINTS)):
        entry = lambda x, k=k: float(slopes["reverse"](x)[k])  # noqa: E731
        verdict = oracle.derivative(entry, (POINTS,), path=((1,),))
        for bend in bends:
            assert oracle.agrees(verdict, float(bend[k, 1])), (k, verdict)


def test_a_curve_that_keeps_its_shape_is_flat_by_values_where_it_turns() -> None:
    def peak(y):
        return PchipInterpolator(KNOTS[:5], y)(KNOTS[2] + 0.1)

    heights = np.array([0.0, 1.0, 3.0, 2.0, 2.5])
    for mode in ("forward", "reverse"):
        slopes = grad(peak, mode=mode)(heights)
        for path, verdict in oracle.gradient(peak, (heights,)).items():
            assert oracle.agrees(verdict, float(slopes[path[0]])), (path, verdict)
        assert slopes[0] == slopes[1] == 0.0


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


def smoothed(x):
    return np.sum(UnivariateSpline(KNOTS[:4], x, s=0.1)(0.3))


def in_steps(x):
    return np.sum(interp1d(KNOTS[:4], x, kind="nearest")(0.3))


def by_boundary(x):
    return CubicSpline(KNOTS[:4], HEIGHTS[:4], bc_type=((1, x[0]), (1, 0.0)))(0.3)


@pytest.mark.parametrize("function", [by_knots, smoothed, in_steps, by_boundary])
def test_curves_without_a_known_slope_are_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError):
        grad(function)(np.sort(POINTS))


def primitive_of_a_curve(x):
    return CubicSpline(KNOTS[:4], x).antiderivative()(0.3)


def roots_of_a_curve(x):
    return CubicSpline(KNOTS[:4], x - 0.6).roots()[0]


def coefficients_of_a_curve(x):
    return CubicSpline(KNOTS[:4], x).c[1, 2]


@pytest.mark.parametrize(
    "function", [primitive_of_a_curve, roots_of_a_curve, coefficients_of_a_curve]
)
def test_what_else_a_curve_has_is_refused_and_not_taken_for_missing(
    function: Callable[..., Any],
) -> None:
    with pytest.raises(UnsupportedError, match="of a CubicSpline that the function makes"):
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
