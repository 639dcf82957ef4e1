"""Slopes of magnitudes beside the value itself: x times its sign is its magnitude."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian
from tests import oracle
from tests.slopes import check_slopes


def drag(v: float, k: float) -> float:
    return -0.6 * k * v * abs(v) / 2.5


def cubed(v: float, k: float) -> float:
    return k * abs(v) ** 3


def relative(v: float, k: float) -> float:
    return k * (v - 0.3) * abs(v - 0.3) + v * abs(v) * k**2


def coasting(v: float, k: float) -> float:
    height = 0.0
    for _ in range(6):
        v -= 0.1 * k * v * abs(v)
        height += v * 0.1
    return height


def slowed(v: float, k: float) -> float:
    force = 0.5 * k * v * abs(v)
    return force * v / (1.0 + abs(v))


FUNCTIONS = [drag, cubed, relative, coasting, slowed]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("point", [(1.5, 0.4), (-0.7, 1.3), (0.01, 2.0)])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_slopes_on_both_sides(f: Callable[..., float], point: tuple[float, ...], mode: str) -> None:
    slopes = grad(f, wrt=("v", "k"), mode=mode)(*point)
    for k, number in enumerate(slopes):
        assert oracle.agrees(oracle.derivative(f, point, wrt=k), number)
    slope = grad(f, mode=mode)
    assert oracle.agrees(oracle.derivative(slope, point), hessian(f)(*point))


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_slopes_at_the_kink(f: Callable[..., float], mode: str) -> None:
    steps = (f(1e-7, 0.8) - f(-1e-7, 0.8)) / 2e-7
    assert grad(f, mode=mode)(0.0, 0.8) == pytest.approx(steps, abs=1e-6)


@pytest.mark.parametrize("f", [drag, cubed, relative, coasting])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_signs_are_not_asked_for(f: Callable[..., float], mode: str) -> None:
    text = grad(f, mode=mode).source
    assert " if " not in text and "> 0.0" not in text


@pytest.mark.parametrize(
    "f", [lambda v, k: np.sum(k * v * np.abs(v)), lambda v, k: np.sum(np.abs(v) ** 3 * k)]
)
def test_the_same_of_arrays(f: Any) -> None:
    v = np.array([-1.5, 0.0, 0.3])
    slope = grad(f)
    steps = 1e-6 * np.eye(3)
    expected = [(f(v + step, 1.2) - f(v - step, 1.2)) / 2e-6 for step in steps]
    np.testing.assert_allclose(slope(v, 1.2), expected, rtol=1e-6, atol=2e-6)
    assert "np.sign" not in slope.source


def rooted(v: float, k: float) -> float:
    return math.copysign(abs(v - k) ** (1 / 3), v - k) * k


def turned(v: float, k: float) -> float:
    return math.copysign(v * k, k - v) * v


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [rooted, turned])
def test_a_sign_that_is_set_is_asked_for_once(f: Callable[..., float], mode: str) -> None:
    for point in ((0.3, 0.7), (0.9, 0.7), (-0.4, 0.7)):
        check_slopes(f, point, mode)
    gradient = grad(f, wrt=("v", "k"), mode=mode)
    gradient(0.3, 0.7)
    assert "False" not in gradient.source
    assert " if not " not in gradient.source
    assert gradient.source.count("elif") <= 1
