"""Fits of models to data, between bounds, with losses and with slopes of the user's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import curve_fit, fsolve, least_squares, leastsq, minimize, root

from chainrule import grad, value_and_grad
from tests import oracle

T = np.linspace(0.0, 1.0, 7)
DATA = 2.0 * np.exp(-1.3 * T) + 0.1 * np.cos(9.0 * T)
TIGHT = 1e-14


def decay(t, a, b):
    return a * np.exp(-b * t)


def line(t, a, b):
    return a * t + b


def by_data(p):
    params, _ = curve_fit(decay, T, DATA * p**2, p0=(1.0, 1.0), xtol=TIGHT, ftol=TIGHT)
    return params[0] * params[1]


def by_a_shift(p):
    # What the model captures has the name of one of its parameters.
    b = p * p

    def shifted(t, a, c):
        return a * np.exp(-c * t) + b * t

    return curve_fit(shifted, T, DATA, xtol=TIGHT, ftol=TIGHT, gtol=TIGHT)[0][1]


def by_errors(p):
    params, _ = curve_fit(line, T, DATA, [1.0, 1.0], 1.0 + p * T, xtol=TIGHT, ftol=TIGHT)
    return params[0] - 2.0 * params[1]


def by_correlated_errors(p):
    errors = np.diag(1.0 + p * T) + 0.1
    return curve_fit(line, T, DATA, sigma=errors, xtol=TIGHT, ftol=TIGHT)[0][0]


def of_two_variables(p):
    def plane(place, a, b):
        x, y = place
        return a * x + b * y

    return curve_fit(plane, (T, np.cos(T)), DATA * np.exp(p * T))[0][0]


def between_bounds(p):
    bounds = (0.0, [10.0, np.inf])
    found = curve_fit(decay, T, DATA + p * T, bounds=bounds, xtol=TIGHT, ftol=TIGHT, gtol=TIGHT)
    return found[0][1]


def robustly(p, loss="soft_l1"):
    def left(q):
        return decay(T, q[0], q[1]) - DATA * (1.0 + p * T)

    options = {"xtol": TIGHT, "ftol": TIGHT, "gtol": TIGHT, "loss": loss, "f_scale": 0.1}
    return least_squares(left, [1.0, 1.0], **options).x[1]


def by_a_logarithm(p):
    return robustly(p, "cauchy")


def by_an_angle(p):
    return robustly(p, "arctan")


def with_a_status(p):
    found, status = leastsq(
        lambda q, t, y: q[0] * np.exp(-q[1] * t) - y, [1.0, 1.0], args=(T, DATA + p * T),
        xtol=TIGHT, ftol=TIGHT,
    )  # fmt: skip
    if status not in (1, 2, 3, 4):
        raise ValueError(status)
    return found[0]


def with_own_gradient(p):
    def objective(q):
        return (q[0] - p) ** 2 + np.cosh(q[1] * p + q[0])

    def gradient(q):
        slope = np.sinh(q[1] * p + q[0])
        return np.array([2.0 * (q[0] - p) + slope, p * slope])

    return minimize(objective, [0.1, 0.1], jac=gradient, options={"gtol": 1e-12}).x[1]


def with_own_jacobian(p):
    found = root(
        lambda v: [v[0] ** 2 + v[1] - p - 2.0, v[1] ** 3 + 0.4 * v[0] * p - 1.0],
        [1.0, 1.0],
        jac=lambda v: [[2.0 * v[0], 1.0], [0.4 * p, 3.0 * v[1] ** 2]],
        tol=TIGHT,
    )
    return found.x[0] * found.x[1]


def with_all_told(p):
    found, _, status, message = fsolve(
        lambda x: x**3 + p * x - 2.0, 1.0, fprime=lambda x: 3.0 * x**2 + p, full_output=True,
        xtol=1e-12,
    )  # fmt: skip
    if status != 1:
        raise ValueError(message)
    return found[0]


def inside(p):
    found = minimize(
        lambda q: (q[0] - p) ** 2 + np.exp(q[1]) - p * q[1], [0.1, 0.1],
        bounds=[(0.0, 5.0), (None, 3.0)], options={"ftol": 1e-16, "gtol": 1e-11},
    )  # fmt: skip
    return found.x[0] + found.x[1]


FITS = (
    by_data, by_a_shift, by_errors, by_correlated_errors, of_two_variables, between_bounds,
    robustly, by_a_logarithm, by_an_angle, with_a_status, with_own_gradient,
    with_own_jacobian, with_all_told, inside,
)  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", FITS, ids=lambda function: function.__name__)
def test_fits_move_with_what_goes_into_them(function: Callable[[float], float], mode: str) -> None:
    p, h = 0.9, 2e-3
    value, slope = value_and_grad(function, mode=mode)(p)
    assert oracle.same_bits(value, function(p))
    wide, narrow = ((function(p + s) - function(p - s)) / (2.0 * s) for s in (h, h / 2.0))
    assert slope == pytest.approx((4.0 * narrow - wide) / 3.0, rel=3e-5, abs=1e-7)


def test_a_line_fitted_to_data_is_linear_in_them() -> None:
    def steepness(data):
        return curve_fit(line, T, data, [1.0, 1.0])[0][0]

    centred = T - T.mean()
    assert grad(steepness)(DATA) == pytest.approx(centred / (centred @ centred), rel=1e-6)


def above(p):
    return minimize(lambda q: (q[0] - p) ** 2, [0.1], bounds=[(0.0, 1.0)]).x[0]


def bent_down(p):
    return minimize(lambda q: -p * q[0] ** 2, [0.1], bounds=[(-1.0, 1.0)]).x[0]


def straight_down(p):
    return minimize(lambda q: p * q[0] + (q[0] + 2.0) * 0.0, [0.1], bounds=[(0.0, None)]).x[0]


def held_back(p):
    found = least_squares(
        lambda q: decay(T, q[0], q[1]) - p * DATA, [1, 1], bounds=(0, 1.5),
        xtol=TIGHT, ftol=TIGHT, gtol=TIGHT,
    )  # fmt: skip
    return found.x[1]


@pytest.mark.parametrize("function", [above, bent_down, straight_down])
def test_what_is_pushed_against_a_bound_stays_there(function: Callable[[float], float]) -> None:
    for mode in ("forward", "reverse"):
        assert grad(function, mode=mode)(1.4) == 0.0


def tied(q, p):
    bent = 0.5 * (q[1] - p * q[0]) ** 2 + 0.1 * q[0] ** 4
    return (q[0] - p * p) ** 2 + bent + 0.2 * (q[2] - p - q[1]) ** 2


def beside_what_is_held(p):
    found = minimize(
        tied, np.full(3, 0.1), args=(p,), bounds=[(0, 5), (None, 0.5), (0.0, 3)],
        options={"ftol": 1e-16, "gtol": 1e-11},
    )  # fmt: skip
    return found.x @ np.array([0.7, -1.3, 0.4]) * p + 2.0 * found.fun


def fitted_beside_a_bound(p):
    def residuals(q):
        return np.array([q[0] - p, q[1] - p * q[0], q[1] * q[0] - p * p])

    found = least_squares(
        residuals, [0.1, 0.1], bounds=([0, 0], [5, 0.7]), xtol=TIGHT, ftol=TIGHT, gtol=TIGHT
    )
    return found.x[0] * p + found.x[1]


@pytest.mark.parametrize("function", [beside_what_is_held, fitted_beside_a_bound, held_back])
def test_the_others_move_beside_what_is_held(function: Callable[[float], float]) -> None:
    p, h = 1.3, 1e-3
    wide, narrow = ((function(p + s) - function(p - s)) / (2.0 * s) for s in (h, h / 2.0))
    for mode in ("forward", "reverse"):
        slope = grad(function, mode=mode)(p)
        # How close to its bound a fit ends depends on where it came from.
        assert slope == pytest.approx((4.0 * narrow - wide) / 3.0, rel=5e-5)
    bent = (grad(function)(p + h) - grad(function)(p - h)) / (2.0 * h)
    assert grad(grad(function))(p) == pytest.approx(bent, rel=1e-3)


def barely(p):
    return minimize(lambda q: (q[0] - p / 1.4) ** 2, [1.0], bounds=[(0.0, 1.0)]).x[0]


def test_a_solution_that_nothing_holds_at_a_bound_has_no_derivative() -> None:
    with pytest.raises(ArithmeticError, match="is at a bound"):
        grad(barely)(1.4)


def test_what_fsolve_only_warns_of_has_no_derivative() -> None:
    def rootless(p):
        return fsolve(lambda v: [v[0] ** 2 + p, v[1] - p * v[0]], [1.0, 1.0])[1]

    with pytest.warns(RuntimeWarning), pytest.raises(ArithmeticError, match="no solution"):
        grad(rootless)(1.0)


def test_a_model_that_captures_numbers_is_handed_over_with_them() -> None:
    gradient = grad(by_a_shift)
    gradient(0.9)
    assert "curve_fit(lambda t, a, c: shifted(t, a, c, b), T, DATA, " in gradient.source.replace(
        "\n        ", " "
    ).replace("curve_fit( ", "curve_fit(")
