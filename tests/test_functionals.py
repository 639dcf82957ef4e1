"""Integrals and roots of functions: SciPy's quad, dblquad and searches in a bracket."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq, fixed_point, fsolve, minimize_scalar, ridder, root_scalar

from chainrule import UnsupportedError, grad, hessian, value_and_grad
from tests import oracle


def both_ends_and_a_parameter(x, y):
    return quad(lambda t: math.exp(-x * t * t) * y, x * y, x + y)[0]


def integrand_with_args(x, y):
    def density(t, rate, shape):
        if t > 2.0:
            return shape * math.exp(-rate * t)
        return math.exp(-rate * t) * t**shape

    value, _ = quad(density, 0.0, np.inf, args=(x, y), epsabs=1e-12)
    return value * x


def kinks_without_jumps(x, y):
    return quad(lambda t: max(t - x, 0.0) + abs(t - y), 0.0, 2.0, limit=200)[0]


def jump_at_a_fixed_place(x, y):
    def pieces(t):
        if t < 1.0:
            return x * t
        return math.exp(-y * t)

    return quad(pieces, 0.0, 2.0, points=[1.0])[0]


def in_a_loop(x, y):
    total = 0.0
    for k in range(3):
        total += quad(lambda t, k=k: math.sin(x * t + k), 0.0, y)[0] ** 2
    return total


def over_an_area(x, y):
    return dblquad(lambda v, u: math.exp(-x * u * v), 0.0, y, lambda u: u, x)[0]


def root_in_a_bracket(x, y):
    return brentq(lambda t: t**3 + y * t - x, 0.0, 5.0, xtol=1e-14)


def volume(z, x, y):
    return z - y * x / (z + x)


def root_of_a_helper(x, y):
    return ridder(volume, 0.0, 10.0, args=(x, y), rtol=1e-14) * y


def root_by_its_name(x, y):
    found = root_scalar(volume, args=(x, y), bracket=(0.0, 10.0), method="brenth", xtol=1e-14)
    return found.root * y


def root_near_a_start(x, y):
    (root,) = fsolve(lambda t, shift: t**3 + y * t - shift, 1.0, args=(x,), xtol=1e-14)
    return root * x


def root_of_an_integral(x, y):
    return brentq(lambda t: quad(lambda s: math.exp(s * y), 0.0, t)[0] - x, 0.0, 5.0, xtol=1e-14)


def root_of_what_uses_an_array(x, y):
    weights = np.array([x, 2.0])
    return brentq(lambda t: np.sum(weights * np.exp(t)) - 4.0 * y, -5.0, 5.0, xtol=1e-13)


def tolerance_that_is_computed(x, y):
    tight = 1e-14 * y
    return root_scalar(lambda t: t**3 + y * t - x, bracket=(0.0, 5.0), xtol=tight).root


def least_place(x, y):
    return minimize_scalar(lambda t: math.exp(t) - (1.0 + x) * t + y * t * t, tol=1e-12).x


def fixed_place(x, y):
    return fixed_point(lambda t: math.cos(x * t) / y, 0.5, xtol=1e-13)


CASES = (
    both_ends_and_a_parameter,
    integrand_with_args,
    kinks_without_jumps,
    jump_at_a_fixed_place,
    in_a_loop,
    over_an_area,
    root_in_a_bracket,
    root_of_a_helper,
    root_by_its_name,
    root_near_a_start,
    root_of_an_integral,
    root_of_what_uses_an_array,
    tolerance_that_is_computed,
    least_place,
    fixed_place,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_integrals_and_roots_agree_with_differences(
    function: Callable[..., Any], mode: str
) -> None:
    args = (0.7, 1.3)
    value, slopes = value_and_grad(function, wrt=("x", "y"), mode=mode)(*args)
    assert oracle.same_bits(value, function(*args))
    for name, slope in zip(("x", "y"), slopes, strict=True):
        h = 1e-3
        low, high = (
            function(**dict(zip("xy", args, strict=True), **{name: args["xy".index(name)] + step}))
            for step in (-h, h)
        )
        assert slope == pytest.approx((high - low) / (2 * h), rel=2e-5, abs=1e-6)


def test_numbers_of_an_array_are_read_before_the_integral() -> None:
    def f(x):
        return quad(lambda t: math.exp(-x[0] * t) * x[1], 0.0, x[1])[0]

    x = np.array([0.5, 1.2])
    assert grad(f)(x) == pytest.approx([-0.585126634797877, 1.5609506911247788])
    assert "quad(integrand_d" in grad(f).source


def test_second_derivatives_of_an_integral_and_of_a_root() -> None:
    def area(x):
        return quad(lambda t: math.exp(-x * t), 0.0, x)[0]

    def cube_root(x):
        return brentq(lambda t: t**3 - x, 0.0, 5.0, xtol=1e-14)

    # (1 - exp(-x**2)) / x
    e, x = math.exp(-0.49), 0.7
    assert hessian(area)(x) == pytest.approx(2 * (1 - e) / x**3 - 2 * e / x - 4 * x * e, rel=1e-9)
    assert hessian(cube_root)(2.0) == pytest.approx(-2 / 9 * 2 ** (-5 / 3), rel=1e-12)


def test_the_module_holds_the_integrand_and_its_slope() -> None:
    def bell(a: float) -> float:
        return quad(lambda t: math.exp(-a * t * t), 0.0, 1.0)[0]

    line = bell.__code__.co_firstlineno + 1
    text = "return quad(lambda t: math.exp(-a * t * t), 0.0, 1.0)[0]"
    assert f"# line {line}: {text}" in grad(bell).source
    assert grad(bell).source.startswith(
        f'''\
from math import exp

from scipy.integrate import quad


def integrand_da(t: float, a: float) -> float:
    """Slope of `integrand` by a."""
    # line {line}: {text}
    return -t * t * exp(-a * t * t)
'''
    )


def jump(x):
    return quad(lambda t: 1.0 if t < x else 0.0, 0.0, 2.0)[0]


def floor_in_the_integrand(x):
    return quad(lambda t: math.floor(t * x) * x, 0.0, 2.0)[0]


def error_estimate(x):
    return quad(lambda t: t * x, 0.0, 2.0)[1]


def printing(x):
    def integrand(t):
        print(t)
        return t * x

    return quad(integrand, 0.0, 2.0)[0]


def least_at_a_kink(x):
    return minimize_scalar(lambda t: abs(t - x) + t * t).x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (least_at_a_kink, "whose slope may jump"),
        (floor_in_the_integrand, "branches on its variable together with"),
        (error_estimate, "estimate of an integral's error"),
        (printing, "prints, or changes what is around it"),
    ],
)
def test_what_leibniz_does_not_allow_is_refused(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        grad(function)(0.7)
    assert grad(jump)(0.7) == 1.0
    with pytest.raises(UnsupportedError):
        grad(root_in_a_bracket, target="numba")(0.7, 1.3)


def least_between(p: float) -> float:
    found = minimize_scalar(
        lambda u: (u - p) ** 2 + math.cosh(u * p), bounds=(-3.0, 3.0), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return float(found.x * found.fun)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_least_place_between_ends_moves_as_one_without(mode: str) -> None:
    def least(p: float) -> float:
        found = minimize_scalar(lambda u: (u - p) ** 2 + math.cosh(u * p), tol=1e-12)
        return float(found.x * found.fun)

    assert grad(least_between, mode=mode)(0.7) == pytest.approx(grad(least)(0.7), rel=1e-6)


def test_a_least_place_at_an_end_has_no_derivative() -> None:
    def held_back(p: float) -> float:
        return minimize_scalar(lambda u: (u - p) ** 2, bounds=(-3.0, 1.0)).x

    assert grad(held_back)(0.5) == pytest.approx(1.0)
    with pytest.raises(ArithmeticError, match="at a bound"):
        grad(held_back)(1.5)


def test_ends_that_move_are_refused() -> None:
    def moving(p: float) -> float:
        return minimize_scalar(lambda u: (u - p) ** 2, bounds=(0.0, 0.5 * p)).fun

    with pytest.raises(UnsupportedError, match="with these `bounds`"):
        grad(moving)(0.7)


def sign_by_branches(a):
    return brentq(lambda x: x + (1.0 if x > a else -1.0), -3.0, 3.0)


def sign_by_copysign(a):
    return ridder(lambda x: x + math.copysign(1.0, x - a), -3.0, 3.0)


def sign_by_numpy(a):
    return root_scalar(lambda x: x + np.sign(x - a), bracket=[-3.0, 3.0]).root


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "function", [sign_by_branches, sign_by_copysign, sign_by_numpy], ids=lambda f: f.__name__
)
def test_a_jump_over_zero_is_no_root(function: Callable[[float], float], mode: str) -> None:
    # The search ends where the function jumps: there the slopes tell nothing of where that is.
    with pytest.raises(ArithmeticError, match="jumps where a root was looked for"):
        grad(function, mode=mode)(0.3)


def beside_a_jump(a):
    return brentq(lambda x: x**3 - a + (x % 1.0) + (0.5 if x > 2.0 * a else 0.0), 0.0, 3.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_root_beside_a_jump_is_one(mode: str) -> None:
    slope = grad(beside_a_jump, mode=mode)(0.3)
    assert oracle.agrees(oracle.derivative(beside_a_jump, (0.3,)), slope)
