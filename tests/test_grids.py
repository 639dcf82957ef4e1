"""Tables of scipy.interpolate on regular grids: from outside, made inside, read once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator, interpn

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

ROWS = np.array([0.0, 0.7, 1.5, 2.0])
COLUMNS = np.array([0.0, 1.0, 1.8])
HEIGHTS = np.array([[0.3, 1.0, 0.2], [0.8, -0.4, 1.1], [2.0, 0.5, 0.1], [0.4, 1.6, 0.9]])
TABLE = RegularGridInterpolator((ROWS, COLUMNS), HEIGHTS)
OPEN = RegularGridInterpolator((ROWS,), HEIGHTS[:, 0], bounds_error=False, fill_value=None)
POINTS = np.array([0.4, 0.9, 0.55, 1.3])


def from_outside(x):
    rows = np.stack([x, x[::-1]], axis=1)
    return np.sum(TABLE(rows) * x) + TABLE((x[0], x[1])) * TABLE([x[2], x[3]])[0]


def beyond_its_ends(x):
    return np.sum(OPEN((2.0 * x,)) * x) + OPEN(x[:, None])[1]


def by_values(x):
    values = np.outer(x, x[1:]) + x[0]
    table = RegularGridInterpolator((ROWS, COLUMNS), values)
    return np.sum(table((x, 0.5 * x)) ** 2)


def by_its_axes(x):
    table = RegularGridInterpolator((np.cumsum(x), COLUMNS), HEIGHTS)
    return table((1.0, x[1])) * table((1.9, 0.3))


def filled_beyond(x):
    table = RegularGridInterpolator((ROWS, COLUMNS), HEIGHTS, bounds_error=False, fill_value=0.5)
    return np.sum(table((2.0 * x, x)) * x)


def read_once(x):
    return np.sum(interpn((ROWS, COLUMNS), HEIGHTS * x[0], np.stack([x, x], axis=1)) * x)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "function", [from_outside, beyond_its_ends, by_values, by_its_axes, filled_beyond, read_once]
)
def test_slopes_of_tables_are_the_oracles(function: Any, mode: str) -> None:
    derivative = value_and_grad(function, mode=mode)
    value, slopes = derivative(POINTS)
    assert value == function(POINTS)
    for path, verdict in oracle.gradient(function, (POINTS,)).items():
        found = float(slopes[path[0]])
        assert oracle.agrees(verdict, found), (path, verdict, derivative.source)


def test_a_table_keeps_its_name_and_its_slope_is_that_of_its_corners() -> None:
    derivative = grad(lambda x: TABLE((x, 0.5)))
    assert derivative(1.0) == pytest.approx((0.5 * (2.0 + 0.5) - 0.5 * (0.8 - 0.4)) / 0.8)
    assert "TABLE.grid[0]" in derivative.source


def test_what_raises_out_of_bounds_raises_it_still() -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        grad(from_outside)(5.0 * POINTS)


def test_the_slope_on_an_axis_that_descends_is_not_made_up() -> None:
    def turned(x):
        return RegularGridInterpolator((ROWS[::-1],), x)((0.3,))

    with pytest.raises(ArithmeticError, match="whose axis descends"):
        grad(turned)(POINTS)


def smooth(x):
    return np.sum(RegularGridInterpolator((ROWS,), x, method="cubic")(x[:, None]))


def of_vectors(x):
    return np.sum(RegularGridInterpolator((ROWS,), HEIGHTS)(x[:, None]))


@pytest.mark.parametrize("function", [smooth, of_vectors])
def test_tables_that_are_not_linear_or_hold_arrays_are_refused(function: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"not linear|entries are arrays"):
        grad(function)(POINTS)
