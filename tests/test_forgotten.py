"""Adjoints of entries are cleared where a later step reads them, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests import oracle


def squares(x: float) -> float:
    total = 0.0
    a = [0.0] * 5
    for i in range(5):
        a[i] = x * i
        total += a[i] ** 2
    return total


def recurrence(x: float) -> float:
    a = [1.0] * 6
    for i in range(1, 6):
        a[i] = x * a[i - 1] + a[i] * 0.5
    return a[5] * a[2]


def around(x: float) -> float:
    """At 0 the entry before is the last one, which has been written by then."""
    a = [1.0, 2.0, 3.0, 4.0]
    for i in range(4):
        a[i] = x * a[i - 1] + a[i] * x
    return a[3] * a[1]


def backwards(x: float) -> float:
    a = [x] * 6
    for i in range(4, -1, -1):
        a[i] = a[i + 1] * x - a[i] ** 2
    return a[0]


def written_twice(x: float) -> float:
    a = [1.0] * 5
    for i in range(1, 5):
        a[i] = x * a[i - 1]
        a[i - 1] = x + a[i] * a[i - 1]
    return a[4] + a[3]


def overwritten(x: float) -> float:
    a = [x] * 5
    for i in range(4):
        a[i + 1] = a[i] * x
        a[i] = 2.0 * x
    return sum(a)


def inner(x: float) -> float:
    b, total = [1.0] * 4, 0.0
    for n in range(3):
        a = [x] * 4
        for i in range(1, 4):
            a[i] = a[i - 1] * b[i] * x
            b[i] = a[i] + n
        total += a[3]
    return total


LOOPS = [squares, recurrence, around, backwards, written_twice, overwritten, inner]


@pytest.mark.parametrize("f", LOOPS)
def test_gradients_are_those_of_the_loop(f: Callable[[float], float]) -> None:
    assert oracle.agrees(oracle.derivative(f, (0.7,)), grad(f, mode="reverse")(0.7))


@pytest.mark.parametrize("f", [squares, recurrence, backwards])
def test_what_no_step_reads_is_not_cleared(f: Callable[[float], float]) -> None:
    _, _, steps = grad(f, mode="reverse").source.partition("a_bar = [0.0]")
    assert "a_bar[i" in steps
    assert "] = 0.0" not in steps, steps


def variances(x: Any) -> Any:
    s = np.empty(len(x))
    s[0] = 0.1
    for t in range(1, len(x)):
        s[t] = 0.2 + 0.3 * x[t - 1] ** 2 + 0.5 * s[t - 1]
    return np.sum(np.log(s) + x**2 / s)


def test_the_same_of_arrays() -> None:
    x = np.array([0.3, -0.5, 0.9, 0.2])
    slope = grad(variances)
    steps = 1e-6 * np.eye(4)
    expected = [(variances(x + step) - variances(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(slope(x), expected, rtol=1e-7)
    _, _, loop = slope.source.partition("in reversed(")
    assert "s_bar[t - 1] +=" in loop
    assert "] = 0.0" not in loop
