"""`except TypeError` around code for arrays, with code for numbers behind it."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import UnsupportedError, value_and_grad
from tests import oracle


def stable(east, north):
    """Writes zeros for what is small, into arrays and for numbers."""
    try:
        east[abs(east) < 1e-3] = 0.0
        north[abs(north) < 1e-3] = 0.0
    except TypeError:
        if abs(east) < 1e-3:
            east = 0.0
        if abs(north) < 1e-3:
            north = 0.0
    return np.sum(np.hypot(east, 2.0 * north))


def checked(latitude, longitude):
    latitude, longitude = np.radians(latitude), np.radians(longitude)
    try:
        if (abs(latitude) > np.pi / 2).any() | (abs(longitude) > np.pi).any():
            raise ValueError("no such point")
        pole = abs(np.pi / 2 - abs(latitude)) < 1e-2
        latitude[pole] = np.sign(latitude[pole]) * (np.pi / 2 - 1e-2)
    except (AttributeError, TypeError):
        if abs(latitude) > np.pi / 2:
            raise ValueError("no such point") from None
    return np.sum(np.sin(latitude) * np.cos(longitude))


def powers(x, p):
    try:
        x[x < p**0.5] = 0.0
        x[x > 9.0] = p**0.5
    except TypeError:
        x = 3.0 * x
    return np.sum(x * x)


@pytest.mark.parametrize("f", [stable, checked])
def test_code_for_arrays_is_not_left_where_they_are_arrays(f) -> None:
    x, y = np.array([0.7, 2e-4, -0.4]), np.array([0.3, 0.8, -0.6])
    derivative = value_and_grad(f, wrt=(0, 1))
    value, found = derivative(x.copy(), y.copy())
    assert value == f(x.copy(), y.copy())
    assert "try" not in derivative.source
    for number, slope in enumerate(found):
        for place in range(3):

            def at(entry, number=number, place=place):
                arguments = [x.copy(), y.copy()]
                arguments[number][place] = entry
                return float(f(*arguments))

            verdict = oracle.derivative(at, ([x, y][number][place],), {}, "entry", ())
            assert verdict.decided
            assert oracle.agrees(verdict, float(slope[place]))


def test_code_for_numbers_runs_where_they_are_numbers() -> None:
    assert value_and_grad(stable)(3.0, 2.0) == (5.0, 0.6)
    assert value_and_grad(stable)(2e-4, 2.0) == (4.0, 0.0)
    value, slope = value_and_grad(checked)(30.0, 0.0)
    assert value == checked(30.0, 0.0)
    assert slope == pytest.approx(np.radians(1.0) * np.cos(np.radians(30.0)))


def test_a_number_that_may_be_complex_is_not_written_without_its_handler() -> None:
    with pytest.raises(UnsupportedError):
        value_and_grad(powers)(np.array([1.0, 2.0, 11.0]), 4.0)
