"""Rows, positions and products in the words of the array standard: as NumPy has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp, jacobian, value_and_grad
from tests.differences import along

library = pytest.importorskip("array_api_strict")
# It warns where NumPy asks it for a dtype.
pytestmark = pytest.mark.filterwarnings("ignore")

X = np.array([0.5, -1.0, 2.0, 1.5, 0.25, -0.75])
TABLE = np.outer(X[:4], [1.0, -0.5, 2.0]) + 0.1 * np.arange(12.0).reshape(4, 3)
DIRECTION = np.cos(np.arange(1.0, 13.0))


def rows(table):
    total = 0.0
    for i in range(table.shape[0]):
        total += np.sum(table[i] ** 3) * i
    return total


def rows_side_by_side(table):
    total = 0.0
    for one, other in zip(table, np.sin(table), strict=True):
        total += np.sum(one * other) ** 2
    return total


def stacked_rows(table):
    doubled = [2.0 * table[i] ** 2 for i in range(table.shape[0])]
    return np.sum(np.stack(doubled, axis=1)[0] ** 2) + np.sum(np.array(doubled))


def at_the_least(x):
    return x[np.argmin(x)] ** 2 * np.max(x)


def sorted_entries(x):
    return np.sum(np.sort(x) ** 2 * np.arange(6))


def embedded(table):
    places = np.array([0, 2, 2])
    return np.sum(np.mean(table[places], axis=0) ** 2) + np.sum(table[places] ** 3)


def labelled(table):
    return np.mean(table[np.arange(4), np.array([0, 2, 1, 1])] ** 3)


def put(x):
    y = x.copy()
    places = np.array([0, 2, 2])
    y[places] = 3.0
    np.add.at(y, places, x[1:4] ** 2)
    return np.sum(y**2)


def taken(x):
    return np.sum(np.take(x, np.array([0, 2, 2])) ** 3)


def repeated(x):
    return np.sum(np.repeat(x**2, 2) * np.arange(12)) + np.sum(np.tile(x, (2, 1))[1] ** 3)


def contracted(table):
    return np.sum(np.tensordot(table, table.T @ table, axes=1) ** 2)


def summed_over(table):
    turned = np.einsum("ij->ji", table)
    return np.sum(np.einsum("ij,kj->ki", table, np.sin(table)) ** 2) + np.sum(turned[0] ** 3)


def differences(x):
    return np.sum(np.diff(x, n=2) ** 2) + np.sum(np.round(x) * x**2)


def lengths(table):
    columns = np.linalg.norm(table, ord=1, axis=0)
    return np.sum(columns**2) + np.linalg.norm(table[0] ** 2, np.inf) + np.linalg.norm(table)


def crossed(table):
    return np.sum(np.cross(table[0], table[1] ** 2) ** 2)


def factored(table):
    return np.sum(np.log(np.diag(np.linalg.cholesky(table.T @ table + np.eye(3)))))


def standing(x):
    return np.sum((np.diag(x) @ x) ** 2)


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (function, TABLE if "table" in function.__code__.co_varnames[:1] else X)
        for function in (
            rows,
            rows_side_by_side,
            stacked_rows,
            at_the_least,
            sorted_entries,
            embedded,
            labelled,
            put,
            taken,
            repeated,
            contracted,
            summed_over,
            differences,
            lengths,
            crossed,
            factored,
            standing,
        )
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_strictest_library_gives_the_slopes_of_differences(function: Any, point: Any) -> None:
    direction = DIRECTION[: point.size].reshape(point.shape)
    strict = library.asarray(point)
    slopes = np.asarray(grad(function, target="array-api")(strict))
    expected, error = along(lambda t: function(point + t * direction))
    assert np.sum(slopes * direction) == pytest.approx(expected, rel=1e-8, abs=10.0 * error)
    _, curved = hvp(function, target="array-api")(strict, library.asarray(direction))
    expected, error = along(lambda t: np.sum(grad(function)(point + t * direction) * direction))
    found = np.sum(np.asarray(curved) * direction)
    assert found == pytest.approx(expected, rel=1e-8, abs=max(1e-9, 10.0 * error))


def spread(table):
    return np.sum(np.cov(table) ** 2) + np.sum(np.corrcoef(table)[0])


def products(table):
    return np.sum(np.kron(table, table[:2, :2]) ** 2) + np.inner(table[0], table[1])


def known_ones(table):
    return np.nanmax(table) * np.nanmin(table) + np.nanmean(table[0]) + np.ptp(table[1:])


def picked(table):
    row = np.insert(np.delete(table[0], 1), 1, 3.0) * table[1]
    return np.sum(np.compress([True, False, True], row**2)) + np.sum(np.extract(row > 0.0, row))


def weights(table):
    special = pytest.importorskip("scipy.special")
    return np.sum(special.softmax(table) ** 2) + special.logsumexp(table[0])


@pytest.mark.parametrize("function", [spread, products, known_ones, picked, weights])
@pytest.mark.parametrize("entry", [0.7, math.nan, math.inf, -math.inf])
def test_a_definition_has_the_value_of_the_call_whatever_the_entries_are(
    function: Any, entry: float
) -> None:
    point = TABLE.copy()
    point[0, 2] = entry
    slopes = value_and_grad(function, target="array-api")
    value, found = slopes(library.asarray(point))
    assert float(value) == pytest.approx(function(point), rel=1e-13, nan_ok=True)
    if entry == 0.7:
        direction = DIRECTION.reshape(4, 3)
        expected, error = along(lambda t: function(point + t * direction))
        assert np.sum(np.asarray(found) * direction) == pytest.approx(expected, abs=10.0 * error)


def several(x):
    return x**2 * np.sum(x)


def test_a_jacobian_is_stacked_in_the_standard() -> None:
    found = jacobian(several, target="array-api")(library.asarray(X))
    expected = 2.0 * np.diag(X) * np.sum(X) + X[:, None] ** 2
    assert np.asarray(found) == pytest.approx(expected, rel=1e-14)


def test_no_loop_goes_over_the_rows_of_a_standard_array() -> None:
    derivative = grad(rows_side_by_side, target="array-api")
    derivative(library.asarray(TABLE))
    loops = [line for line in derivative.source.splitlines() if line.strip().startswith("for ")]
    assert [line.strip() for line in loops] == ["for i in range(min(table.shape[0], n_sin_table)):"]
