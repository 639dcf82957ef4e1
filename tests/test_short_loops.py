"""Loops of few steps: written out where that is short, else loops as they were."""

from __future__ import annotations

import ast
import heapq
import math

import pytest

from chainrule import grad
from tests import oracle
from tests.slopes import check_slopes


def discount(logs, times, t):
    if t <= 0:
        return 1.0
    if t >= times[-1]:
        return math.exp(logs[-1] * t / times[-1]) if len(times) > 1 else 1.0
    for i in range(len(times) - 1):
        if times[i] <= t <= times[i + 1]:
            w = (t - times[i]) / (times[i + 1] - times[i])
            return math.exp(logs[i] + w * (logs[i + 1] - logs[i]))


def annuity(rate, coupon):
    times, logs = [0.0], [0.0]
    while len(times) < 4:
        times.append(times[-1] + 0.5)
        logs.append(-rate * times[-1] ** 1.1)
    total = 0.0
    for k in range(1, 4):
        total += coupon / 2 * discount(logs, times, k / 2.5)
    return total


def stepped(a, b):
    total = 0.0
    for k in range(1, 3):
        t = k / 2
        if t <= 0:
            total += a
        elif t < b:
            total += a * b
        else:
            total += a * a
    return total


def first_beyond(a, n):
    if n > 7:
        return a
    for i in range(n):
        if i > 2:
            return a * i


def product_with_found(a, b):
    return first_beyond(a, int(b) + 5) * b


def pushed_and_popped(a, b):
    times, total = [0.0], 0.0
    for _ in range(20):
        times.append(float(2))
        total += a * times[-1] * b
        times.pop()
    return total


def between_known_times(a, b):
    times, values = [0.0], [1.0]
    for t in (1, 2):
        times.append(float(t))
        values.append(math.exp(-a * t))
    total = 0.0
    for t in (1, 1.5):
        for i in range(len(times) - 1):
            if times[i] <= t < times[i + 1]:
                total += b * (values[i] + (values[i + 1] - values[i]) * (t - times[i]))
                break
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [annuity, stepped, product_with_found, pushed_and_popped, between_known_times],
    ids=lambda f: f.__name__,
)
def test_slopes_of_short_loops(f, mode: str) -> None:
    check_slopes(f, (0.4, 0.7), mode)


def _source(f, mode: str) -> str:
    gradient = grad(f, wrt=("rate", "coupon") if f is annuity else ("a", "b"), mode=mode)
    gradient(0.4, 0.7)
    return gradient.source


def test_a_short_loop_over_branches_stays_a_loop() -> None:
    source = _source(annuity, "forward")
    assert source.count("= exp(") == 2
    assert "for k in range(1, 4):" in source


def test_comparisons_of_literals_are_decided_while_reading() -> None:
    assert "<= 0" not in _source(stepped, "reverse")
    assert "<= 0" not in _source(stepped, "forward")


def test_an_arm_has_no_tangent_in_a_direction_that_does_not_move_it() -> None:
    source = _source(product_with_found, "forward").partition('"""\n    ')[2]
    assert "= 0.0" not in source


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_is_pushed_and_popped_leaves_no_statement(mode: str) -> None:
    source = _source(pushed_and_popped, mode)
    assert not [line for line in source.splitlines() if line.strip() == "2.0"]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_intervals_of_known_times_are_found_while_reading(mode: str) -> None:
    assert " if " not in _source(between_known_times, mode)


def served(x, y):
    arrivals = [0.3 * k * x for k in range(8)]
    service = [0.5 * y + 0.05 * k for k in range(8)]
    free = [0.0, 0.0]
    waited = 0.0
    for a, s in zip(arrivals, service, strict=True):
        t = heapq.heappop(free)
        start = max(a, t)
        waited += start - a
        heapq.heappush(free, start + s)
    return waited + max(free)


def test_steps_that_have_loops_of_their_own_are_not_written_out() -> None:
    slope = grad(served, wrt=("x", "y"))
    for name, found in zip(("x", "y"), slope(0.7, 1.3), strict=True):
        assert oracle.agrees(oracle.derivative(served, (0.7, 1.3), wrt=name), found)
    loops = [node for node in ast.walk(ast.parse(slope.source)) if isinstance(node, ast.While)]
    assert len(loops) < 6
