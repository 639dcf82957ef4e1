"""Lists that grow by several entries, and lists made anew in each step, on the way back."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests import oracle


def two_entries_a_step(x: float, weights: list[float]) -> float:
    found = [0.0]
    for w in weights:
        found += [w * x, x]
        found.extend((w, found[-1] * w))
    return sum(v * v for v in found)


def other_lists(x: float, weights: list[float]) -> float:
    found = [x]
    for _ in range(3):
        found.extend(weights)
        found += weights
        found = [*found, x, found[-1]]
    return sum(v * x * (k + 1) for k, v in enumerate(found))


def made_anew(x: float, weights: list[float]) -> float:
    state = [x] * len(weights)
    for w in weights:
        following = [0.0] * len(weights)
        for k in range(len(weights)):
            following[k] = state[k - 1] * w + x
        state = following
    return state[0] * state[-1]


def of_other_lengths(x: float, weights: list[float]) -> float:
    state = [x] * len(weights)
    for w in weights:
        following = [0.0] * (len(state) + 1)
        for k in range(len(state)):
            following[k] += state[k] * w
            following[k + 1] += state[k] * x
        state = following
    return state[0] + state[1] * state[-1]


@pytest.mark.parametrize("f", [two_entries_a_step, other_lists, made_anew, of_other_lengths])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_slopes_of_lists_that_change_their_lengths(f: Callable[..., Any], mode: str) -> None:
    weights = [0.5, -1.25, 2.0]
    for wrt in ("x", ("x", "weights")):
        value, slopes = value_and_grad(f, wrt=wrt, mode=mode)(1.5, weights)
        assert value == f(1.5, weights)
        slope = slopes if wrt == "x" else slopes[0]
        assert oracle.agrees(oracle.derivative(f, (1.5, weights)), slope)
    assert all(
        oracle.agrees(oracle.derivative(f, (1.5, weights), wrt=1, path=(k,)), slopes[1][k])
        for k in range(3)
    )


@pytest.mark.parametrize("f", [two_entries_a_step, other_lists])
def test_no_list_is_kept_for_where_it_was_joined(f: Callable[..., Any]) -> None:
    df = value_and_grad(f, wrt="x", mode="reverse")
    df(1.5, [0.5, -1.25, 2.0])
    assert "tape" not in df.source
    assert "found = found + [w" not in df.source


def test_a_list_that_steps_make_anew_is_not_kept_for_its_length() -> None:
    df = value_and_grad(made_anew, wrt="x", mode="reverse")
    df(1.5, [0.5, -1.25, 2.0])
    assert "tape" not in df.source


class Ranked:
    def __init__(self, key, weight):
        self.key = key
        self.weight = weight

    def __lt__(self, other):
        return self.key < other.key


def pushed_beside_a_sorted_list(x, v):
    heap = [Ranked(q, sum(v)) for q in v]
    heapq.heapify(heap)
    heapq.heappush(heap, Ranked(sum(v), x))
    return sum(each.key * each.weight for each in heap) + sorted(v)[1]


def test_what_a_loop_leaves_is_not_measured_in_its_own_steps():
    v = [0.52, 1.13, 0.29]
    value, (by_x, by_v) = value_and_grad(pushed_beside_a_sorted_list, wrt=(0, 1), mode="reverse")(
        0.7, list(v)
    )
    assert value == pushed_beside_a_sorted_list(0.7, list(v))
    total = sum(v)
    assert by_x == pytest.approx(total, rel=1e-12)
    # sum(v)**2 + x * sum(v), and the entry in the middle.
    assert by_v == pytest.approx([2.0 * total + 1.7, 2.0 * total + 0.7, 2.0 * total + 0.7])
