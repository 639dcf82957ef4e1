"""A branch that asks for a list takes the same arm on the way back, where the list is longer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule import value_and_grad
from tests.differences import along

V = [0.3, 0.2, 0.5, 0.0, 0.7, -0.2, 0.9, -0.4, 1.1]


def runs_of_a_sign(v, a):
    runs = []
    for x in v:
        if runs and (runs[-1][0] > 0) == (x > 0):
            runs[-1][1] += x
        else:
            runs.append([1.0 if x > 0 else -1.0, x * a])
    return sum(r[0] * r[1] ** 2 for r in runs)


def falling_runs(v, a):
    runs = []
    for x in v:
        if runs and runs[-1][0] > x:
            runs[-1][1] += x
        else:
            runs.append([x, x * a])
    return sum(r[0] * r[1] ** 2 for r in runs)


def one_of_several(v, a):
    stack = []
    t = 0.0
    for x in v:
        if stack and x > 0.4:
            t += stack[-1] * x
        elif x > 0.6 or stack:
            t += x * a
        else:
            t -= x * x
        stack.append(x * a)
    return t


def a_list_alone(v, a):
    runs = []
    for x in v:
        if runs:
            runs[-1] = runs[-1] * a + x
        else:
            runs.append(x * a)
    return sum(r**2 for r in runs)


def once(v, a):
    runs = [x * a for x in v if x > 5.0]
    if runs and runs[-1] > a:
        t = runs[-1] * a
    else:
        runs.append(a * a)
        t = a * v[0]
    return t + sum(runs)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [runs_of_a_sign, falling_runs, one_of_several, a_list_alone, once],
    ids=lambda f: f.__name__,
)
def test_the_arm_that_was_taken_is_walked_back(f: Callable, mode: str) -> None:
    v, a = [x + 0.01 for x in V], 0.3
    value, (by_v, by_a) = value_and_grad(f, wrt=("v", "a"), mode=mode)(v, a)
    assert value == f(v, a)
    expected, noise = along(lambda h: f(v, a + h))
    assert by_a == pytest.approx(expected, rel=1e-8, abs=1e-9 + 10.0 * noise)
    for k in range(len(v)):
        step = 1.0 * (np.arange(len(v)) == k)
        expected, noise = along(lambda h, step=step: f((np.array(v) + h * step).tolist(), a))
        assert by_v[k] == pytest.approx(expected, rel=1e-8, abs=1e-9 + 10.0 * noise)
