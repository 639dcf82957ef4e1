"""What every step of a loop makes anew, of any length, and what is read behind the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad, vjp
from tests import oracle


def list_of_the_last_step(x: float, limit: float) -> float:
    for size in (2, 5, 3, 7):
        row = [x * x * k for k in range(size)]
        if x * size > limit:
            break
    return sum(row) * row[-1]


def rows_of_the_last_step(x: float, limit: float) -> float:
    size = 1
    while True:
        rows = [[x * k, 2 * x] for k in range(size)]
        size += 1
        if x * size > limit:
            break
    return rows[-1][0] * rows[0][1] + len(rows) * x


def array_of_the_last_step(x: float, limit: float) -> float:
    for size in np.arange(5.0, 1.0, -1.0):
        values = np.ones(int(size)) * x * x
        if x * size < limit:
            break
    return values[0] * values.sum()


def beside_a_sum(x: float, limit: float) -> float:
    total = 0.0
    for size in range(2, int(limit), 2):
        part = [x * x * k for k in range(size)]
        total += part[-1] * x
    return total + part[1]


def two_that_grow_apart(x: float, limit: float) -> float:
    for size in range(1, 4):
        short, long = [x] * size, [x * x] * (2 * size)
        if sum(long) > limit:
            break
    return sum(short) * long[-1]


PROGRAMS = [
    list_of_the_last_step,
    rows_of_the_last_step,
    array_of_the_last_step,
    beside_a_sum,
    two_that_grow_apart,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_the_last_step_made_has_its_slope(f: Callable[..., Any], mode: str) -> None:
    slopes = value_and_grad(f, mode=mode)
    for x, limit in ((1.5, 7.0), (0.5, 9.2), (2.5, 3.6)):
        value, slope = slopes(x, limit)
        assert oracle.same_bits(value, f(x, limit))
        assert oracle.agrees(oracle.derivative(f, (x, limit)), slope)


def lists(x: float, limit: float) -> tuple[list[float], list[float]]:
    for size in np.arange(2.0, 9.0, 3.0):
        path, speed = [], []
        for t in np.arange(0.0, size, 1.0):
            path.append(x * t * t / size)
            speed.append(x * x * t / size)
        if max(speed) <= limit:
            break
    return path, speed


def test_adjoints_of_lists_that_the_last_step_made_are_pulled_back() -> None:
    path, speed = lists(1.5, 1.2)
    bars = [1.0 + k for k in range(len(path))], [0.5 - k for k in range(len(speed))]

    def weighted(x: float) -> float:
        path, speed = lists(x, 1.2)
        return float(np.dot(bars[0], path) + np.dot(bars[1], speed))

    value, slope = vjp(lists, "x")(1.5, 1.2, bars)
    assert oracle.same_bits(value, (path, speed))
    assert oracle.agrees(oracle.derivative(weighted, (1.5,)), float(slope))


def test_a_loop_without_steps_leaves_nothing() -> None:
    def made(x: float, sizes: list[int]) -> float:
        for size in sizes:
            row = [x * k for k in range(size)]
        return sum(row)

    slope = grad(made, mode="reverse")
    assert slope(1.5, [2, 4]) == 6.0
    with pytest.raises(UnboundLocalError):
        slope(1.5, [])
