"""Short lists of the caller's, taken entry by entry where their length has to be known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, hessian, value_and_grad
from tests.differences import along


def best_of_non_neighbours(x: list[float]) -> float:
    @lru_cache(maxsize=64)
    def best(i: int) -> float:
        if i >= len(x):
            return 0.0
        return max(x[i] * x[i] + best(i + 2), best(i + 1))

    return best(0)


def cheapest_product(x: list[float]) -> float:
    @cache
    def cost(i: int, j: int) -> float:
        if i == j:
            return 0.0
        return min(cost(i, k) + cost(k + 1, j) + x[i] * x[k] * x[j] for k in range(i, j))

    return cost(0, len(x) - 1)


class Cell:
    def __init__(self, value: float, following: Any = None) -> None:
        self.value = value
        self.following = following


def linked(x: list[float]) -> float:
    head = None
    for value in x:
        head = Cell(value * value, head)
    total, weight = 0.0, 1
    cell = head
    while cell is not None:
        total += weight * cell.value
        weight += 1
        cell = cell.following
    return total


PROGRAMS = [best_of_non_neighbours, cheapest_product, linked]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_code_is_made_for_every_length_that_is_met(f: Callable[..., float]) -> None:
    df = value_and_grad(f)
    for x in ([1.3, 2.1, 0.7, 1.9], [0.4, 1.2], [0.5, 0.3, 0.9, 1.1, 0.2]):
        value, slope = df(list(x))
        assert value == f(x)
        for k in range(len(x)):
            wanted, _ = along(lambda h, k=k, x=x: f([*x[:k], x[k] + h, *x[k + 1 :]]))
            assert np.isclose(slope[k], wanted, rtol=1e-8, atol=1e-9)


def test_it_is_made_where_annotations_tell_of_lists() -> None:
    def f(x: list[float]) -> float:
        return linked(x)

    assert grad(f)([1.0, 2.0, 3.0]) == [6.0, 8.0, 6.0]
    assert hessian(linked)([1.0, 2.0]) == [[4.0, 0.0], [0.0, 2.0]]


def test_long_lists_are_gone_through_in_a_loop() -> None:
    x = [1.0 + k / 7.0 for k in range(40)]
    value, slope = value_and_grad(linked)(x)
    assert value == linked(x)
    for k in (0, 1, 20, 39):
        wanted, _ = along(lambda h, k=k: linked([*x[:k], x[k] + h, *x[k + 1 :]]))
        assert np.isclose(slope[k], wanted, rtol=1e-8)


def test_a_refusal_within_what_is_spelled_out_stands_where_the_user_calls_it() -> None:
    with pytest.raises(UnsupportedError) as caught:
        grad(best_of_non_neighbours)([1.0] * 40)
    assert str(caught.value).startswith(f"{__file__}:")
    assert "definitions.py" not in str(caught.value)


def forward_algorithm(seen: list[int], emission: list[list[float]]) -> float:
    rows: list[dict[int, float]] = [{}]
    for state in range(2):
        rows[0][state] = emission[state][seen[0]]
    for step in range(1, len(seen)):
        rows.append({})
        for state in range(2):
            rows[step][state] = rows[step - 1][1 - state] * emission[state][seen[step]]
    return sum(rows[-1].values())


def test_a_list_that_is_read_at_a_place_known_at_run_time_is_not_written_back() -> None:
    emission = [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]]
    df = value_and_grad(forward_algorithm, wrt="emission")
    assert df([0, 1], emission) == (
        forward_algorithm([0, 1], emission),
        [[0.3, 0.1, 0.0], [0.4, 0.5, 0.0]],
    )
    assert "[:] =" not in df.source
