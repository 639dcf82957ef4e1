"""Positions that one call gives: pairs of them differ, the rows of the pairs need not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad

SQUARE = np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0], [0.0, 5.0, 6.0]])
PAIRS: dict[str, Callable[[Any], Any]] = {
    "triu_indices": lambda M: np.triu_indices(len(M), 1),
    "tril_indices": lambda M: np.tril_indices(len(M)),
    "triu_indices_from": lambda M: np.triu_indices_from(M),
    "tril_indices_from": lambda M: np.tril_indices_from(M, -1),
    "nonzero": lambda M: np.nonzero(M),
    "method": lambda M: M.nonzero(),
    "where": lambda M: np.where(M > 1.5),
    "diag_indices": lambda M: np.diag_indices(len(M)),
    "diag_indices_from": lambda M: np.diag_indices_from(M),
    "unravel_index": lambda M: np.unravel_index(np.arange(5), M.shape),
}


def differences_of_pairs(x: Any, M: Any, pairs: Any) -> Any:
    i, j = pairs(M)
    return np.sum((x[i] - 0.5 * x[j]) ** 2)


def rows_alone(x: Any, M: Any, pairs: Any) -> Any:
    return np.sum(np.sin(x[pairs(M)[0]]))


def columns_beside_rows(x: Any, M: Any, pairs: Any) -> Any:
    i, j = pairs(M)
    return np.sum(x[i] * np.exp(x[j]))


def rows_twice(x: Any, M: Any, pairs: Any) -> Any:
    i, _ = pairs(M)
    return np.sum(np.outer(x, x)[i, i] ** 2)


def written_to_rows(x: Any, M: Any, pairs: Any) -> Any:
    i, j = pairs(M)
    y = np.zeros_like(x)
    y[i] = x[j] ** 2
    return np.sum(y * np.arange(1.0, 4.0))


def added_to_rows_in_one_go(x: Any, M: Any, pairs: Any) -> Any:
    i, j = pairs(M)
    y = x**2
    y[i] += x[j] ** 3
    return np.sum(y * np.arange(1.0, 4.0))


def whole_pairs(x: Any, M: Any, pairs: Any) -> Any:
    i, j = pairs(M)
    return np.sum(np.outer(x, x)[i, j] ** 3)


def pairs_written(x: Any, M: Any, pairs: Any) -> Any:
    y = np.outer(x, x)
    i, j = pairs(M)
    y[j, i] = x[i] ** 2
    return np.sum(np.sin(y))


FUNCTIONS = [
    differences_of_pairs, rows_alone, columns_beside_rows, rows_twice, written_to_rows,
    added_to_rows_in_one_go, whole_pairs, pairs_written,
]  # fmt: skip


def slopes(f: Callable[..., Any], x: Any) -> Any:
    """Gradient by complex steps; what is written into keeps the imaginary parts."""
    found = np.zeros_like(x)
    for k in range(len(x)):
        moved = x.astype(complex)
        moved[k] += 1e-30j
        found[k] = f(moved).imag / 1e-30
    return found


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_entries_that_several_pairs_have_in_common_feel_each_of_them(
    f: Callable[..., Any], name: str
) -> None:
    pairs = PAIRS[name]
    x = np.array([0.5, -1.25, 0.75])

    def bound(x: Any) -> Any:
        return f(x, SQUARE, pairs)

    np.testing.assert_allclose(grad(bound)(x), slopes(bound, x), rtol=1e-13, atol=1e-15)


def test_positions_along_the_only_axis_are_written_to_without_being_added_up() -> None:
    def chosen(x):
        (i,) = np.nonzero(x > 0.0)
        return np.sum(x[i] ** 2)

    slope = grad(chosen)
    np.testing.assert_array_equal(slope(np.array([1.0, -2.0, 3.0])), [2.0, 0.0, 6.0])
    assert "np.add.at" not in slope.source


def folded_gaps(pos: Any, box: Any) -> Any:
    i, j = np.triu_indices(len(pos), 1)
    d = pos[i] - pos[j]
    d = d - box * np.round(d / box)
    return np.sum(np.exp(-np.sum(d**2, axis=1)))


def between_knots(x: Any, knots: Any) -> Any:
    return np.sum((x - np.interp(x, knots, knots**2)) ** 2 * np.isin(np.digitize(x, knots), [1, 2]))


def picked_and_sorted(x: Any, places: Any) -> Any:
    order = np.argsort(x, axis=1)
    return np.sum(np.take(x, places, axis=1) ** 2 * np.take_along_axis(x, order, axis=1)[:, :3])


@pytest.mark.parametrize(
    ("f", "x", "other"),
    [
        (picked_and_sorted, np.random.default_rng(5).normal(size=(3, 4)), np.array([0, 2, 2])),
        (folded_gaps, np.random.default_rng(4).normal(size=(4, 2)), 3.0),
        (between_knots, np.array([0.2, 0.9, 1.7, 2.4]), np.array([0.0, 1.0, 2.0, 3.0])),
    ],
)
def test_lengths_of_what_is_picked_and_rounded_are_not_asked_for_when_run(
    f: Callable[..., Any], x: Any, other: Any
) -> None:
    slope = grad(f)
    found = slope(x, other)
    step = 1e-6
    for place in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[place] += step
        behind[place] -= step
        wanted = (f(ahead, other) - f(behind, other)) / (2.0 * step)
        assert abs(found[place] - wanted) < 1e-8
    assert ".shape[0] ==" not in slope.source and ".shape[0] !=" not in slope.source
    assert "reshape" not in slope.source


def test_one_row_of_adjoints_is_added_at_every_row_of_a_table_of_positions() -> None:
    def pooled(x: Any, table: Any) -> Any:
        return np.sum(np.sum(x[table], axis=0) ** 2)

    x, table = np.array([0.5, -1.0, 2.0, 1.5]), np.array([[0, 1], [2, 2]])
    # Of the columns x[0] + x[2] and x[1] + x[2].
    columns = np.array([x[0] + x[2], x[1] + x[2]])
    expected = 2.0 * np.array([columns[0], columns[1], columns.sum(), 0.0])
    assert grad(pooled)(x, table) == pytest.approx(expected, rel=1e-15)
