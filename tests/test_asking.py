"""Tests of branches stand where they are asked."""

import math
import re

import pytest

from chainrule import grad, value_and_grad
from tests.oracle import agrees, derivative


def deep(x, y):
    r = x * y
    half = abs(r) + math.sqrt(r * r - x)
    cube = half ** (1.0 / 3.0)
    return cube - y / cube


def test_a_test_that_is_asked_once_has_no_name() -> None:
    slope = grad(deep, wrt=("x", "y"), mode="forward")
    for position, found in enumerate(slope(2.5, 1.75)):
        assert agrees(derivative(deep, (2.5, 1.75), wrt=position), found)
    # Whether `r` is positive is asked in both directions, and nothing else.
    assert len(re.findall(r"\br_is_positive\b", slope.source)) == 3
    assert not re.search(r"^ +(branch|\w+_is_zero|\w+_is_negative) = ", slope.source, re.M)


def filled_in(y: float, x: float) -> float:
    return ((y or 1.0) or 1.63) * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_value_that_is_certainly_true_is_still_that_value(mode: str) -> None:
    value, slopes = value_and_grad(filled_in, wrt=("y", "x"), mode=mode)(0.3, 0.7)
    assert value == filled_in(0.3, 0.7)
    assert slopes == (0.7, 0.3)
    value, slopes = value_and_grad(lambda y: (y or 1.0) or 1.63, mode=mode)(0.3)
    assert (value, type(value), slopes) == (0.3, float, 1.0)


def filled_in_behind_a_try(x: float, known: dict[str, float]) -> float:
    h = x
    try:
        h = math.sin(x) * known["lin"]
    except KeyError:
        h *= 0.82
    return 2.0 * ((h or 1.55) or 1.74)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("known", [{"lin": 0.61}, {}])
def test_a_value_that_an_arm_is_taken_for_is_not_taken_for_true(
    known: dict[str, float], mode: str
) -> None:
    value, slope = value_and_grad(filled_in_behind_a_try, mode=mode)(0.7, known)
    assert value == filled_in_behind_a_try(0.7, known)
    assert agrees(derivative(filled_in_behind_a_try, (0.7, known), wrt=0), slope)
