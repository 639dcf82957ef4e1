"""Second derivatives of integrals and of trajectories through kinks that move with a parameter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import odeint, quad, solve_ivp

from chainrule import UnsupportedError, grad, hessian
from tests.differences import along
from tests.slopes import check_against_oracle, check_product

TIGHT = {"rtol": 1e-11, "atol": 1e-12}
POINT = (1.2, 0.5)


def through_zero(a, b):
    return solve_ivp(lambda t, y: [a + b * abs(y[0])], (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def on_one_side(a, b):
    rate = lambda y, t: a + b * max(y[0], 0.0)  # noqa: E731
    return odeint(rate, -1.0, [0.0, 2.0], **TIGHT)[-1, 0]


def distance(a, b):
    return quad(lambda x: b * abs(x - 0.3 * a), 0.0, 1.0)[0]


def payoff(a, b):
    return quad(lambda x: max(b * np.exp(x) - a, 0.0) * np.exp(-x * x), -3.0, 3.0)[0]


JUMPING = [through_zero, on_one_side, distance, payoff]


@pytest.mark.parametrize("f", JUMPING, ids=lambda f: f.__name__)
def test_their_slopes_are_known(f: Callable[..., float]) -> None:
    for k, slope in enumerate(grad(f, wrt=("a", "b"))(*POINT)):
        step = np.eye(2)[k]
        expected, noise = along(lambda h, step=step: f(*(np.array(POINT) + h * step)), 1e-3)
        assert slope == pytest.approx(float(expected), rel=1e-5, abs=10.0 * noise)


@pytest.mark.parametrize("f", JUMPING, ids=lambda f: f.__name__)
def test_there_are_no_second_derivatives_where_slopes_jump(f: Callable[..., float]) -> None:
    # They are not those of the pieces: the kink moves, and with it the jump of the slope.
    message = r"further derivatives of .* kink|jumps where it switches"
    with pytest.raises((UnsupportedError, ArithmeticError), match=message):
        hessian(f, wrt=("a", "b"))(*POINT)


def drag(a, b):
    rate = lambda t, v: [a - b * v[0] * abs(v[0])]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def square(a, b):
    rate = lambda t, y: [a - b * max(y[0], 0.0) ** 2]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def at_a_time(a, b):
    rate = lambda t, y: [a - b * abs(t - 1.0) * y[0]]  # noqa: E731
    return solve_ivp(rate, (0.0, 2.0), [-1.0], **TIGHT).y[0, -1]


def cube(a, b):
    return quad(lambda x: b * max(x - 0.3 * a, 0.0) ** 3, 0.0, 1.0)[0]


def at_a_place(a, b):
    return quad(lambda x: a * abs(x - 0.25) * np.exp(-b * x), 0.0, 1.0)[0]


@pytest.mark.parametrize("f", [drag, square, at_a_time, cube, at_a_place], ids=lambda f: f.__name__)
def test_second_derivatives_where_slopes_do_not_jump(f: Callable[..., float]) -> None:
    check_product(f, POINT, ("a", "b"), (0.3, -0.8), rel=1e-6, slack=1e-7)


def test_kinks_that_stay_are_those_of_the_integrand() -> None:
    check_against_oracle(at_a_place, POINT, ("a", "b"))
