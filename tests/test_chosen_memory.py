"""Arrays that are another name of one that is written over: read before it is, or not so named."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.differences import along

U = np.array([0.3, 1.2, -0.7])
W = np.array([0.2, 0.5, 0.3])


def smoothed(k, u, w):
    for _ in range(5):
        u = u + 0.1 * k * np.convolve(u, w, "same")
    return u @ u


def masked(k, u, w):
    for _ in range(3):
        u = u + 0.1 * k * u[u > -10.0] ** 2
    return u @ w


def shifted(k, u, w):
    for _ in range(3):
        v = np.convolve(u, w, "same")
        u = u + k * v
        u[1:] += v[1:] * u[:-1]
    return u @ w


def nested(k, u, w):
    for _ in range(3):
        for _ in range(2):
            c = np.convolve(u, w, "full")[1:-1]
            u = u - k * c + 0.1 * u * c
        w = w + 0.1 * np.convolve(u, u, "same")
    return (u * w).sum()


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("f", [smoothed, masked, shifted, nested])
def test_an_adjoint_that_is_added_to_is_read_before_under_its_other_names(f, mode):
    value, (k_bar, u_bar, w_bar) = value_and_grad(f, wrt=(0, 1, 2), mode=mode)(0.3, U, W)
    assert value == f(0.3, U.copy(), W)
    expected, noise = along(lambda h: f(0.3 + h, U.copy(), W))
    assert k_bar == pytest.approx(expected, rel=1e-8, abs=10.0 * noise)
    for bar, moved in (
        (u_bar, lambda h, d: f(0.3, U + h * d, W)),
        (w_bar, lambda h, d: f(0.3, U.copy(), W + h * d)),
    ):
        for d in np.eye(3):
            expected, noise = along(lambda h, d=d, moved=moved: moved(h, d))
            assert bar @ d == pytest.approx(expected, rel=1e-8, abs=10.0 * noise + 1e-10)


def alternating(x, w, n):
    y = x * 1.0
    for i in range(n):
        y = y / (1.5 + w * w) if i % 2 == 0 else y * 0.9
    return np.sum(y)


def alternating_thrice(x, w, n):
    y = x * 1.0
    for i in range(n):
        if i % 3 == 0:
            y = y * w
        elif i % 3 == 1:
            y = y * 0.9
        else:
            y = 0.1 * y + 0.2 * w * w
    return np.sum(y * y)


@pytest.mark.parametrize("f", [alternating, alternating_thrice])
@pytest.mark.parametrize("n", [2, 3, 7])
def test_what_one_arm_records_is_not_written_over_by_another_in_a_later_step(f, n):
    x, w = np.array([0.3, 0.4]), np.array([0.5, 0.7])
    value, slope = value_and_grad(f, wrt="w", mode="reverse")(x, w, n)
    assert value == f(x, w, n)
    for k in range(2):
        moved = w.astype(complex)
        moved[k] += 1e-40j
        assert slope[k] == pytest.approx(f(x, moved, n).imag / 1e-40, rel=1e-13)


def smooth(a):
    b = a.copy()
    for i in range(1, len(a) - 1):
        b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3.0
    return b


def repeated_beside_rows(x):
    y = x * 1.5
    z = np.repeat(x[:2], 2) + smooth(x)
    return z @ y


def summed_beside_rows(x):
    z = np.repeat(x[:2], 2) + smooth(x)
    return z.sum()


@pytest.mark.parametrize("f", [repeated_beside_rows, summed_beside_rows])
def test_a_loop_does_not_clear_what_is_read_behind_it_under_another_name(f):
    x = np.array([0.8137, 0.3371, 1.2519, -0.4243])
    value, slope = value_and_grad(f, mode="reverse")(x)
    assert value == f(x)
    for k in range(4):
        moved = x.astype(complex)
        moved[k] += 1e-40j
        assert slope[k] == pytest.approx(f(moved).imag / 1e-40, rel=1e-13)
