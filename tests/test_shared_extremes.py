"""Ties between extremes along axes: none are counted where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jacobian
from tests import oracle


def rows(x: Any) -> Any:
    return np.sum(np.sin(np.max(x, axis=1)))


def last_axis(x: Any) -> Any:
    return np.sum(x.min(axis=-1, keepdims=True) ** 2)


def columns(x: Any) -> Any:
    return np.sum(np.min(x * x, axis=0) ** 3)


def blocks(x: Any) -> Any:
    n = x.shape[0] // 2
    return np.sum(np.exp(x.reshape(n, 2, -1).max(axis=(1, 2))))


PROGRAMS = (rows, last_axis, columns, blocks)


@pytest.mark.parametrize("program", PROGRAMS)
def test_extremes_that_nothing_is_tied_with_have_the_whole_slope(
    program: Callable[..., Any],
) -> None:
    x = np.random.default_rng(1).random((4, 3)) + 0.1
    slope = grad(program)
    found = slope(x)
    for verdict, number in zip(oracle.gradient(program, (x,)).values(), found.flat, strict=True):
        assert oracle.agrees(verdict, number)
    assert slope.source.count("ties(") == 2
    second = hessian(program)(x).reshape(12, 12)
    for row in range(12):

        def entry(each: Any, row: int = row) -> Any:
            return slope(each).flat[row]

        verdicts = oracle.gradient(entry, (x,)).values()
        for verdict, number in zip(verdicts, second[row], strict=True):
            assert oracle.agrees(verdict, number)


def slopes_split(x: Any) -> Any:
    """What ``np.max(x, axis=1)`` gives every entry: ties share, and nan is the slope of nan."""
    counts = (x == x.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (x == x.max(axis=1, keepdims=True)) / counts


@pytest.mark.parametrize(
    "x",
    [
        [[1.0, 1.0, 0.0], [2.0, 3.0, 1.0]],
        [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[1.0, np.inf, np.inf], [-np.inf, -np.inf, -np.inf]],
        # As many entries are chosen as there are rows: two in one, and none in another.
        [[1.0, 1.0, 0.0], [np.nan, 0.0, 2.0], [3.0, 2.0, 1.0]],
        [[np.nan, 1.0, 0.0], [2.0, 2.0, 0.0]],
    ],
)
def test_ties_share_evenly_also_where_as_many_are_chosen_as_there_are_groups(x: Any) -> None:
    x = np.array(x)
    with np.errstate(invalid="ignore"):
        found = jacobian(lambda x: np.max(x, axis=1))(x)
        summed = grad(lambda x: np.sum(np.max(x, axis=1)))(x)
    expected = slopes_split(x)
    for row in range(len(x)):
        np.testing.assert_array_equal(found[row, row], expected[row])
    np.testing.assert_array_equal(summed, expected)


def test_no_row_has_no_extreme_and_nothing_is_counted() -> None:
    assert grad(rows)(np.zeros((0, 3))).shape == (0, 3)


def test_single_precision_stays_where_ties_are_counted() -> None:
    x = np.array([[1.0, 1.0, 0.0], [2.0, 3.0, 1.0]], dtype=np.float32)
    found = grad(rows)(x)
    assert found.dtype == np.float32
    expected = slopes_split(x) * np.cos(x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
