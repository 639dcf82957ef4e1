"""Large arrays that nobody reads again are deleted before the most memory is needed."""

from __future__ import annotations

import ast
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from chainrule import grad
from chainrule.emit.memory.letting_go import deletable
from tests.differences import along


def likelihood(K, scale, y):
    K = np.exp(2.0 * scale) * K + 0.1 * np.eye(len(y))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L)))


def kernel(scale, X, y):
    gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(scale)
    K = np.exp(-0.5 * np.sum(gaps**2, axis=2))
    return likelihood(K, scale, y)


def looked_into(scale, X, y):
    gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(scale)
    first = gaps[0]
    K = np.exp(-0.5 * np.sum(gaps**2, axis=2))
    return likelihood(K, scale, y) * np.sum(first**3)


def in_one_arm(scale, X, y):
    if len(y) > 2:
        gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(scale)
        K = np.exp(-0.5 * np.sum(gaps**2, axis=2))
    else:
        K = np.exp(-(X @ X.T))
    return likelihood(K, scale, y)


def step_by_step(scale, X, y):
    total = 0.0
    for k in range(40):
        gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(scale + 0.1 * k)
        K = np.exp(-0.5 * np.sum(gaps**2, axis=2))
        total += likelihood(K, scale, y)
    return total


def short(scale, X, y):
    gaps = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) / np.exp(scale)
    return np.sum(gaps**4) * y[0]


FUNCTIONS = (kernel, looked_into, in_one_arm, step_by_step, short)
N, D = 60, 8
RANDOM = np.random.default_rng(1)
X, Y = RANDOM.normal(size=(N, D)), RANDOM.normal(size=N)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradients_that_delete_arrays_are_right(f: Callable[..., Any]) -> None:
    expected, noise = along(lambda h: f(0.2 + h, X, Y))
    found = grad(f, mode="reverse")(0.2, X, Y)
    assert found == pytest.approx(float(expected), abs=10.0 * noise + 1e-7 * abs(found))


def deleted(f: Callable[..., Any]) -> list[str]:
    """The names that the gradient of ``f`` deletes."""
    gradient = grad(f, mode="reverse")
    gradient(0.2, X, Y)
    lines = re.findall(r"^ +del (.*)$", gradient.source, re.MULTILINE)
    return [name for line in lines for name in line.split(", ")]


def test_the_largest_array_is_not_there_when_most_is_needed() -> None:
    assert deleted(kernel) == ["gaps"]
    gradient = grad(kernel, mode="reverse")
    gradient(0.2, X, Y)
    tracemalloc.start()
    gradient(0.2, X, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The differences, divided in memory of their own; or eight of the arrays of one number a pair.
    assert peak < (2 * D + 1) * 8 * N * N


@pytest.mark.parametrize("f", FUNCTIONS[1:], ids=lambda f: f.__name__)
def test_what_may_be_read_or_never_made_is_not_deleted(f: Callable[..., Any]) -> None:
    assert "gaps" not in deleted(f)


def test_what_a_function_within_holds_is_not_deleted() -> None:
    body = ast.parse(
        "a = b = f(x)\nc = [b]\nd = lambda: a\ne = (k for k in c)\nif x:\n    g = b"
    ).body
    assert deletable(body) == {"b", "d", "e"}


def hidden(p: float, q: float) -> Any:
    """Each step of a hidden Markov model takes arrays of its own, which its slope needs."""
    moves = np.log(np.array([[p, 1.0 - p], [1.0 - q, q]]))
    state = np.log([0.5, 0.5])
    for bias in ([0.1, 0.9], [0.3, 0.2], [0.7, 0.5], [0.9, 0.4], [0.2, 0.6], [0.3, 0.5]):
        state = logsumexp(state[:, None] + moves, axis=0) + np.array(bias)
    return logsumexp(state)


def test_where_many_lines_of_it_were_needed_nothing_is_deleted() -> None:
    slope = grad(hidden, wrt=("p", "q"), mode="reverse")
    expected, noise = along(lambda h: hidden(0.2 + h, 0.3))
    assert slope(0.2, 0.3)[0] == pytest.approx(float(expected), abs=1e-9 + noise)
    assert "del " not in slope.source
