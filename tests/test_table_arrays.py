"""Arrays that are made of rows of tables, which a number of run time chooses."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import value_and_grad
from tests import oracle

ROWS = {1: [1.0, 2.0, 3.0], 2: [0.5, 1.0, 4.0]}
SQUARES = {1: [[1.0, 2.0], [3.0, 4.0]], 2: [[0.5, 1.0], [2.0, 7.0]]}
LAYERS = [[[1.0, 2.0], [3.0, 4.0]], [[0.5, 1.0], [2.0, 7.0]]]
WEIGHTS = {1: np.array([1.0, 2.0, 3.0]), 2: np.array([0.5, 1.0, 4.0])}
MIXED = {1: [1.0, 2.0], 2: 0.5, 3: [4.0, 3.0]}


def twice_a_row(x, k):
    row = np.asarray(ROWS[k])
    return x * (row + row)[1] + len(row + row)


def of_a_table_of_rows_and_numbers(x, k):
    row = np.asarray(MIXED[2 * k - 1])
    return x * len(row) + row[0] * x**2


def length_of_a_product(x, k):
    return x * len(np.asarray(MIXED[2 * k - 1]) * 2)


def product_with_a_row(x, k):
    return np.sum(x**2 * np.array(ROWS[k]))


def between_two_tables(x, k):
    low = int(x)
    weight = x - low
    below, above = np.asarray(SQUARES[low]), np.asarray(SQUARES[low + 1])
    return k * np.sum(((1 - weight) * below + weight * above) ** 2)


def of_a_list_of_tables(x, k):
    return np.sum(np.array(LAYERS[k]) * x**3)


def of_a_dict_of_arrays(x, k):
    return (WEIGHTS[k] * x**2)[1:].sum()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        twice_a_row,
        of_a_table_of_rows_and_numbers,
        length_of_a_product,
        product_with_a_row,
        between_two_tables,
        of_a_list_of_tables,
        of_a_dict_of_arrays,
    ],
)
def test_a_row_that_becomes_an_array_is_computed_with_as_one(f, mode):
    derivative = value_and_grad(f, mode=mode)
    for k in (1, 2) if f is not of_a_list_of_tables else (0, 1):
        verdict = oracle.derivative(f, (1.3, k))
        assert verdict.decided, verdict.reason
        value, slope = derivative(1.3, k)
        assert value == f(1.3, k)
        assert slope == pytest.approx(verdict.value, rel=1e-8)
