"""Functions that return an array on some paths, and None, a number or another view on others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import jvp, vjp
from tests.differences import along

POINT = np.array([0.4, 1.1, -0.7])
DIRECTION = np.array([1.0, -0.5, 2.0])


def falls_off(x, k):
    if x[0] > k:
        return x * x
    if x[1] <= k:
        return None


def after_a_search(x, k):
    A = np.array(x)
    p = 0
    for i in range(len(x)):
        if x[i] > k:
            p = i
    if p != 0:
        if x[0] > 100.0:
            return None
        A[0] = A[1] * x[2]
        return A
    if p == 0:
        return None


def guarded_by_a_number(x, k):
    if k >= 1.0:
        return 0.0
    return np.sin(x) * (k + 2.0)


@pytest.mark.parametrize("f", [falls_off, after_a_search, guarded_by_a_number])
def test_what_is_an_array_on_some_paths_has_the_slopes_of_an_array_there(f: Callable[..., Any]):
    expected, noise = along(lambda h: f(POINT + h * DIRECTION, 0.1))
    value, tangent = jvp(f, "x")(POINT, 0.1, x_dot=DIRECTION)
    assert np.array_equal(value, f(POINT, 0.1))
    assert np.abs(tangent - expected).max() <= 1e-9 + noise


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (falls_off, r"falls_off\(\) gave another kind of result, which has no slope"),
        (guarded_by_a_number, r"gave a single value; slopes are those of an array"),
    ],
)
def test_where_there_is_no_array_a_type_error_says_so(f: Callable[..., Any], said: str):
    assert not isinstance(f(POINT, 9.0), np.ndarray)
    with pytest.raises(TypeError, match=said):
        jvp(f, "x")(POINT, 9.0, x_dot=DIRECTION)


def steps(x, n):
    X = np.zeros((3, n + 1))
    X[:, 0] = x
    for k in range(n):
        X[:, k + 1] = np.sin(X[:, k]) * x
        if np.abs(X[:, k + 1] - X[:, k]).max() < 0.7:
            return X[:, : k + 2], True
    return X, False


def transposed_or_cut(x, n):
    X = np.outer(x, np.cos(x))
    if n > 1:
        return X[:, :n], 1.0
    return X.T, 2.0


@pytest.mark.parametrize("f", [steps, transposed_or_cut])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_tuples_may_hold_other_views_on_other_paths(f: Callable[..., Any], n: int):
    expected, noise = along(lambda h: f(POINT + h * DIRECTION, n)[0])
    (value, flag), (tangent, _) = jvp(f, "x")(POINT, n, x_dot=DIRECTION)
    assert np.array_equal(value, f(POINT, n)[0])
    assert flag == f(POINT, n)[1]
    assert np.abs(tangent - expected).max() <= 1e-9 + noise

    bar = np.arange(1.0, value.size + 1.0).reshape(value.shape)
    (_, pulled) = vjp(f, "x")(POINT, n, out_bar=(bar, 0.0))
    assert abs(pulled @ DIRECTION - np.sum(bar * expected)) <= 1e-8 + 100.0 * noise


def squared_rows(A, n):
    m = len(A)
    for _ in range(n):
        A = [[A[i][j] * A[j][i] for j in range(m)] for i in range(m)]
    return A[0][1]


def test_an_array_that_a_loop_replaces_by_lists_has_tangents_that_are_lists():
    point = np.array([[0.4, 0.3], [1.2, 0.9]])
    direction = np.array([[1.0, -0.5], [0.3, 2.0]])
    for n in (0, 1, 3):
        expected, noise = along(lambda h, n=n: squared_rows(point + h * direction, n))
        value, tangent = jvp(squared_rows, "A")(point, n, A_dot=direction)
        assert value == squared_rows(point, n)
        assert abs(tangent - expected) <= 1e-9 + noise
