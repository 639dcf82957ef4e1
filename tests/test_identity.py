"""One list, array or object may be reached in two ways: `is` tells, and writes are refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule import ArgumentError, UnsupportedError, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")
NOTHING: list[float] = []


def kernel(x, rows, others):
    if rows is others:
        return x * x * sum(rows)
    return x * sum(others)


def first_row_of_both(x, rows, others):
    return x * x if rows[0] is others[0] else x


def within(x, rows, row):
    return x * x if rows[0] is row else x


def entries(x, table, other):
    return x if table["a"] is not other["a"] else x * x


def attributes(x, one, other):
    return x * x * one.row[0] if one.row is other.row else x


def pairs(x, rows):
    total = 0.0
    for p in rows:
        for q in rows:
            if p is not q:
                total += x * p[0] * q[1]
    return total


def first_or_other(x, rows):
    total = 0.0
    for p in rows:
        total += x * x * p[0] if p is rows[0] else x * p[1]
    return total


def written(x, row):
    same = row
    same[0] = x
    return x * x if same is row else x


def left_out(x, row=NOTHING):
    return x if row is NOTHING else x * x * sum(row)


ROW = [1.0, 2.0]
ARRAY = np.array([1.0, 2.0])
TABLE = {"a": [1.0]}
ROWS = [[1.0, 2.0], [0.5, 3.0], [1.0, 2.0]]
HOLDER = SimpleNamespace(row=[1.5])

CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (kernel, (ROW, ROW)),
    (kernel, (ROW, list(ROW))),
    (kernel, (ARRAY, ARRAY)),
    (kernel, (ARRAY, ARRAY.copy())),
    (kernel, (TABLE["a"], TABLE["a"])),
    (first_row_of_both, ([ROW], [ROW])),
    (first_row_of_both, ([ROW], [list(ROW)])),
    (first_row_of_both, ([ARRAY], [ARRAY])),
    (within, ([ROW, ROW], ROW)),
    (within, ([ARRAY], ARRAY)),
    (entries, (TABLE, {"a": TABLE["a"]})),
    (entries, (TABLE, {"a": [1.0]})),
    (attributes, (HOLDER, SimpleNamespace(row=HOLDER.row))),
    (attributes, (HOLDER, SimpleNamespace(row=[1.5]))),
    (pairs, (ROWS,)),
    (pairs, ([ROWS[0], ROWS[1], ROWS[0]],)),
    (pairs, (tuple(ROWS),)),
    (first_or_other, (ROWS,)),
    (first_or_other, ([ROWS[0], ROWS[1], ROWS[0]],)),
    (written, ([3.0, 4.0],)),
    (left_out, ()),
    (left_out, ([1.0, 2.0],)),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "others"), CALLS, ids=lambda v: getattr(v, "__name__", ""))
def test_one_object_under_two_names_is_one(f: Any, others: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(1.5, *others)
    assert value == f(1.5, *others)
    verdict = oracle.derivative(f, (1.5, *others), {}, "x")
    assert verdict.decided and oracle.agrees(verdict, slope)


@pytest.mark.parametrize("mode", MODES)
def test_arguments_may_become_one_object_in_a_later_call(mode: str) -> None:
    f = value_and_grad(kernel, mode=mode)
    assert f(1.5, ROW, list(ROW)) == (4.5, 3.0)
    assert f(1.5, ROW, ROW) == (6.75, 9.0)


def made_rows(x, n):
    rows = []
    for _ in range(n):
        rows.append([x, 1.0])
    return sum(p[0] for p in rows for q in rows if p is not q)


def points(x, one, other):
    return x if one is other else x * x


def test_what_may_be_one_object_or_two_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="may be one and the same"):
        value_and_grad(made_rows)(1.5, 3)
    point = (1.0, 2.0)
    with pytest.raises(UnsupportedError, match="may be one and the same"):
        value_and_grad(points)(1.5, point, point)


class Series:
    def __init__(self, row):
        self.row = row
        self.parent = None

    def __iter__(self):
        return iter(self.row)

    def total(self):
        return sum(self.row)


def appended(x, one, other):
    one.row.append(x)
    return x * sum(v for v in other)


def set_first(x, one, other):
    one.row[0] = x
    return x * other.total()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [appended, set_first])
def test_a_list_that_is_written_to_is_in_one_object_only(f: Any, mode: str) -> None:
    slope = value_and_grad(f, mode=mode)
    series = Series([0.2, 0.3])
    assert slope(1.5, Series([0.2, 0.3]), series) == (f(1.5, Series([0.2, 0.3]), series), 0.5)
    with pytest.raises(ArgumentError, match="shares memory"):
        slope(1.5, series, series)
    with pytest.raises(ArgumentError, match="shares memory"):
        slope(1.5, series, SimpleNamespace(row=[], total=series.total, inside=[series]))
    assert series.row == [0.2, 0.3]


def test_an_object_in_what_it_holds_itself_is_reached_once() -> None:
    series, other = Series([0.2, 0.3]), Series([0.1])
    series.parent = SimpleNamespace(child=series)
    assert value_and_grad(appended)(1.5, series, other) == (pytest.approx(0.15), 0.1)


GRID = np.array([1.0, 2.0])
LEVELS = [1.0, 2.0]
STATE = SimpleNamespace(row=[1.0, 2.0])


def by_an_array(x, row):
    row[0] = x
    return GRID[0] * x


def by_a_list(x, row):
    row.append(x)
    return LEVELS[-1] * x


def by_an_attribute(x, row):
    row[0] = x
    return STATE.row[0] * x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("f", "outside"), [(by_an_array, GRID), (by_a_list, LEVELS), (by_an_attribute, STATE.row)]
)
def test_what_is_written_to_is_not_read_under_a_name_outside(
    f: Any, outside: Any, mode: str
) -> None:
    slope, before = value_and_grad(f, mode=mode), outside.copy()
    expected = f(1.5, outside.copy())
    assert slope(1.5, outside.copy()) == (expected, expected / 1.5)
    with pytest.raises(ArgumentError, match="shares memory with what the function reads outside"):
        slope(1.5, outside)
    with pytest.raises(ArgumentError, match="shares memory with what the function reads outside"):
        value_and_grad(f, mode=mode)(1.5, outside)
    assert list(outside) == list(before)
