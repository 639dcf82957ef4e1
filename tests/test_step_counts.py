"""Loops of which the way back needs nothing but how often they ran."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, value_and_grad
from tests import oracle


def doubled(x, y):
    t = y
    while t < 100.0:
        t += x
        t *= 2.0
    return t


def left_by_break(x, y):
    t = 0.0
    for _ in range(50):
        t = 3.0 * (t + x)
        if t > 90.0:
            break
    return t - y


def endless(x, y):
    t = 0.0
    while True:
        t += x
        done = t > 5.0
        t *= 2.0
        if done:
            break
    return t + y


def with_finally(x, y):
    t = y
    while True:
        try:
            t += x
            if t > 5.0:
                break
        finally:
            t *= 2.0
    return t


def nested(x, y):
    total = 0.0
    for i in range(4):
        t = y
        while t < 10.0 + i:
            t = 2.0 * t + x
        total += t
    return total


def nested_twice(x, y):
    total = 0.0
    while total < 60.0:
        t = y
        while t < 10.0:
            t = 2.0 * t + x
        total = 2.0 * total + t
    return total


def found(x, y):
    total = y
    for _ in range(3):
        for k in range(20):
            total = total + x
            if k * total > 40.0:
                break
        total *= 0.5
    return total


def gathered(x, y):
    ts = []
    t = y
    while t < 30.0:
        t = 2.0 * t + x
        ts.append(3.0 * x)
    return sum(ts)


def behind_a_branch(x, y):
    t = y
    if x > 0.5:
        while t < 100.0:
            t = 2.0 * (t + x)
    return t


def array_steps(x, y):
    t = np.array([x, y])
    while t[0] < 50.0:
        t = 2.0 * t + x
    return t[0] + t[1]


def opposite_sums(x, y):
    t, c = x, 1.0
    for _ in range(4):
        c -= 2.0 * y + math.tanh(y)
        t -= c + c
    return t


def settled_in_the_loop(x, y):
    a, b = x, y
    n = 0
    while n < 3:
        n += 1
        b = b * 1.0
        a = b
    return a * x


CASES = (
    doubled,
    left_by_break,
    endless,
    with_finally,
    nested,
    nested_twice,
    found,
    gathered,
    behind_a_branch,
    array_steps,
    opposite_sums,
    settled_in_the_loop,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_the_way_back_takes_as_many_steps(f: Callable[..., Any], mode: str) -> None:
    point = (0.7, 0.9)
    slopes = grad(f, wrt=("x", "y"), mode=mode)(*point)
    value, again = value_and_grad(f, wrt=("x", "y"), mode=mode)(*point)
    assert oracle.same_bits(value, f(*point))
    assert again == slopes
    for k in range(2):
        assert oracle.agrees(oracle.derivative(f, point, wrt=k), float(slopes[k]))


@pytest.mark.parametrize("f", [doubled, nested, found], ids=lambda f: f.__name__)
def test_second_derivatives_take_as_many_steps(f: Callable[..., Any]) -> None:
    def curved(x, y):
        return f(x * y, y) * x

    point = (0.7, 0.9)
    rows = hessian(curved, wrt=("x", "y"))(*point)
    for j, row in enumerate(rows):
        slope = grad(curved, wrt=j, mode="forward")
        for k, entry in enumerate(row):
            assert oracle.agrees(oracle.derivative(slope, point, wrt=k), float(entry))
