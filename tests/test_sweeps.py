"""Forward mode over lists and arrays: a sweep of tangents for every entry."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule import ArgumentError, grad, hessian, jacobian, value_and_grad


def horner(x):
    total = 0.0
    for v in x:
        total = total * v + math.sin(v)
    return total * total


def of_rows(rows):
    total = 1.0
    for row in rows:
        for v in row:
            total = total * v
    return total + rows[0][1] ** 2


def steps(x, n):
    y = x.copy()
    for _ in range(n):
        y = y + 0.1 * np.sin(y @ x)
        if y[0] > 1.0:
            y = y * 0.5
    return np.sum(y**2)


def of_matrix(A):
    return np.trace(A @ A.T) * A[0, 1]


def of_settings(settings):
    return settings["scale"] * sum(v * v for v in settings["values"])


X = np.array([0.3, 0.5, 0.9])
CALLS = [
    (horner, ([0.3, 0.5, 0.7],)),
    (of_rows, ([[1.0, 2.0], [3.0, 4.0, 5.0]],)),
    (steps, (X, 4)),
    (of_matrix, (np.arange(6.0).reshape(2, 3),)),
    (of_settings, ({"scale": 2.0, "values": [1.0, 2.0]},)),
]


def same(left, right):
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return all(same(a, b) for a, b in zip(left, right, strict=True))
    return np.shape(left) == np.shape(right) and np.allclose(left, right, rtol=1e-13)


@pytest.mark.parametrize(("function", "args"), CALLS, ids=[f.__name__ for f, _ in CALLS])
def test_forward_mode_by_containers_agrees_with_reverse(function, args):
    value, slopes = value_and_grad(function, mode="forward")(*args)
    assert value == function(*args)
    assert same(slopes, grad(function, mode="reverse")(*args))


def test_nothing_is_recorded():
    assert "tape" not in grad(horner, mode="forward").source
    assert "tape" in grad(horner, mode="reverse").source


def test_the_gradient_has_the_dtype_of_the_array():
    def energy(x):
        return np.sum(x * x)

    slopes = grad(energy, mode="forward")(X.astype("float32"))
    assert slopes.dtype == np.float32


def test_what_the_function_prints_is_printed_once(capsys):
    def loud(x):
        total = 0.0
        for v in x:
            print("step")
            total = total + v * v
        return total

    assert grad(loud, mode="forward")([1.0, 2.0]) == [2.0, 4.0]
    assert capsys.readouterr().out == "step\nstep\n"


def residuals(p, t):
    return p[0] * np.exp(-p[1] * t) + p[2]


def of_loop(p, t):
    found = []
    for tk in t:
        found.append(p[0] * tk + p[1] * tk * tk * p[0])
    return np.array(found)


def products(A):
    return A @ A.T


def both(p, c):
    return np.sum(p) * c, np.outer(p, p) * c


T = np.linspace(0.0, 1.0, 4)
COLUMNS = [
    (residuals, (X, T), 0),
    (of_loop, (X, T), 0),
    (products, (np.arange(6.0).reshape(2, 3),), 0),
    (both, (X, 2.0), (0, 1)),
]


@pytest.mark.parametrize(
    ("function", "args", "wrt"), COLUMNS, ids=[f.__name__ for f, _, _ in COLUMNS]
)
def test_jacobians_by_columns_agree_with_those_by_rows(function, args, wrt):
    found = jacobian(function, wrt=wrt, mode="forward")(*args)
    expected = jacobian(function, wrt=wrt, mode="reverse")(*args)
    assert all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-13)
        for a, b in zip(_leaves(found), _leaves(expected), strict=True)
    )


def _leaves(value):
    return [leaf for part in value for leaf in _leaves(part)] if type(value) is tuple else [value]


def test_auto_takes_columns_for_least_squares_and_rows_for_few_results():
    def two(x):
        return np.array([np.sum(x**2), np.sum(np.sin(x))])

    columns, rows = jacobian(residuals), jacobian(two)
    columns(X, T)
    rows(X)
    assert "columns.append" in columns.source
    assert "rows.append" in rows.source


def test_hessians_by_arrays_take_forward_mode():
    assert np.allclose(hessian(steps, mode="forward")(X, 3), hessian(steps)(X, 3), rtol=1e-12)


def test_jacobians_of_lists_by_columns_are_refused():
    def doubled(x):
        return [2.0 * v for v in x]

    with pytest.raises(ArgumentError, match="no Jacobian of lists or by lists"):
        jacobian(doubled, mode="forward")([1.0, 2.0])
