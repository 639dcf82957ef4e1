"""Sets, counters and their like, which are kept as they are: a look sees what they hold by then."""

from __future__ import annotations

import array
from collections import Counter

import numpy as np
import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.differences import partials


def lengths_before_and_after(w):
    seen = set()
    before = len(seen)
    seen.add(1)
    return w[0] * (len(seen) - before) + w[1]


def largest_before_and_after(w):
    seen = {3}
    largest = max(seen)
    seen.add(5)
    return w[0] ** largest + w[1] ** max(seen) + w[2] ** min(seen) * sum(seen)


def equal_before_and_after(w):
    one, other = {3}, {3, 4}
    factor = 2.0 if one == other else 1.0
    one.add(4)
    return w[0] * factor + w[1] * (5.0 if one == other else 3.0)


def counters_and_arrays(w):
    count, numbers, text = Counter([3, 3, 1]), array.array("d", [1.0, 2.0]), bytearray(b"ab")
    before = len(count) + 2 * len(numbers) + 4 * len(text)
    count.update([3, 7])
    numbers.append(4.0)
    text.append(5)
    return (
        w[0] * before + w[1] * (len(count) + 8 * len(numbers) + 32 * len(text)) + w[2] ** count[3]
    )


def looks_in_a_loop(w):
    seen, total = set(), 0.0
    for k in range(4):
        total += w[max(seen)] if seen else 0.0
        total += w[len(seen)] * w[0]
        if not seen:
            total += w[4]
        if seen and k > 1:
            total += w[3]
        while len(seen) < 2 and k > 0:
            seen.add(k + len(seen))
            total += w[len(seen)]
        seen.add(k % 5)
    return total


def two_sets_in_turn(w):
    odd, even = set(), {1}
    total = 0.0
    for k in range(4):
        chosen = odd if k % 2 else even
        total += w[len(chosen)]
        chosen.add(k + 2)
        total += w[len(chosen)] * w[0]
    return total


def another_set_in_some_step(w):
    seen, total = set(), 0.0
    for k in range(4):
        total += w[len(seen)] * w[0]
        seen.add(k % 3)
        if k == 2:
            seen = set()
        total += w[len(seen)] * w[1]
    return total


PROGRAMS = (
    lengths_before_and_after,
    largest_before_and_after,
    equal_before_and_after,
    counters_and_arrays,
    looks_in_a_loop,
    two_sets_in_turn,
    another_set_in_some_step,
)
NUMBERS = [1.2, 0.7, 1.9, 0.4, 1.5, 0.9]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_look_at_what_changes_sees_what_it_holds_by_then(f):
    value, slopes = value_and_grad(f)(list(NUMBERS))
    assert value == f(list(NUMBERS))
    for found, (slope, noise) in zip(slopes, partials(lambda *w: f(list(w)), NUMBERS), strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-7, atol=1e-9 + 10.0 * noise)


EDGES = [("s", "a", 1.0), ("s", "bb", 2.5), ("a", "bb", 0.7), ("bb", "t", 1.9), ("a", "t", 3.0)]


def nodes_in_order(w):
    nodes = set()
    for k, (start, end, _) in enumerate(EDGES):
        if end in nodes and k:
            continue
        nodes.add(start)
        nodes.update([end])
    worth = {node: w[k] for k, node in enumerate(sorted(nodes))}
    total = sum(factor * worth[a] * worth[b] for a, b, factor in EDGES)
    return total + worth[min(nodes)] * worth[max(nodes, key=len)]


def nearest_first(w):
    graph = {"s": {"a": w[0], "b": w[1]}, "a": {"b": w[2], "t": w[3]}, "b": {"t": w[4]}, "t": {}}
    distance = dict.fromkeys(graph, 1e9)
    distance["s"] = 0.0
    todo = set(graph)
    while todo:
        node = min(todo, key=lambda n: distance[n])
        todo.remove(node)
        for other, length in graph[node].items():
            distance[other] = min(distance[other], distance[node] + length)
    return distance["t"] * w[5]


def numbers_seen(w):
    seen, total = set(), 0.0
    for k in range(5):
        if seen:
            total += w[sorted(seen)[-1]] * w[max(seen)] * w[min(seen)]
        if k * k % 5 not in seen:
            seen.add(k * k % 5)
    return total + w[len(seen)]


def different_numbers(w):
    squares = [x * x for x in (*w, w[2], w[0])]
    ranked = sorted(set(squares), reverse=True)
    return (
        sum(k * x for k, x in enumerate(ranked)) + len({x * w[1] for x in w}) * w[3] + max(set(w))
    )


SETS = (nodes_in_order, nearest_first, numbers_seen, different_numbers)


@pytest.mark.parametrize("f", SETS, ids=lambda f: f.__name__)
def test_sets_in_order_hold_words_places_or_numbers(f):
    value, slopes = value_and_grad(f)(list(NUMBERS))
    assert value == f(list(NUMBERS))
    assert any(slopes)
    for found, (slope, noise) in zip(slopes, partials(lambda *w: f(list(w)), NUMBERS), strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-7, atol=1e-9 + 10.0 * noise)


def test_a_set_of_words_that_gets_a_number_is_right_or_refused():
    def f(w):
        seen, total = set(), 0.0
        for k in range(4):
            total += w[max(seen)] if seen else 0.0
            seen.add(k)
            if k == 3:
                seen.add(2.5 * w[0])
        return total

    try:
        value, slopes = value_and_grad(f)(list(NUMBERS))
    except UnsupportedError as refusal:
        assert refusal.remedy
    else:
        assert (value, slopes) == (f(NUMBERS), [1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
