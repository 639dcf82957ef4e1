"""Minus signs, guards and powers that a reader would not have written."""

from __future__ import annotations

import math
from math import exp, sqrt
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.oracle import agrees, gradient


def void_fraction(x, ratio):
    return 1.0 / (1.0 + (1.0 - x) / x * ratio)


def mixture(x, rhol, rhog):
    return exp(-((1.0 - x) / rhol + x / rhog))


def homogeneous(x, ratio):
    if x == 1.0:
        return 1.0
    elif x == 0.0:
        return 0.0
    return 1.0 / (1.0 + (1.0 - x) / x * ratio)


def drift(x, ratio, m):
    froude = m * (1.0 - x + x / ratio)
    return 0.81 * (1.0 - exp(-2.2 * sqrt(froude * froude))) * homogeneous(x, ratio)


def present_value(flows, rate):
    return sum(flow / (1.0 + rate) ** year for year, flow in enumerate(flows))


CASES = [
    (void_fraction, (0.3, 0.02)),
    (mixture, (0.3, 8.0, 2.0)),
    (drift, (0.3, 0.02, 1.4)),
    (present_value, ([-10.0, 3.0, 4.0, 5.0], 0.07)),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "point"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_slopes(function: Any, point: tuple[Any, ...], mode: str) -> None:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    found = grad(function, wrt=names, mode=mode)(*point)
    for k, part in enumerate(found):
        for path, verdict in gradient(function, point, wrt=k).items():
            assert agrees(verdict, part[path[0]] if path else part)


def test_a_minus_sign_goes_into_a_difference() -> None:
    assert "return (1.0 + ratio_1) * ratio / total / total / x" in grad(void_fraction).source
    assert "(1.0 / rhol - 1.0 / rhog) * exp(" in grad(mixture).source


def test_a_point_without_a_slope_is_asked_for_once() -> None:
    source = grad(drift).source
    assert source.count("raise ArithmeticError") == 2, source
    for x in (0.0, 1.0):
        with pytest.raises(ArithmeticError, match="no slope is known"):
            grad(drift)(x, 0.02, 1.4)


def test_a_power_over_the_next_one_is_a_quotient() -> None:
    source = grad(present_value, wrt=("flows", "rate")).source
    assert source.count("power = ") == source.count("one_plus_rate**") == 1, source


def normal(z):
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def lower_tail(x):
    return normal(-x) * x


def test_two_signs_of_the_function_itself_are_none():
    slope = value_and_grad(lower_tail)
    value, found = slope(0.7)
    assert value == lower_tail(0.7)
    density = math.exp(-0.5 * 0.7 * 0.7) / math.sqrt(2.0 * math.pi)
    assert found == pytest.approx(normal(-0.7) - 0.7 * density, rel=1e-12)
    assert "--x" not in slope.source
