"""Lists that are made with numbers or None and filled with arrays afterwards."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import NotDifferentiableError, grad, jvp, vjp
from tests.differences import along

POINT = np.array([0.4, 1.1, -0.7])


def powers(x, n=3):
    rows = [0.0] * n
    for i in range(n):
        rows[i] = x * (i + 1)
    s = 0.0
    for i in range(n):
        s += np.sum(rows[i] * x)
    return s


def products(x, n=3):
    rows = [None] * n
    for i in range(n):
        rows[i] = np.sin(x) * (i + 1)
    s = 0.0
    for i in range(n):
        s += rows[i] @ x
    return s


def total(x, n=3):
    rows = [0] * n
    for i in range(n):
        rows[i] = x * (i + 1)
    s = 0
    for row in rows:
        s = s + row * row
    return np.sum(s)


def stacked(x, n=3):
    rows = [0] * n
    for i in range(n):
        rows[i] = x * (i + 1)
    return np.sum(np.array(rows) ** 3)


def recurrence(x, n=4):
    rows = [0.0] * n
    rows[0] = x
    for i in range(1, n):
        rows[i] = np.cos(rows[i - 1]) * x
    return np.sum(rows[n - 1])


def remembered(x, n=3):
    memo = [None] * n
    s = 0.0
    for k in range(2 * n):
        i = k % n
        if memo[i] is None:
            memo[i] = x * (i + 1)
        s += np.sum(memo[i] ** 2)
    return s


def told_by_class(x, n=3):
    rows = [0.0] * n
    rows[1] = x * 2
    s = 0.0
    for i in range(n):
        s += 1.0 if isinstance(rows[i], float) else np.sum(rows[i] ** 2)
    return s


def told_by_none(x, n=3):
    rows = [None]
    for i in range(n):
        rows.append(x * i)
    s = 0.0
    for row in rows:
        if row is not None:
            s += row @ row
    return s


FILLED = [
    powers, products, total, stacked, recurrence, remembered, told_by_class, told_by_none,
]  # fmt: skip


@pytest.mark.parametrize("f", FILLED, ids=lambda f: f.__name__)
def test_a_list_of_literals_that_is_filled_with_arrays_is_one_of_arrays(f: Callable[..., Any]):
    direction = np.array([1.0, -0.5, 2.0])
    expected, noise = along(lambda h: f(POINT + h * direction))
    tolerance = 1e-9 + noise

    value, tangent = jvp(f, "x")(POINT, x_dot=direction)
    assert value == f(POINT)
    assert np.shape(tangent) == ()
    assert abs(tangent - expected) <= tolerance
    assert abs(grad(f)(POINT) @ direction - expected) <= tolerance
    assert abs(vjp(f, "x")(POINT, out_bar=1.0)[1] @ direction - expected) <= tolerance


def of_numbers_and_arrays(x, b, n=3):
    rows = [b] * n
    for i in range(1, n):
        rows[i] = rows[i - 1] * x
    return np.sum(rows[n - 1])


def of_two_ranks(x, b, n=3):
    rows = []
    for i in range(n):
        rows.append(np.outer(x, x) * i * b)
        rows.append(x * i)
    s = 0.0
    for row in rows:
        s += np.sum(row**2)
    return s


def in_rows_of_numbers(x, b, n=3):
    rows = [[0.0] * n for _ in range(n)]
    for i in range(n):
        rows[0][i] = x * (b + i)
    return np.sum(rows[0][1] * b)


@pytest.mark.parametrize("f", [of_numbers_and_arrays, of_two_ranks, in_rows_of_numbers])
@pytest.mark.parametrize("wrt", ["x", "b"])
def test_entries_of_which_only_the_run_tells_whether_they_have_axes_are_refused(f, wrt: str):
    assert list(inspect.signature(f).parameters)[:2] == ["x", "b"]
    with pytest.raises(NotDifferentiableError, match="arrays in some places, and numbers or"):
        grad(f, wrt)(POINT, 0.5)
