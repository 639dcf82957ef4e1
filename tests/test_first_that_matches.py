"""The first entry of a list that passes a test, and its place, kept as a pair for what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hessian, value_and_grad
from tests import oracle


def first_above(items, level):
    for k, w in enumerate(items):
        if w > level:
            return k, w
    return None


def by_a_function(x, y):
    hit = first_above([x, y, y * y], x)
    return hit[1] * hit[0]


def by_a_loop(x, y):
    hit = None
    for k, w in enumerate([x, y, y * y]):
        if w > 0.5 * x:
            hit = (k, w)
            break
    return hit[1] ** 2 * hit[0]


def or_none(x, y):
    hit = None
    for k, w in enumerate([x, y, y * y]):
        if w > x:
            hit = (k, w)
            break
    if hit is None:
        return x
    return hit[1] * hit[0] * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", ["x", "y"])
@pytest.mark.parametrize("f", [by_a_function, by_a_loop, or_none])
@pytest.mark.parametrize("point", [(0.7, 1.3), (0.3, 0.4), (-1.0, -0.8)])
def test_the_pair_has_the_slope_of_its_entry(
    f: Callable[..., Any], point: tuple[float, float], wrt: str, mode: Any
) -> None:
    """In reverse mode a copy of the place was read that nothing had written."""
    value, slope = value_and_grad(f, wrt=wrt, mode=mode)(*point)
    assert value == f(*point)
    assert oracle.agrees(oracle.derivative(f, point, wrt=wrt), slope)


@pytest.mark.parametrize("f", [by_a_loop, or_none])
@pytest.mark.parametrize("wrt", ["x", "y"])
def test_second_derivatives(f: Callable[..., Any], wrt: str) -> None:
    """They are slopes of the slopes."""
    point = (-1.0, 1.3)
    found = hessian(f, wrt=("x", "y"))(*point)
    for k, other in enumerate("xy"):
        wanted = oracle.derivative(grad(f, wrt=other), point, wrt=wrt)
        assert oracle.agrees(wanted, found[k]["xy".index(wrt)])
