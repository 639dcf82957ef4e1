"""Heaps of numbers and tuples, sorted lists of tuples, writes by functions of the library."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests.differences import along

LIST = [1.1, 2.5, 0.7, 3.2, 0.4]
EDGES = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]


def shortest_path(w):
    neighbours = [[] for _ in range(4)]
    for (a, b), c in zip(EDGES, w, strict=True):
        neighbours[a].append((b, c))
        neighbours[b].append((a, c))
    distance = [math.inf] * 4
    distance[0] = 0.0
    queue = [(0.0, 0)]
    while queue:
        d, u = heapq.heappop(queue)
        if d > distance[u]:
            continue
        for v, c in neighbours[u]:
            if d + c < distance[v]:
                distance[v] = d + c
                heapq.heappush(queue, (distance[v], v))
    return distance[3] ** 2 + distance[1]


def huffman(w):
    heap = [e * e for e in w]
    heapq.heapify(heap)
    cost = 0.0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        cost += both
        heapq.heappush(heap, both)
    return cost


def largest_three(w):
    held = []
    for e in w:
        if len(held) < 3:
            heapq.heappush(held, e)
        elif e > held[0]:
            heapq.heapreplace(held, e)
    return sum(held) + held[1] * held[2]


def running_median(w):
    low, high = [], []
    total = 0.0
    for e in w:
        heapq.heappush(low, -heapq.heappushpop(high, e))
        if len(low) > len(high):
            heapq.heappush(high, -heapq.heappop(low))
        total += high[0] ** 2
    return total


def events(w):
    queue = [(t, kind) for kind, t in enumerate(w)]
    heapq.heapify(queue)
    clock = cost = 0.0
    while queue and clock < 4.0:
        t, kind = heapq.heappop(queue)
        cost += (t - clock) ** 2 * (kind + 1)
        clock = t
        if kind < 3:
            heapq.heappush(queue, (t + 0.9 * w[kind + 1], kind + 1))
    return cost


def merged(w):
    evens, odds = sorted(w[::2]), sorted(w[1::2])
    return sum(k * e * e for k, e in enumerate(heapq.merge(evens, odds)))


def ranked(w):
    pairs = sorted((e * e, k) for k, e in enumerate(w))
    smallest, place = min((e, k) for k, e in enumerate(w))
    return sum(e * k for e, k in pairs[:3]) + smallest * place


class Part(NamedTuple):
    price: float
    weight: float


def sorted_in_place(w):
    parts = [Part(-e, e * e) for e in w]
    parts.sort(key=lambda part: part.price)
    rows = [(k % 2, e) for k, e in enumerate(w)]
    rows.sort()
    return 3.0 * parts[0].weight + parts[1].weight + rows[0][1] * rows[-1][1]


def by_unbound_methods(w):
    held = [w[0], w[1]]
    list.append(held, w[2] * w[3])
    table = {"a": w[0]}
    dict.update(table, a=w[4] ** 2)
    return held[-1] * table["a"]


PROGRAMS = (
    shortest_path,
    huffman,
    largest_three,
    running_median,
    events,
    merged,
    ranked,
    sorted_in_place,
    by_unbound_methods,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_slopes_of_heaps_are_those_of_differences(f: Callable[..., Any], mode: str) -> None:
    value, found = value_and_grad(f, mode=mode)(list(LIST))
    assert value == f(list(LIST))
    for k, slope in enumerate(found):
        direction = np.eye(len(LIST))[k]
        wanted = along(lambda h, d=direction: f((np.asarray(LIST) + h * d).tolist()))[0]
        assert slope == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


def test_entries_of_a_heap_stand_where_heapq_puts_them() -> None:
    def f(w, n):
        heap = []
        for e in w:
            heapq.heappush(heap, (e, len(heap)))
        for _ in range(n):
            heapq.heappop(heap)
        return sum(2.0**k * e for k, (e, _) in enumerate(heap))

    for seed in range(5):
        w = np.random.default_rng(seed).integers(0, 9, 12).astype(float).tolist()
        for n in range(5):
            assert value_and_grad(f)(w, n)[0] == f(w, n)


def test_an_empty_heap_raises_what_python_raises() -> None:
    def f(x, n):
        heap = [x] * n
        return heapq.heappop(heap)

    assert grad(f)(1.5, 2) == 1.0
    with pytest.raises(IndexError):
        grad(f)(1.5, 0)
