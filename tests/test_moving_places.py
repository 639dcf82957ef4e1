"""Rows that hold counts beside values: what stands where nothing varies is a constant."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad
from tests.slopes import check_against_oracle, check_product

POINT = (0.7, 1.3)
TRADES = [(10, 1.0), (5, 2.0), (-8, 3.0), (4, 1.0), (-9, 2.0)]


def first_in_first_out(x, y):
    lots: Any = collections.deque()
    profit = 0.0
    for quantity, price in [(10, x), (5, y), (-8, 2 * x), (4, x * y), (-9, 3.0)]:
        if quantity > 0:
            lots.append([quantity, price])
        else:
            need = -quantity
            while need:
                lot = lots[0]
                taken = min(need, lot[0])
                profit += taken * (price - lot[1])
                lot[0] -= taken
                need -= taken
                if not lot[0]:
                    lots.popleft()
    return profit


def of_trades(x, y):
    lots: list[list[float]] = []
    profit = 0.0
    for quantity, price in TRADES:
        if quantity > 0:
            lots.append([quantity, price * x])
        else:
            need = -quantity
            while need > 0:
                lot = lots[0]
                taken = min(need, lot[0])
                profit += taken * (price * y - lot[1])
                lot[0] -= taken
                need -= taken
                if lot[0] == 0:
                    lots.pop(0)
    return profit


def counted_rows(x, y):
    rows = [[k, k * x, y] for k in range(4)]
    out = 0.0
    for r in rows:
        if r[0] == 2:
            r[1] *= y
        r[0] += 1
        if r[0] != 1:
            out += r[1] * r[2]
    return out


def rows_in_rows(x, y):
    grid = [[[0.0, x], [1.0, y]] for _ in range(3)]
    for k in range(3):
        for cell in grid[k]:
            cell[0] += 1.0
            if cell[0] == 1.0:
                cell[1] *= x
    return sum(cell[0] * cell[1] for pair in grid for cell in pair)


COUNTING = (first_in_first_out, of_trades, counted_rows, rows_in_rows)


def written_there(x, y):
    rows = [[1.0, x], [2.0, y]]
    rows[0][0] = x * y
    out = 0.0
    for r in rows:
        if r[0] > 0.5:
            out += r[0] * r[1]
    return out


def written_somewhere(x, y):
    rows = [[1.0, x], [2.0, y]]
    for k in range(2):
        rows[1][k] = rows[0][k] * y
    return sum(r[0] * r[1] for r in rows)


def written_from_the_end(x, y):
    rows = [[1.0, x] for _ in range(3)]
    for k in range(3):
        rows[k][-2] = y * k
    return sum(r[0] * r[1] for r in rows)


def shifted(x, y):
    rows = [[1.0, x], [2.0, y]]
    for r in rows:
        r.append(r[0] * x)
        r.pop(0)
    return rows[0][0] * rows[1][1] + rows[1][0] * rows[0][1]


def turned(x, y):
    rows = [[1.0, x], [2.0, y], [3.0, x * y]]
    for k in range(3):
        rows[k] = rows[k][::-1]
    return sum(r[0] * (k + 1) + r[1] for k, r in enumerate(rows))


def sorted_rows(x, y):
    rows = [[3.0, x], [1.0, y], [2.0, x * y]]
    rows.sort()
    return sum(k * r[1] * r[0] for k, r in enumerate(rows))


def by_a_helper(x, y):
    def add(row, v):
        row[0] += 1
        row[1] += v

    rows = [[0, x], [0, y]]
    for k in range(6):
        add(rows[k % 2], x * k)
    return sum(r[1] / r[0] for r in rows if r[0])


def exchanged(x, y):
    rows = [[1.0, x], [2.0, y]]
    for k in range(3):
        rows[k % 2][0], rows[k % 2][1] = rows[k % 2][1], rows[k % 2][0] + y
    return rows[0][0] * rows[1][1] + rows[0][1] * rows[1][0] ** 2


def of_two_lengths(x, y):
    rows = [[1.0, x], [2.0, y, x]]
    for k in range(2):
        rows.append([rows[k][1], 1.0])
    return sum(r[0] * r[1] for r in rows)


MOVING = (
    written_there,
    written_somewhere,
    written_from_the_end,
    shifted,
    turned,
    sorted_rows,
    by_a_helper,
    exchanged,
    of_two_lengths,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", (*COUNTING, *MOVING), ids=lambda f: f.__name__)
def test_slopes_go_where_something_varies(f: Callable[..., Any], mode: str) -> None:
    check_against_oracle(f, POINT, ("x", "y"), mode)


@pytest.mark.parametrize("f", (*COUNTING, *MOVING), ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    check_product(f, POINT, ("x", "y"), (0.3, -0.8), rel=1e-7, slack=1e-8)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", COUNTING, ids=lambda f: f.__name__)
def test_no_count_is_taken_for_a_single_point(f: Callable[..., Any], mode: str) -> None:
    slope = grad(f, wrt=("x", "y"), mode=mode)
    slope(*POINT)
    assert "single point" not in slope.source


def equal_values(x, y):
    rows = [[1.0, x], [2.0, y]]
    for r in rows:
        if r[1] == 0.5:
            r[0] = 5.0
    return sum(r[0] * r[1] for r in rows)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_values_are_taken_for_single_points_still(mode: str) -> None:
    slope = grad(equal_values, wrt=("x", "y"), mode=mode)
    assert slope(0.7, 1.3) == (1.0, 2.0)
    with pytest.raises(ArithmeticError, match="single point"):
        slope(0.5, 1.3)


def test_counts_have_no_tangents() -> None:
    slope = grad(first_in_first_out, wrt=("x", "y"))
    slope(*POINT)
    assert "need_dx" not in slope.source
    assert "taken_dx" not in slope.source
