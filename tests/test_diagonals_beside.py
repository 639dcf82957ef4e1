"""Matrices with a diagonal of one entry beside the main one have more than one row."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import jacobian
from tests.slopes import check_against_oracle


def above(x):
    return (np.diag(np.array([x * x]), k=1) * np.array([[1.0, 2.0], [3.0, 4.0]])).sum()


def below(x):
    matrix = np.diag(np.array([x * x]), -1)
    return np.sum(matrix @ np.array([x, 3.0])) + matrix[1, 0]


def flat(x):
    return np.diagflat(np.array([[x, 2.0], [3.0, x * x]]), 1)[2, 3] + np.diagflat(x, k=-1).sum()


def listed(x):
    matrix = np.diagflat([x, x * x, 1.0])
    return (matrix @ matrix).sum() + matrix[1, 1]


def read(x):
    matrix = np.array([[x * x]])
    return np.diagonal(matrix, offset=1).sum() + np.diag(matrix, -1).sum() + matrix[0, 0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [above, below, flat, listed, read])
def test_a_diagonal_of_one_entry(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)


def scaled(v):
    return np.diag(v, 1) @ np.array([1.0, 2.0])


def test_a_vector_of_one_entry_of_the_callers():
    assert jacobian(scaled)(np.array([3.0])).tolist() == [[2.0], [0.0]]
