"""Lists that hold one and the same list several times: ``[row] * 3``."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import block_diag

from chainrule import UnsupportedError, value_and_grad
from tests.slopes import check_against_oracle


def blocks(x):
    q = [[x, 1.0], [2.0, x * x]]
    matrix = block_diag(*[q] * 2) * x
    return matrix.sum() + matrix[2, 3]


def read(x):
    rows = [[1.0, x]] * 3
    return sum(a * b for a, b in rows) + (np.array(rows) ** 2).sum()


def replaced(x):
    rows = [[1.0, x]] * 3
    rows[1] = [x, x]
    total = 0.0
    for i in range(3):
        for j in range(2):
            total += rows[i][j] * (i + j + 1)
    return total


def written(x):
    rows = [[1.0, x]] * 2
    rows[1][0] = 3.0 * x
    return rows[0][0] * x


def written_inside(x):
    rows = [[[1.0, x]]] * 2
    rows[1][0][0] = 3.0 * x
    return rows[0][0][0] * x


def written_by_its_name(x):
    row = [1.0, x]
    rows = [row] * 2
    row[0] = 7.0 * x
    return rows[0][0] * rows[1][1]


def written_in_a_loop(x):
    rows = [[1.0, x]] * 2
    for row in rows:
        row[1] *= x
    return rows[0][1] + rows[1][1]


def grown(x):
    rows = [[x, 0.0]] * 2
    copied = list(rows)
    copied[0].append(x * x)
    return rows[1][2] * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        blocks,
        read,
        replaced,
        written,
        written_inside,
        written_by_its_name,
        written_in_a_loop,
        grown,
    ],
)
def test_what_is_written_to_one_row_is_in_all(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)


def of_the_callers(row):
    rows = [row] * 2
    rows[0][1] = rows[0][0] * 3.0
    return rows[1][1] * row[1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_row_of_the_callers_is_written_to(mode):
    row = [2.0, 3.0]
    assert value_and_grad(of_the_callers, mode=mode)(row) == (36.0, [36.0, 0.0])
    assert row == [2.0, 6.0]


def written_at_a_place_of_run_time(x, n):
    rows = [[1.0, x]] * 2
    for k in range(n):
        rows[k][1] *= x
    return rows[0][1] + rows[1][1]


def written_after_a_branch(x):
    rows = [[1.0, x]] * 2
    if x > 1.0:
        rows[1] = [x, x]
    rows[0][1] = x**3
    return rows[0][1] + rows[1][1]


@pytest.mark.parametrize(
    ("f", "args"), [(written_at_a_place_of_run_time, (1.5, 2)), (written_after_a_branch, (1.5,))]
)
def test_a_write_that_may_be_to_one_of_several_is_refused(f, args):
    with pytest.raises(UnsupportedError, match=r"written to after|may stand at several places"):
        value_and_grad(f)(*args)
