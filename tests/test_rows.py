"""Lists of lists: their columns, rows that grow and shrink, and dicts whose values are lists."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.differences import along

ROWS = [[1.3, 2.1, 0.5], [0.3, -1.2, 2.2]]
WORDS = ["a", "b", "a", "a", "b"]
LIST = [1.3, 2.1, 4.2, 3.4, 0.5]


def transposed(rows):
    columns = list(map(list, zip(*rows, strict=False)))
    columns[0][1] *= 2.0
    return sum(math.sin(e) * (k + 1) for column in columns for k, e in enumerate(column))


def product_of_matrices(rows):
    product = [
        [sum(a * b for a, b in zip(r, c, strict=False)) for c in zip(*rows, strict=False)]
        for r in zip(*rows, strict=False)
    ]
    return sum(e * e for r in product for e in r)


def columns_of_rows_that_change(rows):
    rows = [list(row) for row in rows]
    total = 0.0
    for j, column in enumerate(zip(*rows, strict=False)):
        rows[0][j] = sum(column)
        total += column[0] * max(column)
    return total + sum(e * e for e in rows[0])


def columns_of_unequal_rows(rows):
    unequal = [rows[0], rows[1][:2]]
    return sum((k + 1) * math.prod(column) for k, column in enumerate(zip(*unequal, strict=False)))


def unzipped(v):
    first, second = zip(*sorted((e, e * e) for e in v), strict=False)
    return sum((k + 1) * a * b for k, (a, b) in enumerate(zip(first, second, strict=False)))


def rows_that_grow(v):
    rows = [[] for _ in range(2)]
    for i, e in enumerate(v):
        rows[i % 2].append(e * e)
    return sum((i + 1) * math.prod(row) for i, row in enumerate(rows))


def rows_that_shrink(v):
    rows = [[e, 2.0 * e] for e in v]
    total = 0.0
    for row in rows:
        while row:
            total += len(row) * row.pop() ** 2
    return total


def rows_as_stacks(v):
    stacks = [[] for _ in range(2)]
    out = 0.0
    for i, e in enumerate(v):
        stack = stacks[i % 2]
        stack.append(e)
        if len(stack) > 1:
            b, a = stack.pop(), stack.pop()
            stack.append(a * b)
            out += a - b
    return out + sum(stack[-1] for stack in stacks)


def rows_that_are_replaced_by_shorter_ones(v):
    rows = [[e, 2.0 * e, e * e] for e in v]
    for i in range(len(rows)):
        rows[i] = rows[i][1:]
        rows[i][0] *= 1.5
    return sum(math.prod(row) for row in rows)


def row_that_goes_on_as_it_was(v):
    rows = []
    for i, e in enumerate(v):
        row = [e]
        for j in range(i):
            row.append(e * j + 0.3)
        product = math.prod(row)
        rows.append(row)
        rows[i % 2].append(product)
        rows[i % 2].insert(0, e)
    return sum(max(row) * sum(row) for row in rows)


def row_that_grows_where_it_is_read(v):
    rows = [[e] for e in v]
    total = 0.0
    for row in rows:
        for e in row:
            total += e * e
            if len(row) < 4:
                row.append(e * 2.0)
    return total


def groups(v):
    found = defaultdict(list)
    for i, e in enumerate(v):
        found[WORDS[i]].append(e)
    total = 0.0
    for each in found.values():
        mean = sum(each) / len(each)
        total += sum((e - mean) ** 2 for e in each)
    return total


def last_ones_of_groups(v):
    found = {}
    for i, e in enumerate(v):
        found.setdefault(i % 2, [e]).append(e * e)
        if len(found[i % 2]) > 3:
            found[i % 2].pop(0)
    return sum((k + 1) * math.prod(each) for k, each in found.items())


def sums_and_counts(v):
    found = defaultdict(lambda: [0.0, 0])
    for i, e in enumerate(v):
        found[i % 2][0] += e
        found[i % 2][1] += 1
    return sum((total / count) ** 2 for total, count in found.values())


def edges_with_weights(v):
    leaving = {i: [] for i in range(3)}
    for i, e in enumerate(v):
        leaving[i % 3].append((i, e))
    return sum(w * w * (j + 1) for each in leaving.values() for j, w in each)


def last_row_of_a_list_that_grows(v):
    rows = [[e] for e in v]
    last = rows[-1]
    rows.append([v[0] ** 2])
    last[0] *= 3.0
    return sum((k + 1) * sum(row) for k, row in enumerate(rows)) + sum(last)


def row_of_a_list_that_moves(v):
    rows = [[e] for e in v]
    row = rows[1]
    rows.pop(0)
    row[0] *= 3.0
    return sum(sum(row) for row in rows)


BY_COLUMN = (
    transposed,
    product_of_matrices,
    columns_of_rows_that_change,
    columns_of_unequal_rows,
)
BY_ENTRY = (
    unzipped,
    rows_that_grow,
    rows_that_shrink,
    rows_as_stacks,
    rows_that_are_replaced_by_shorter_ones,
    row_that_goes_on_as_it_was,
    row_that_grows_where_it_is_read,
    groups,
    last_ones_of_groups,
    sums_and_counts,
    edges_with_weights,
    last_row_of_a_list_that_grows,
)


@pytest.mark.parametrize("f", BY_COLUMN + BY_ENTRY, ids=lambda f: f.__name__)
def test_slopes_of_lists_of_lists_are_those_of_differences(f: Callable[..., Any]) -> None:
    at: Any = ROWS if f in BY_COLUMN else LIST
    found = grad(f)(copy.deepcopy(at))
    value, again = value_and_grad(f)(copy.deepcopy(at))
    assert value == f(copy.deepcopy(at))
    assert again == found
    base = np.asarray(at)
    for place in np.ndindex(base.shape):
        direction = np.zeros(base.shape)
        direction[place] = 1.0
        wanted = along(lambda h, d=direction: f((base + h * d).tolist()))[0]
        assert np.asarray(found)[place] == pytest.approx(float(wanted), rel=1e-6, abs=1e-8)


def test_what_rows_hold_is_popped_backwards_and_sums_are_taken_once() -> None:
    slope = grad(groups)
    slope(list(LIST))
    assert ".pop()" in slope.source
    lines = [line for line in slope.source.splitlines() if "#" not in line]
    (total,) = [k for k, line in enumerate(lines) if "= sum(" in line]
    (inner,) = [k for k, line in enumerate(lines) if "for j, e in" in line]
    # Before the loop that needs it in every step.
    assert total < inner
    assert lines[total].index("mean") == lines[inner].index("for")


def test_a_row_is_not_taken_for_the_one_that_comes_to_stand_in_its_place() -> None:
    with pytest.raises(UnsupportedError, match="rows of its list were replaced"):
        grad(row_of_a_list_that_moves)(list(LIST) * 8)


def test_no_row_has_no_columns() -> None:
    def f(x, n):
        pairs = [(x, x * x) for _ in range(n)]
        first, second = zip(*pairs, strict=False)
        return sum(first) * sum(second)

    assert value_and_grad(f)(1.5, 2) == (f(1.5, 2), 12 * 1.5**2)
    with pytest.raises(ValueError, match="not enough values to unpack"):
        value_and_grad(f)(1.5, 0)


def halved_in_both_loops(xs):
    total = 0.0
    for v in xs:
        for w in xs:
            xs[:] = [0.5 * x for x in xs]
            total += v * w
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_loop_over_what_changes_within_another_such_loop_keeps_its_place(mode: str) -> None:
    xs, left = [1.0, 2.0, 4.0], [1.0, 2.0, 4.0]
    value, slopes = value_and_grad(halved_in_both_loops, mode=mode)(xs)
    assert value == halved_in_both_loops(left) and xs == left
    found = oracle.gradient(lambda xs: halved_in_both_loops(list(xs)), ([1.0, 2.0, 4.0],))
    for slope, verdict in zip(slopes, found.values(), strict=True):
        assert verdict.decided and oracle.agrees(verdict, slope)
