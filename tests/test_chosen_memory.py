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
