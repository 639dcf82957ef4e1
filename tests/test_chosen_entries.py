"""Entries of containers of known keys that a key of run time chooses: adjacency lists, tables."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.differences import along


@dataclass
class Material:
    stiffness: float
    ratio: float
    name: str = "any"


def shortest_path(w):
    a, b, c, d, e = w
    roads = {
        "home": [("mill", a), ("ford", b)],
        "mill": [("ford", c), ("town", d)],
        "ford": [("town", e * a)],
        "town": [],
    }
    length = dict.fromkeys(roads, math.inf)
    length["home"] = 0.0
    queue = [(0.0, "home")]
    while queue:
        cost, place = heapq.heappop(queue)
        if cost > length[place]:
            continue
        for following, road in roads[place]:
            if cost + road < length[following]:
                length[following] = cost + road
                heapq.heappush(queue, (cost + road, following))
    return length["town"]


def chain_of_states(w):
    change = {"dry": {"dry": w[0], "wet": 1.0 - w[0]}, "wet": {"dry": w[1], "wet": 1.0 - w[1]}}
    state, seen = "dry", ["wet", "wet", "dry", "wet"]
    total = 0.0
    for k in range(len(seen)):
        total += math.log(change[state][seen[k]]) * w[2]
        state = seen[k]
    return total + w[3] * w[4]


def dicts_with_keys_of_their_own(w):
    graph = {"s": {"a": w[0], "b": w[1]}, "a": {"b": w[2] * w[3]}, "b": {}}
    node, total = "s", w[4]
    while True:
        following = None
        for other, weight in graph[node].items():
            total += weight * total
            following = other
        if following is None:
            return total
        node = following


def lists_of_several_lengths(w):
    groups = {"low": [w[0], w[1]], "high": [w[2], w[3] * w[1], w[4]]}
    names = ["low", "high", "low"]
    total = 0.0
    for k, step in enumerate(w):
        for value in groups[names[k % 3]]:
            total += step * value * (k + 1)
    return total


def objects_by_name(w):
    materials = {"steel": Material(w[0], w[1]), "wood": Material(w[2], w[3], "oak")}
    used = ["steel", "wood", "wood"]
    total = 0.0
    for k, area in enumerate(w):
        material = materials[used[k % 3]]
        total += material.stiffness * area / (1.0 - material.ratio**2 / 9.0) * len(material.name)
    return total


def points_by_number(w):
    points = [(w[0], w[1]), (w[1], 2.0 * w[2]), (w[3] * w[0], 1.0)]
    at, total = 0, 0.0
    for k in range(len(w)):
        x, y = points[at]
        total += x * y * w[k]
        at = (at - 2) % 3 - 3
    return total


def containers_in_containers(w):
    parts = {
        "a": {"sizes": [w[0], w[1]], "mark": ("x", w[2])},
        "b": {"sizes": [], "mark": ("yy", w[3])},
    }
    order = ["a", "b", "a"]
    total = 0.0
    for k in range(len(w)):
        part = parts[order[k % 3]]
        total += (1.0 + sum(part["sizes"])) * part["mark"][1] * len(part["mark"][0]) * w[4]
    return total


def read_again_after_a_write(w):
    groups = {"low": [w[0], w[1]], "high": [w[2]]}
    names = ["low", "high", "high"]
    total = 0.0
    for k in range(len(w)):
        groups[names[k % 3]].append(w[k] * w[3])
        for value in groups[names[(k + 1) % 3]]:
            total += value * (k + 1)
    return total * w[4]


PROGRAMS = (
    shortest_path,
    chain_of_states,
    dicts_with_keys_of_their_own,
    lists_of_several_lengths,
    objects_by_name,
    points_by_number,
    containers_in_containers,
    read_again_after_a_write,
)
NUMBERS = [0.31, 0.83, 0.47, 0.92, 0.64]


def _line(f: Callable[..., Any], k: int) -> Callable[[float], float]:
    return lambda t: f([x + t * (j == k) for j, x in enumerate(NUMBERS)])


@pytest.mark.parametrize(
    ("f", "mode"),
    # The loop of `shortest_path` calls methods of a dict, which forward mode would repeat.
    [(f, mode) for f in PROGRAMS for mode in ("forward", "reverse")][1:],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_slopes_of_what_a_key_chooses_are_those_of_differences(f, mode):
    value, slopes = value_and_grad(f, mode=mode)(list(NUMBERS))
    assert value == f(list(NUMBERS))
    assert any(slopes)
    for k in range(len(NUMBERS)):
        slope, noise = along(_line(f, k))
        np.testing.assert_allclose(slopes[k], slope, rtol=1e-8, atol=1e-9 + 10.0 * noise)


def along_roads(roads, start):
    """The sum of the first roads that lead from place to place."""
    total, place = 0.0, start
    for step in range(3):
        for following, road in roads[place]:
            total += road * road * (step + 1)
            place = following
            break
    return total


def test_adjacency_lists_of_the_caller_have_slopes_in_their_own_layout():
    roads = {"s": [("a", 1.0), ("b", 2.5)], "a": [("b", 0.7)], "b": [("t", 1.9)], "t": []}
    value, slopes = value_and_grad(along_roads)(roads, "s")
    assert value == along_roads(roads, "s")
    expected = {"s": [2.0, 0.0], "a": [2.8], "b": [11.4], "t": []}
    for place, found in slopes.items():
        assert [entry[-1] for entry in found] == pytest.approx(expected[place], rel=1e-14)


def test_rows_without_entries_beside_others_have_no_code_of_their_own():
    roads = [[(1, 1.0), (2, 2.5)], [(2, 0.7)], [(3, 1.9)], []]
    derivative = value_and_grad(along_roads)
    value, slopes = derivative(roads, 0)
    assert value == along_roads(roads, 0)
    assert [entry[1] for row in slopes for entry in row] == pytest.approx([2.0, 0.0, 2.8, 11.4])
    source = derivative.source
    longer = [*roads, [(0, 1.0)], []]
    assert derivative(longer, 0)[0] == along_roads(longer, 0)
    assert derivative.source == source


def test_what_may_be_chosen_is_put_together_once_before_the_loop():
    derivative = value_and_grad(lists_of_several_lengths)
    derivative(list(NUMBERS))
    assert derivative.source.count("groups = [") == 1
    assert "\n    groups = [" in derivative.source


def read_late(x, n):
    groups = {"low": [x, 1.0], "high": [2.0]}
    row = groups[("low", "high")[n % 2]]
    groups["low"].append(x * x)
    return sum(v * v for v in row)


def kept_over_a_step(x, n):
    groups = {"low": [x, 1.0], "high": [2.0]}
    row, total = [1.0], 0.0
    for k in range(n):
        total += sum(row)
        row = groups[("low", "high")[k % 2]]
        groups["low"].append(x * k)
    return total


def written_to(x, n):
    kept = {"low": Material(x, 0.0), "high": Material(1.0, 0.0)}
    chosen = kept[("low", "high")[n % 2]]
    chosen.ratio += x
    return kept["low"].ratio * kept["high"].stiffness


@pytest.mark.parametrize("f", [read_late, kept_over_a_step])
def test_what_was_chosen_before_it_was_written_to_is_right_or_refused(f):
    try:
        value, slope = value_and_grad(f)(1.3, 4)
    except UnsupportedError as refusal:
        assert refusal.remedy
    else:
        assert value == f(1.3, 4)
        assert slope == pytest.approx(float(along(lambda t: f(1.3 + t, 4))[0]), rel=1e-8)


def test_what_was_chosen_is_not_written_to_in_silence():
    try:
        value, slope = value_and_grad(written_to)(1.3, 4)
    except UnsupportedError as refusal:
        assert "run time" in str(refusal)
    else:
        assert (value, slope) == (written_to(1.3, 4), 1.0)


def test_a_key_that_is_missing_raises_what_python_raises():
    def f(x, n):
        groups = {"low": [x], "high": [2.0]}
        return sum(groups["low" if n else "none"])

    derivative = value_and_grad(f)
    assert derivative(1.5, 1) == (1.5, 1.0)
    with pytest.raises(KeyError, match="none"):
        derivative(1.5, 0)
