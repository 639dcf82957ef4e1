"""Tapes of nested loops: one list, from whose end the way back takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hessian, jacobian
from tests import oracle


def grid(a, n):
    x = a
    for i in range(n):
        for k in range(9):
            x = math.sin(x) * x + a * k
        x = x / (1.0 + i * x * x)
    return x


def triangle(a, n):
    x, s = a, 0.0
    for i in range(n):
        y = x
        for _ in range(i):
            y = math.sin(y) * x + a
        x = x * y + 0.1
        s += x
    return s


def block(a, n):
    x = a
    for i in range(n):
        for j in range(n):
            for _ in range(2):
                x = x * a + x * x
                if x > 3.0:
                    x = x / (x * x)
            x = x * math.cos(a * j)
        x = x + 0.3 * i
    return x


def jumps(a, n):
    x = a
    for i in range(n):
        for k in range(5):
            if x > 2.0:
                break
            x = x * x + a * k
        x = x / (1.0 + x * i)
    return x


def caught(a, n):
    x = a
    for i in range(n):
        try:
            for k in range(4):
                x = math.log(x) * x + math.sqrt(2.0 - k * i) * a
        except ValueError:
            x = 1.0 + a * a
        x = x * x / 3.0
    return x


def chosen(a, n):
    x = a
    for i in range(n):
        for k in range(9):
            y = x * x if k == i else a
            x = math.exp(-x * y) + y * k
        x = x * x
    return x


def two(a, n):
    x = a[0]
    y = a[1]
    for i in range(n):
        for k in range(9):
            x = math.sin(x * y) + k
            y = math.cos(x * y)
        y = y / (1.0 + i * x * x)
    return [x, y]


ONE_LIST = [grid, triangle, block, chosen]


def reversed_gradient(f: Callable[..., Any], *args: Any) -> tuple[Any, str]:
    """The gradient by reverse mode, and its source."""
    slope = grad(f, mode="reverse")
    return slope(*args), str(slope.source)


@pytest.mark.parametrize("f", [*ONE_LIST, jumps, caught])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_slopes_through_nested_loops_are_those_of_the_oracle(f, n):
    found, _ = reversed_gradient(f, 0.4, n)
    assert oracle.agrees(oracle.derivative(f, (0.4, n)), found)


@pytest.mark.parametrize("f", ONE_LIST)
def test_no_step_of_an_outer_loop_makes_a_list_or_looks_one_up(f):
    _, source = reversed_gradient(f, 0.4, 4)
    assert not re.search(r"^ {8,}\w+ = \[\]$", source, re.MULTILINE)
    assert "_tapes =" not in source
    assert source.count(".pop()") >= 1


@pytest.mark.parametrize("f", ONE_LIST)
def test_every_list_is_empty_in_the_end(f):
    _, source = reversed_gradient(f, 0.4, 4)
    popped = sorted(set(re.findall(r"(\w+)\.pop\(\)", source)))
    left = ", ".join(popped)
    space: dict[str, Any] = {}
    exec(re.sub(r"^    return .*$", f"    return [{left}]", source, flags=re.MULTILINE), space)
    assert space[f"grad_{f.__name__}"](0.4, 4) == [[]] * len(popped)


@pytest.mark.parametrize("f", [jumps, caught])
def test_steps_that_may_end_early_have_tapes_of_their_own(f):
    assert ".pop()" not in reversed_gradient(f, 0.4, 4)[1]


def test_tapes_that_are_read_for_every_result_are_not_emptied():
    found = jacobian(two, mode="reverse")
    columns = found([0.7, 0.9], 3)
    assert ".pop()" not in found.source
    for k, row in enumerate(columns):
        for j, found in enumerate(row):
            verdict = oracle.derivative(lambda a, n, k=k: two(a, n)[k], ([0.7, 0.9], 3), path=(j,))
            assert oracle.agrees(verdict, found)


def test_the_second_order_goes_through_such_lists():
    found = hessian(triangle)(0.4, 4)
    slope = grad(triangle, mode="forward")
    assert oracle.agrees(oracle.derivative(lambda a: slope(a, 4), (0.4,)), found)
