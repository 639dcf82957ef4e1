"""Names that hold None until a loop binds an array, or a row of one, to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hvp, value_and_grad
from tests.differences import along

X = np.random.default_rng(0).normal(size=(5, 3))
W = np.array([0.3, 0.5, 0.7])


def squared_steps(X, w):
    previous = None
    total = 0.0
    for row in X:
        if previous is not None:
            total += ((row - previous) * w).sum() ** 2
        previous = row
    return total


def by_places(X, w):
    previous = None
    total = 0.0
    for k in range(len(X)):
        row = X[k]
        if previous is not None:
            total += np.exp(-np.sum(previous * row * w))
        previous = row
    return total + (previous @ w if previous is not None else 0.0)


def shifted_names(X, w):
    before, now = None, None
    total = 0.0
    for row in X:
        before, now = now, row
        if before is not None:
            total += np.sum(before * now * w) ** 2
    return total


def momentum(X, w):
    m = None
    for row in X:
        step = row * w
        if m is None:  # noqa: SIM108 (as it is written)
            m = step
        else:
            m = 0.9 * m + 0.1 * step
    return np.sum(m * m * w)


def largest(X, w):
    best = None
    for row in X:
        if best is None or row @ w > best @ w:
            best = row
    return (best @ w) ** 2


def bounds(X, w):
    low = None
    for column in X.T:
        low = column if low is None else np.minimum(low, column)
    return low.sum() * w[0]


PROGRAMS = (squared_steps, by_places, shifted_names, momentum, largest, bounds)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_rows_that_a_step_leaves_to_the_next_have_their_slopes(
    f: Callable[..., float], mode: Any
) -> None:
    value, (by_x, by_w) = value_and_grad(f, wrt=("X", "w"), mode=mode)(X, W)
    assert value == f(X, W)
    for at in np.ndindex(*X.shape):
        step = np.zeros_like(X)
        step[at] = 1.0
        wanted = along(lambda h, step=step: f(X + h * step, W))[0]
        assert by_x[at] == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)
    for k, step in enumerate(np.eye(3)):
        wanted = along(lambda h, step=step: f(X, W + h * step))[0]
        assert by_w[k] == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_rows_before_have_second_derivatives(f: Callable[..., float]) -> None:
    direction = np.random.default_rng(1).normal(size=X.shape)
    product = hvp(f, wrt="X")(X, W, direction)[1]
    slope = grad(f, wrt="X")
    for at in [(0, 0), (2, 1), (4, 2)]:
        wanted = along(lambda h, at=at: slope(X + h * direction, W)[at])[0]
        assert product[at] == pytest.approx(float(wanted), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("f", "error"), [(momentum, TypeError), (largest, ValueError)], ids=["momentum", "largest"]
)
def test_none_is_no_array(f: Callable[..., float], error: type[Exception]) -> None:
    nothing = np.zeros((0, 3))
    with pytest.raises(error):
        f(nothing, W)
    with pytest.raises(error):
        grad(f, wrt="X")(nothing, W)


def test_a_row_before_that_is_written_to_is_refused() -> None:
    def f(X):
        Y = X * 2.0
        previous = None
        for row in Y:
            if previous is not None:
                previous[0] += row[0]
            previous = row
        return Y.sum()

    with pytest.raises(UnsupportedError, match="written to"):
        grad(f)(X)


def test_a_row_before_whose_array_is_written_to_is_refused() -> None:
    def f(X):
        Y = X * 2.0
        previous = None
        total = 0.0
        for k in range(len(Y)):
            if previous is not None:
                Y[k - 1] = Y[k - 1] * 3.0
                total += previous.sum()
            previous = Y[k]
        return total

    with pytest.raises(UnsupportedError, match="written to"):
        grad(f)(X)
