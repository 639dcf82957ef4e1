"""The two halves of the slope of half a square are the array itself, beside other terms too."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import grad


def ridge(w, X, y):
    return 0.5 * w @ w + np.sum(np.sin(X @ w - y))


def weighted(w, X, y):
    s = y * w
    return s @ w + np.sum(np.sin(X @ w - y))


W, X, Y = np.array([0.7, -0.2]), np.array([[0.5, -1.2], [0.8, 0.3]]), np.array([0.1, 0.4])


def test_no_half_is_added_to_another() -> None:
    slope = grad(ridge)
    assert slope(W, X, Y) == pytest.approx(W + X.T @ np.cos(X @ W - Y), rel=1e-14)
    back = slope.source.partition("# line")[2]
    assert "w_scaled" not in back and back.rstrip().endswith("+ w"), slope.source


def test_what_is_no_half_is_counted_twice() -> None:
    slope = grad(weighted)(W, X, Y)
    assert slope == pytest.approx(2.0 * Y * W + X.T @ np.cos(X @ W - Y), rel=1e-14)
