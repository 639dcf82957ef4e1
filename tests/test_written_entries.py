"""Adjoints of arrays that f makes of numbers, and of which it hands on one."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import grad, hessian
from tests.differences import along


def product(a, b):
    w, x, y, z = a
    W, X, Y, Z = b
    return np.array(
        [
            w * W - x * X - y * Y - z * Z,
            w * X + x * W + y * Z - z * Y,
            w * Y - x * Z + y * W + z * X,
            w * Z + x * Y - y * X + z * W,
        ]
    )


def turned(q, v):
    return product(product(q, np.concatenate(([0.0], v))), q * np.array([1, -1, -1, -1]))[1:][1]


def one_of_quotients(x):
    return np.array([x[0] / x[1], x[2] / x[1], x[0] * x[2]])[1]


def doubled_entry(x):
    made = np.array([x[0] * x[1], x[1] ** 3, x[2]])
    return made[0] * made[0] + made[0] + made[2]


def narrow(x):
    made = np.array([x[0] * x[1], x[1] * x[2]])
    return made[1] * np.float32(3.0)


def last(x):
    return np.array([x[0] * x[1], x[1] / x[2]])[-1]


POINTS = {
    turned: (np.array([0.3, -0.7, 1.1, 0.4]), np.array([0.2, 0.5, -0.4])),
    one_of_quotients: (np.array([0.3, -0.7, 1.1]),),
    doubled_entry: (np.array([0.3, -0.7, 1.1]),),
    narrow: (np.array([0.3, -0.7, 1.1]),),
    last: (np.array([0.3, -0.7, 1.1]),),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", POINTS)
def test_what_is_made_of_numbers_has_the_slope_of_the_number_that_is_read(function, mode):
    x, *rest = POINTS[function]
    slope = grad(function, mode=mode)(x, *rest)
    curvature = hessian(function)(x, *rest)
    for k, direction in enumerate(np.eye(len(x))):
        value, noise = along(lambda h, d=direction: function(x + h * d, *rest))
        assert abs(slope[k] - value) <= 1e-9 + noise
        row, noise = along(lambda h, d=direction: grad(function)(x + h * d, *rest))
        assert np.abs(curvature[k] - row).max() <= 1e-8 + noise


def test_no_adjoint_is_made_of_an_array_of_which_one_number_is_read():
    slope = grad(turned)
    slope(*POINTS[turned])
    assert "if " not in slope.source
    assert slope.source.count("np.zeros") == 1


def test_an_entry_that_is_not_read_is_not_felt_where_its_slope_is_infinite():
    x = np.array([0.0, 2.0, 0.0])

    def f(x):
        return np.array([np.sqrt(x[0]), x[1] / 3.0, x[2] ** 0.5 / x[0]])[1:][0]

    with np.errstate(all="ignore"):
        assert grad(f)(x).tolist() == [0.0, 1.0 / 3.0, 0.0]


def test_an_entry_that_a_loop_does_not_choose_is_not_felt_where_its_slope_is_infinite():
    def f(x, w, n):
        total = 0.0
        for k in range(n):
            made = np.array([np.sqrt(x[k]) * w / 2.0, x[k] ** 2 * w])
            total += made[1] if x[k] <= 0.0 else made[0]
        return total

    x = np.array([0.0, 4.0, 9.0])
    assert grad(f)(x, 3.0, 3).tolist() == [0.0, 0.375, 0.25]
    assert grad(f, wrt="w")(x, 3.0, 3) == 2.5


def test_a_row_of_an_adjoint_is_no_entry_of_it():
    def f(x, y):
        a = np.array([[1.0, 2.0], [3.0, 4.0]]) * x
        a[0, 0] = x * y
        row = a[0]
        row *= y
        return a[0, 0] * a[0, 1] + a[1].sum()

    slope = grad(f, wrt=("x", "y"))(1.5, 0.7)
    for k, step in enumerate(np.eye(2)):
        value, noise = along(lambda h, d=step: f(1.5 + h * d[0], 0.7 + h * d[1]))
        assert abs(slope[k] - value) <= 1e-8 + noise
