"""Parts of arrays under Numba: a derivative writes to them by functions, f as it does."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.differences import along

pytest.importorskip("numba")

TABLE = np.cos(np.arange(1.0, 13.0)).reshape(4, 3)


def neighbours(table):
    total = np.sum(table[1:, 0] * table[:-1, 1]) ** 2
    for i in range(len(table) - 1):
        total += np.sum(table[i] * table[i + 1] ** 2)
    return total


@pytest.mark.filterwarnings("ignore")
def test_a_derivative_adds_to_parts_by_functions() -> None:
    slopes = value_and_grad(neighbours, target="numba")
    value, found = slopes(TABLE)
    assert value == pytest.approx(neighbours(TABLE), rel=1e-14)
    lines = [line for line in slopes.source.splitlines() if "_bar[" in line]
    assert lines
    assert all("np.add(" in line or "np.positive(" in line for line in lines)
    direction = np.sin(np.arange(12.0)).reshape(4, 3)
    expected, error = along(lambda t: neighbours(TABLE + t * direction))
    assert np.sum(found * direction) == pytest.approx(expected, abs=10.0 * error)


def shifted(table):
    y = table.copy()
    y[1:] -= y[:-1]
    y += y[0]
    y[:, 1:] *= y[:, :-1]
    return np.sum(y**3)


def turned(square):
    y = square.copy()
    y += y.T
    y *= y[::-1]
    return np.sum(y**3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("function", "point"), [(shifted, TABLE), (turned, TABLE[:3])])
def test_a_view_of_what_is_written_over_is_read_before(function, point) -> None:
    value, found = value_and_grad(function, target="numba")(point)
    assert value == pytest.approx(function(point), rel=1e-13)
    direction = np.sin(np.arange(float(point.size))).reshape(point.shape)
    expected, error = along(lambda t: function(point + t * direction))
    assert np.sum(found * direction) == pytest.approx(expected, abs=10.0 * error)
