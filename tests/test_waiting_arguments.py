"""Arguments that wait while others are evaluated see what these write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests import oracle


def halved(row: list[float], b: float) -> float:
    while row[0] > 100.0:
        row = [row[0] * 0.5, row[1]]
    row[0] += b
    return row[0]


def weighed(row: list[float], weight: float) -> float:
    return row[0] * weight + row[1]


class Holder:
    def __init__(self, row: list[float] | None) -> None:
        self.row = row

    def take(self) -> list[float]:
        row, self.row = self.row, None
        assert row is not None
        return row


def taken_from_a_list(a: float, b: float) -> float:
    row = [a, b]
    rows = [row, row]
    row = [b]
    return weighed(rows.pop(), halved(rows.pop(), b)) * row[0]


def taken_from_objects(a: float, b: float) -> float:
    row = [a, b]
    one, other = Holder(row), Holder(row)
    row = [b]
    return weighed(one.take(), halved(other.take(), b)) * row[0]


def of_two_lists(a: float, b: float) -> float:
    rows = [[a, b], [b, a * b]]
    return weighed(rows.pop(), halved(rows.pop(), b))


@pytest.mark.parametrize("a", [1.3, 150.0])
@pytest.mark.parametrize("f", [taken_from_a_list, taken_from_objects, of_two_lists])
def test_an_argument_sees_what_the_next_one_writes(f: Callable[..., float], a: float) -> None:
    try:
        value, slope = value_and_grad(f)(a, 0.7)
    except UnsupportedError:
        assert f is not of_two_lists
        return
    assert value == f(a, 0.7)
    assert oracle.agrees(oracle.derivative(f, (a, 0.7)), slope)
