"""Entries of an adjoint that a loop comes to once are written, others are added to."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests import oracle
from tests.differences import along


def entries(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        total += math.sin(x[i]) * x[i]
    return total


def columns(x: Any, n: int) -> Any:
    A = x.reshape(3, 2) * 1.0
    total = 0.0
    for i in range(3):
        total += math.sin(A[i, 0]) * A[i, 1] ** n
    return total


def whole_tables(x: Any, n: int) -> Any:
    A = np.exp(x.reshape(2, 3))
    total = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            total += A[i, j] ** n
    return total


def from_behind(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n - 1, -1, -1):
        total = total * 0.5 + math.cos(x[i])
    return total


def entries_further_on(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(1, n):
        total += math.sin(x[i - 1])
    return total


def rows(x: Any, n: int) -> Any:
    A = x.reshape(3, 2) * 2.0
    total = 0.0
    for i in range(3):
        total += np.sum(A[i] ** n)
    return total


ONCE = (entries, columns, whole_tables, from_behind, entries_further_on, rows)


def neighbours(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(1, n):
        total += x[i] * x[i - 1]
    return total


def both_ends(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        total += math.sin(x[i]) * x[n - 1 - i]
    return total


def around_the_end(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(-2, n):
        total += math.sin(x[i]) * i
    return total


def down_past_zero(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n - 1, -3, -1):
        total += math.sin(x[i]) * i
    return total


def every_entry_twice(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        total += math.sin(x[i // 2]) * i
    return total


def chosen_entries(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        total += math.sin(x[(i * i) % n]) * i
    return total


def again_in_an_inner_loop(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        for j in range(3):
            total += math.sin(x[i] * j)
    return total


def again_in_an_outer_loop(x: Any, n: int) -> Any:
    total = 0.0
    for _ in range(3):
        for j in range(n):
            total += math.sin(x[j] + total)
    return total


def one_column_twice(x: Any, n: int) -> Any:
    A = x.reshape(3, 2) * 1.0
    total = 0.0
    for i in range(3):
        for j in range(2):
            total += math.sin(A[i, j]) * A[i, 0] ** n
    return total


def in_two_loops(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        total += math.sin(x[i])
    for i in range(n):
        total *= math.cos(x[i])
    return total


def added_up_and_read(x: Any, n: int) -> Any:
    y = x * 1.0
    for i in range(1, n):
        y[i] = y[i] + math.sin(y[i - 1])
    return y[n - 1] * y[0]


AGAIN = (
    neighbours, both_ends, around_the_end, down_past_zero, every_entry_twice, chosen_entries,
    again_in_an_inner_loop, again_in_an_outer_loop, one_column_twice, in_two_loops,
    added_up_and_read,
)  # fmt: skip
X = np.array([0.3, 0.7, -0.4, 1.1, 0.9, -0.8])


@pytest.mark.parametrize("f", [*ONCE, *AGAIN])
@pytest.mark.parametrize("n", [6, 3])
def test_slopes_are_right_however_often_an_entry_is_read(f: Callable[..., Any], n: int) -> None:
    found = grad(f)(X, n)
    verdicts = oracle.gradient(lambda x: f(x, n), (X,)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)


@pytest.mark.parametrize("f", ONCE)
def test_what_a_loop_comes_to_once_is_written(f: Callable[..., Any]) -> None:
    slope = grad(f)
    slope(X, 3)
    back = slope.source.partition("np.zeros_like(")[2]
    assert "+= " not in back.replace("total += ", "") and "-= " not in back


def test_what_a_second_derivative_adds_to_is_added_to() -> None:
    def along(x: Any, n: int) -> Any:
        return np.sum(grad(entries)(x, n) * np.arange(6.0))

    found = grad(along)(X, 6)
    np.testing.assert_allclose(
        found, np.arange(6.0) * (2.0 * np.cos(X) - X * np.sin(X)), rtol=1e-13
    )


def running(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(n):
        total = math.sin(total) * x[i]
    return total


def in_a_table(x: Any, n: int) -> Any:
    rows = [[a, a * a] for a in x]
    total = 1.0
    for i in range(n):
        for j in range(2):
            total = math.sin(total + rows[i][j])
    return total


def in_an_arm(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(n):
        if x[i] > 0.5:
            total = math.sin(total) * x[i]
    return total


def in_an_arm_of_an_arm(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(n):
        if x[i] > 0.0:
            if x[i] > 0.8:
                total = math.sin(total) * x[i]
        else:
            total = math.cos(total)
    return total


def in_both_arms(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(n):
        total = math.sin(total) * x[i] if x[i] > 0.5 else math.cos(total) + x[i]
    return total


def in_two_branches(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(n):
        if x[i] > 0.5:
            total = math.sin(total) * x[i]
        if x[i] < 1.0:
            total = math.cos(total) + x[i]
    return total


def of_a_neighbour_in_an_arm(x: Any, n: int) -> Any:
    total = 1.0
    for i in range(1, n):
        if x[i] > 0.5:
            total = math.sin(total) * x[i - 1]
        total = math.cos(total) + x[i]
    return total


BRANCHED = (
    in_an_arm, in_an_arm_of_an_arm, in_both_arms, in_two_branches, of_a_neighbour_in_an_arm,
)  # fmt: skip


def of_lists() -> list[Callable[..., Any]]:
    found = [running, in_a_table, *BRANCHED]
    for f in (*ONCE, *AGAIN):
        try:
            f(X.tolist(), 3)
        except (AttributeError, TypeError):
            continue
        found.append(f)
    return found


@pytest.mark.parametrize("f", of_lists())
@pytest.mark.parametrize("n", [6, 3])
def test_slopes_of_lists_are_right_however_often_an_entry_is_read(
    f: Callable[..., Any], n: int
) -> None:
    found = grad(f, mode="reverse")(X.tolist(), n)
    verdicts = oracle.gradient(lambda x: f(x, n), (X,)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)


@pytest.mark.parametrize("f", BRANCHED)
@pytest.mark.parametrize("n", [6, 3])
def test_slopes_are_right_where_a_branch_decides(f: Callable[..., Any], n: int) -> None:
    found = grad(f, mode="reverse")(X, n)
    verdicts = oracle.gradient(lambda x: f(x, n), (X,)).values()
    for verdict, number in zip(verdicts, found, strict=True):
        assert oracle.agrees(verdict, number)


@pytest.mark.parametrize("f", [running, in_a_table, in_an_arm, in_an_arm_of_an_arm])
def test_entries_of_lists_that_a_loop_comes_to_once_are_written(f: Callable[..., Any]) -> None:
    slope = grad(f, mode="reverse")
    slope(X.tolist(), 3)
    entries_written = [line for line in slope.source.splitlines() if "_bar[" in line]
    assert entries_written and not any("+=" in line for line in entries_written)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_arrays_that_a_list_holds_are_added_to(mode) -> None:
    def rows(x):
        made = [x * k for k in range(3)]
        total = 0.0
        for row in made:
            total = total + row.sum() * row[0]
        return total + sum(np.sum(one) for one in made)

    x = np.array([0.5, 1.5])
    a, b = x
    expected = [5.0 * (2.0 * a + b) + 3.0, 5.0 * a + 3.0]
    assert grad(rows, mode=mode)(x) == pytest.approx(expected)


def backwards(values: list[float], p: float) -> float:
    worth = [max(value - p, 0.0) for value in values]
    for last in range(len(worth) - 1, 0, -1):
        for j in range(last):
            worth[j] = p * worth[j] + (1.0 - p) * worth[j + 1] * worth[j]
    return worth[0]


def test_a_list_is_not_copied_for_its_length_and_the_first_slopes_are_written() -> None:
    slope = grad(backwards, wrt=("values", "p"), mode="reverse")
    values = [1.5, 0.9, 2.0, 1.2]
    by_values, by_p = slope(values, 0.6)
    assert "list(" not in slope.source
    assert "worth_bar[0] = " in slope.source
    expected, noise = along(lambda h: backwards(values, 0.6 + h))
    assert by_p == pytest.approx(float(expected), abs=1e-9 + noise)
    for k, found in enumerate(by_values):
        expected, noise = along(lambda h, k=k: backwards(*moved([values], 0, k, h), 0.6))
        assert found == pytest.approx(float(expected), abs=1e-9 + noise)


def eliminated(a: list[float], b: list[float], c: list[float], d: list[float]) -> float:
    n = len(d)
    upper, right = [0.0] * n, [0.0] * n
    upper[0], right[0] = c[0] / b[0], d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * upper[i - 1]
        upper[i] = c[i] / m if i < n - 1 else 0.0
        right[i] = (d[i] - a[i] * right[i - 1]) / m
    return right[-1]


def test_differences_are_turned_round_rather_than_negated() -> None:
    slope = grad(eliminated, wrt=("a", "b"), mode="reverse")
    point = ([0.0, 1.0, 1.5], [4.0, 5.0, 4.5], [1.0, 0.7, 0.0], [1.0, 2.0, 3.0])
    by_a, by_b = slope(*point)
    assert not any("= -(" in line and " - " in line for line in slope.source.splitlines())
    for found, position in ((by_a, 0), (by_b, 1)):
        for k, entry in enumerate(found):
            expected, noise = along(lambda h, k=k, p=position: eliminated(*moved(point, p, k, h)))
            assert entry == pytest.approx(float(expected), abs=1e-9 + noise)


def moved(point: Any, position: int, k: int, step: float) -> list[list[float]]:
    lists = [list(each) for each in point]
    lists[position][k] += step
    return lists
