"""Queues and windows: ``collections.deque``, and lists that change at their left end; order."""

from __future__ import annotations

import bisect
import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter, itemgetter, methodcaller
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp, value_and_grad
from tests.differences import along

LIST = [1.3, 2.1, 4.2, 3.4, 0.5]


def moving_average(v):
    window = deque(maxlen=3)
    out = []
    for e in v:
        window.append(e)
        out.append(sum(window) / len(window))
    return sum(e * e for e in out)


def running_total(v):
    window = deque()
    total = out = 0.0
    for e in v:
        window.append(e)
        total += e
        if len(window) > 2:
            total -= window.popleft()
        out += total * total
    return out


def taps(v):
    held = deque([0.0] * 3, maxlen=3)
    out = 0.0
    for e in v:
        held.appendleft(e)
        out += sum(c * h for c, h in zip((0.5, 0.2, 0.1), held, strict=True)) ** 2
    return out * held[0] * held[-1]


def turned(v):
    held = deque(v)
    held.rotate(2)
    held.extend(v[:2])
    held.pop()
    return sum((i + 1) * e * e for i, e in enumerate(held)) * len(held)


def breadth_first(v):
    waiting = deque([(0, 1.0)])
    total = 0.0
    while waiting:
        i, weight = waiting.popleft()
        total += weight * v[i] ** 2
        for j in (2 * i + 1, 2 * i + 2):
            if j < len(v):
                waiting.append((j, 0.5 * weight))
    return total


def lists_from_the_left(v):
    held = list(v)
    total = 0.0
    for i in range(3):
        first = held.pop(0)
        held.insert(0, first * held[0])
        held.insert(0, total + i)
        total += math.prod(held[:3])
    return total


def smallest_and_largest(v):
    return sum(e * e for e in heapq.nsmallest(2, v)) * heapq.nlargest(1, v)[0]


def median_so_far(v):
    held = []
    total = 0.0
    for e in v:
        bisect.insort(held, e)
        total += held[len(held) // 2] ** 2
    return total


@dataclass
class Part:
    price: float
    weight: float

    def value(self, factor):
        return factor * self.price / self.weight


def by_attributes(v):
    parts = [Part(e, e * e + 1.0) for e in v]
    cheap = sorted(parts, key=attrgetter("weight"))
    worth = sorted(parts, key=methodcaller("value", 2.0), reverse=True)
    pairs = sorted([(e, 1.0 / e) for e in v], key=itemgetter(1))
    total = sum((i + 1) * part.price for i, part in enumerate(cheap))
    total += sum((i + 1) * part.price**2 for i, part in enumerate(worth))
    return total + sum((i + 1) * a * b * b for i, (a, b) in enumerate(pairs))


def first_and_rest(v):
    total = 0.0
    for first, *rest in [[e, 2.0, e * e] for e in v]:
        total += first * sum(rest)
    return total


PROGRAMS = (
    moving_average,
    running_total,
    taps,
    turned,
    breadth_first,
    lists_from_the_left,
    smallest_and_largest,
    median_so_far,
    by_attributes,
    first_and_rest,
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_slopes_of_queues_are_those_of_differences(f: Callable[..., Any]) -> None:
    found = grad(f)(list(LIST))
    value, again = value_and_grad(f)(list(LIST))
    assert value == f(list(LIST))
    assert again == found
    for k, slope in enumerate(found):
        direction = np.eye(len(LIST))[k]
        wanted = along(lambda h, d=direction: f((np.asarray(LIST) + h * d).tolist()))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("f", [moving_average, taps, lists_from_the_left], ids=lambda f: f.__name__)
def test_queues_have_second_derivatives(f: Callable[..., Any]) -> None:
    slope, ones = grad(f), [1.0] * len(LIST)
    wanted = along(lambda h: slope([e + h for e in LIST]))[0]
    (_, found) = hvp(f)(list(LIST), ones)
    assert found == pytest.approx(list(wanted), rel=1e-5, abs=1e-6)


def test_a_window_reads_as_a_list_with_two_ends() -> None:
    slope = grad(moving_average)
    slope(list(LIST))
    assert "window.pop(0)" in slope.source
    assert "window_bar.insert(0, 0.0)" in slope.source
    assert "# queues.py" not in slope.source


def test_an_empty_deque_raises_what_python_raises() -> None:
    def f(x, n):
        held = deque([x] * n)
        return held.popleft() + held.popleft()

    assert value_and_grad(f)(1.5, 2) == (3.0, 2.0)
    with pytest.raises(IndexError, match="pop from an empty deque"):
        value_and_grad(f)(1.5, 1)
