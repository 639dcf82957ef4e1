"""Rows that several lists have in common are not written to; those of one list are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import UnsupportedError, value_and_grad
from tests import oracle

XS = [0.7, -0.4, 1.3, 0.2]


def in_two_lists(xs):
    ones, others = [], []
    for x in xs:
        row = [x]
        ones.append(row)
        others.append(row)
    for i in range(len(ones)):
        ones[i][0] *= 2.0
    return sum(sum(row) for row in others)


def in_a_copy(xs):
    rows = [[x] for x in xs]
    copied = list(rows)
    for i in range(len(rows)):
        copied[i][0] = 2.0 * xs[i]
    return sum(sum(row) ** 2 for row in rows)


def in_a_slice(xs):
    rows = [[x, 1.0] for x in xs]
    last = rows[1:]
    for i in range(len(last)):
        last[i].append(xs[i])
    return sum(sum(row) for row in rows)


def in_every_step(xs):
    rows = [[x] for x in xs]
    total = 0.0
    for i in range(len(xs)):
        total += sum(rows[i])
        again = rows[:]
        again[i][0] += xs[i] ** 2
        total *= rows[i][0]
    return total


@pytest.mark.parametrize(
    "f", [in_two_lists, in_a_copy, in_a_slice, in_every_step], ids=lambda f: f.__name__
)
def test_a_row_that_is_seen_elsewhere_is_not_written_to(f: Callable[..., float]) -> None:
    with pytest.raises(UnsupportedError, match="belongs to another list"):
        value_and_grad(f)(XS * 10)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_rows_of_few_entries_are_told_apart(mode: str) -> None:
    value, slope = value_and_grad(in_a_slice, mode=mode)(XS)
    assert value == in_a_slice(XS)
    assert slope == [2.0, *[2.0] * (len(XS) - 2), 1.0]
    for n in (0, 1, -1):
        row, twin = [1.0, 2.0], [1.0, 2.0]
        found = value_and_grad(of_the_caller, mode=mode)(1.5, n, row)
        assert found == (of_the_caller(1.5, n, twin), 3.0)
        assert row == twin


def rows_of_their_own(xs):
    rows = [[x] for x in xs]
    copied = [list(row) for row in rows]
    for i in range(len(rows)):
        copied[i][0] *= xs[i]
    return sum(sum(row) for row in rows) * sum(sum(row) for row in copied)


def read_before(xs):
    rows = [[x] for x in xs]
    total = sum(sum(row) for row in rows)
    other = list(rows)
    for i in range(len(other)):
        other[i][0] *= xs[i]
    return total * sum(sum(row) for row in other)


def from_step_to_step(xs):
    table = [[x, 1.0] for x in xs]
    for _ in range(3):
        table = [*table[1:], [1.0, 2.0]]
        for i in range(len(table)):
            table[i][0] *= table[i][1] + 0.5
    return sum(row[0] for row in table)


@pytest.mark.parametrize(
    "f", [rows_of_their_own, read_before, from_step_to_step], ids=lambda f: f.__name__
)
def test_rows_of_one_list_are_written_to(f: Callable[..., float]) -> None:
    value, slope = value_and_grad(f)(XS)
    assert oracle.same_bits(value, f(XS))
    for k, number in enumerate(slope):
        assert oracle.agrees(
            oracle.derivative(lambda x, k=k: f([*XS[:k], x, *XS[k + 1 :]]), (XS[k],)), number
        )


def read_by_name(x, n):
    row = [x, x]
    rows = [row, [x, 2.0]]
    rows[n % len(rows)][-1] *= x
    return x * row[-1]


def of_the_caller(x, n, row):
    rows = [row, [x, 2.0]]
    rows[n][-1] *= x
    return x * x


@pytest.mark.parametrize(("f", "others"), [(read_by_name, (0,)), (of_the_caller, (0, [1.0] * 40))])
def test_a_row_of_a_list_that_is_written_out_is_its_own(f: Any, others: Any) -> None:
    with pytest.raises(UnsupportedError, match="this row has a name and is in a list"):
        value_and_grad(f)(1.5, *others)


def clamped(loads):
    """A stiffness matrix that is written first, and cut afterwards."""
    size = len(loads) + 2
    whole = [[0.0] * size for _ in range(size)]
    for k, load in enumerate(loads):
        for i in range(2):
            for j in range(2):
                whole[k + i][k + j] += load * load if i == j else -load
    inner = [row[2:] for row in whole[2:]]
    for k in range(len(inner) - 1):
        factor = inner[k + 1][k] / inner[k][k]
        for j in range(len(inner)):
            inner[k + 1][j] -= factor * inner[k][j]
    return inner[1][1] + inner[0][0]


def cut_in_every_step(loads, n):
    """The slice of one step is read after the writes of the next."""
    whole = [[loads[0] * k, 1.0] for k in range(n)]
    last = whole[:1]
    total = 0.0
    for k in range(n):
        whole[k][0] = whole[k][0] * loads[0]
        total += last[0][0]
        last = whole[1:]
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_list_is_cut_after_its_rows_were_written(mode: str) -> None:
    loads = [2.0, 1.5, 1.0]
    value, slopes = value_and_grad(clamped, mode=mode)(loads)
    assert value == clamped(loads)
    for k, slope in enumerate(slopes):
        assert oracle.agrees(oracle.gradient(clamped, (loads,), {}, 0)[(k,)], slope)


def test_rows_that_a_later_step_writes_to_belong_to_the_slice_of_an_earlier_one() -> None:
    with pytest.raises(UnsupportedError, match="this row belongs to another list"):
        value_and_grad(cut_in_every_step)([2.0, 1.5, 1.0], 4)
