"""Sets of whole numbers and words that are kept, from which it picks by key or in order."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.slopes import check_against_oracle


def shortest_path(a: float, b: float, c: float) -> float:
    graph = {1: {2: a, 3: b}, 2: {3: c}, 3: {}}
    distance = dict.fromkeys(graph, math.inf)
    distance[1] = 0.0
    waiting = set(graph)
    while waiting:
        near = min(waiting, key=lambda node: distance[node])
        waiting.remove(near)
        for node, length in graph[near].items():
            if distance[near] + length < distance[node]:
                distance[node] = distance[near] + length
    return distance[3] ** 2


def taken_with_operators(a: float, b: float, c: float) -> float:
    values = {1: a, 2: b, 3: a * b}
    waiting = set(values)
    total = 0.0
    while waiting:
        best = max(waiting, key=lambda place: values[place])
        waiting -= {best}
        for place in sorted(waiting):
            if values[place] > values[best] * 0.5:
                total += values[place] * c
        total = total * 0.5 + values[best]
    return total


def made_anew(a: float, b: float, c: float) -> float:
    values = {1: a, 2: b, 3: a * b}
    done = set()
    total = 0.0
    while len(done) < 3:
        best = max(set(values) - done, key=lambda place: values[place])
        done = done | {best}
        total = total * c + values[best] * len(done)
    return total


def known_in_each_step(a: float, b: float, c: float) -> float:
    values = {1: a, 2: b, 3: a * b}
    rest = {1, 2, 3}
    total, steps = 0.0, 0
    while total < 5.0:
        steps += 1
        rest -= {2}
        total = total * c + max(values[place] for place in sorted(rest)) * steps
    return total


def in_pairs(a: float, b: float, c: float) -> float:
    values = [a, b, c, a * b]
    active = set(range(4))
    total = sum(values[i] * values[j] for i, j in sorted({(0, 1), (2, 3)}))
    while len(active) > 1:
        worst = min(active, key=lambda i: values[i])
        best = max(active, key=lambda i: values[i])
        total += values[best] * values[worst] ** 2
        active.difference_update({worst, best})
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [shortest_path, taken_with_operators, made_anew, known_in_each_step, in_pairs]
)
def test_what_is_picked_from_a_set_of_places_is_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (1.3, 2.9, 0.7), ("a", "b", "c"), mode)


def of_several_kinds(a: float, b: float) -> float:
    values = {1: a, "x": b}
    waiting = {1}
    waiting.add("x")
    return values[min(waiting, key=lambda key: values[key])]


def test_a_set_of_several_kinds_is_refused_where_it_is_picked_from() -> None:
    with pytest.raises(UnsupportedError, match="entries of a set that are not known"):
        value_and_grad(of_several_kinds, wrt=("a", "b"))(1.3, 2.9)
