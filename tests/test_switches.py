"""Right sides of solve_ivp that branch on their state: right where they are continuous."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import odeint, solve_ivp

from chainrule import UnsupportedError, grad, hvp, value_and_grad
from tests import oracle

TIGHT = {"rtol": 1e-10, "atol": 1e-12}


def contact(a, b):
    def rate(t, s):
        x, v = s
        force = -a * x if x < 0.0 else 0.0
        return [v, -9.8 + force]

    return solve_ivp(rate, (0.0, 1.0), [b, -1.0], **TIGHT).y[0, -1]


def regimes(a, b):
    def rate(t, s):
        reynolds = 100.0 * abs(s[0])
        if reynolds < 80.0:
            drag = 24.0 / 80.0
        elif reynolds < 1000.0:
            drag = 24.0 / reynolds
        else:
            drag = 0.024
        return [a - b * drag * s[0]]

    return solve_ivp(rate, (0.0, 2.0), [0.5], **TIGHT).y[0, -1]


def ramp(a, b):
    def rate(t, s):
        u = 0.0 if t < b else a * (t - b)
        return [u - s[0]]

    return solve_ivp(rate, (0.0, 2.0), [0.3], max_step=0.05, **TIGHT).y[0, -1]


def clipped(a, b):
    def rate(t, s):
        u = a * (1.0 - s[0])
        if u > 0.5:
            u = 0.5
        elif u < -0.5:
            u = -0.5
        return [u - b * s[0] + 0.1 * math.sin(5.0 * t)]

    return solve_ivp(rate, (0.0, 4.0), [0.0], **TIGHT).y[0, -1]


def of_an_array(a, b):
    def rate(t, s):
        force = s * 0.0
        if s[0] < 0.0:
            force[1] = -40.0 * b * s[0]
        return np.array([[0.0, 1.0], [0.0, -a]]) @ s + np.array([0.0, -9.8]) + force

    found = solve_ivp(rate, (0.0, 1.0), np.array([0.2, -a]), t_eval=np.array([0.4, 1.0]), **TIGHT)
    return np.sum(found.y[0])


CONTINUOUS = {
    contact: (50.0, 0.2),
    regimes: (1.5, 0.7),
    ramp: (0.8, 0.9),
    clipped: (1.2, 0.3),
    of_an_array: (0.5, 1.2),
}


def slopes_of(f: Callable[..., float], point: tuple[float, float]) -> np.ndarray:
    """Differences of two sizes, extrapolated: the solver's own noise is 1e-10."""
    found = []
    for k in (0, 1):
        unit = np.eye(2)[k]
        one, two = (
            (f(*(point + h * unit)) - f(*(point - h * unit))) / (2.0 * h) for h in (1e-3, 2e-3)
        )
        found.append((4.0 * one - two) / 3.0)
    return np.array(found)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CONTINUOUS, ids=lambda f: f.__name__)
def test_slopes_go_through_where_nothing_jumps(f: Callable[..., float], mode: str) -> None:
    value, slopes = value_and_grad(f, wrt=("a", "b"), mode=mode)(*CONTINUOUS[f])
    assert oracle.same_bits(value, f(*CONTINUOUS[f]))
    np.testing.assert_allclose(slopes, slopes_of(f, CONTINUOUS[f]), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("f", [contact, ramp, clipped], ids=lambda f: f.__name__)
def test_second_derivatives_have_none_where_the_slope_jumps(f: Callable[..., float]) -> None:
    with pytest.raises(ArithmeticError, match="jumps where it switches"):
        hvp(f, wrt=("a", "b"))(*CONTINUOUS[f], 0.3, -0.8)


def emptied(a, b):
    def rate(t, s):
        if s[0] <= 0.0 or s[1] > 9.0:
            return [0.0, 1.0]
        return [-a * s[0], 1.0 + b * s[0]]

    return solve_ivp(rate, (0.0, 3.0), [1.0, 0.0], **TIGHT).y[1, -1]


def drained(a, b):
    def rate(t, s):
        if s[0] < 0.0:
            return [0.0]
        return [-a * math.sqrt(s[0])]

    return solve_ivp(rate, (0.0, 1.0), [b], **TIGHT).y[0, -1]


def rubbed(a, b):
    rate = lambda t, s: [s[1], 3.0 - a * np.sign(s[1]) - b * math.copysign(0.1, s[1])]  # noqa: E731
    return solve_ivp(rate, (0.0, 1.0), [0.0, 0.5], **TIGHT).y[0, -1]


def headed(a, b):
    rate = lambda t, s: [a, b + math.atan2(s[1], s[0] + 1.0)]  # noqa: E731
    return solve_ivp(rate, (0.0, 1.0), [0.0, -0.5], **TIGHT).y[1, -1]


def bent(a, b):
    rate = lambda t, s: [a - b * abs(s[0] - 9.0)]  # noqa: E731
    return solve_ivp(rate, (0.0, 1.0), [0.1], **TIGHT).y[0, -1]


@pytest.mark.parametrize("f", [emptied, drained, rubbed, headed, bent], ids=lambda f: f.__name__)
def test_a_switch_that_is_not_met_is_not_felt(f: Callable[..., float]) -> None:
    point = np.array([0.5, 1.4])
    gradient = grad(f, wrt=("a", "b"))
    np.testing.assert_allclose(gradient(*point), slopes_of(f, tuple(point)), rtol=1e-6)
    step = 1e-3 * np.array([0.3, -0.8])
    expected = np.subtract(gradient(*(point + step)), gradient(*(point - step))) / 2e-3
    product = hvp(f, wrt=("a", "b"))(*point, 0.3, -0.8)[1]
    np.testing.assert_allclose(product, expected, rtol=1e-4, atol=1e-6)


def heater(a, b):
    def rate(t, s):
        return [a if s[0] < 1.0 else -b * s[0] + 2.0]

    return solve_ivp(rate, (0.0, 0.5), [0.7], **TIGHT).y[0, -1]


def burn(a, b):
    def rate(t, s):
        thrust = 20.0 if t < b else 0.0
        return [s[1], thrust - 9.8 - a * s[1]]

    return solve_ivp(rate, (0.0, 2.0), [0.0, 0.0], **TIGHT).y[0, -1]


def turned_round(a, b):
    rate = lambda t, s: [s[1], -3.0 - a * np.sign(s[1]) * b]  # noqa: E731
    return solve_ivp(rate, (0.0, 1.0), [0.0, 0.5], **TIGHT).y[0, -1]


JUMPING = [(heater, (1.2, 0.7)), (burn, (0.3, 1.1)), (turned_round, (0.5, 0.7))]


@pytest.mark.parametrize(("f", "point"), JUMPING, ids=lambda each: getattr(each, "__name__", ""))
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_where_the_right_side_jumps_no_slope_is_known(
    f: Callable[..., float], point: tuple[float, float], mode: str
) -> None:
    with pytest.raises(ArithmeticError, match="the right side jumps where it switches"):
        grad(f, wrt=("a", "b"), mode=mode)(*point)


def test_it_is_told_at_a_switch_only() -> None:
    # The heater stays on, and the engine burns to the end.
    assert grad(heater)(0.5, 0.7) == pytest.approx(0.5, rel=1e-9)
    assert grad(burn, wrt="b")(0.3, 2.5) == 0.0


def by_odeint(a, b):
    rate = lambda y, t: a if y[0] < 1.0 else b * y[0]  # noqa: E731
    return odeint(rate, 0.7, [0.0, 0.5], **TIGHT)[-1, 0]


def rounded(a, b):
    rate = lambda t, y: [a - b * math.floor(y[0])]  # noqa: E731
    return solve_ivp(rate, (0.0, 0.5), [0.7], **TIGHT).y[0, -1]


@pytest.mark.parametrize("f", [by_odeint, rounded], ids=lambda f: f.__name__)
def test_jumps_that_no_solver_is_asked_for_are_refused(f: Callable[..., float]) -> None:
    with pytest.raises(UnsupportedError, match="a right side that branches on its state"):
        grad(f)(1.2, 0.7)


def test_the_text_tells_what_the_sides_are() -> None:
    slope = grad(contact)
    slope(*CONTINUOUS[contact])
    assert "events=rate_switch" in slope.source
    assert "if True" not in slope.source
    assert "if False" not in slope.source
