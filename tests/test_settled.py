"""Recurrences that fill an array or a list: what was read is read again, or recorded if it must."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp
from tests import oracle


def triangular_solve(b: Any, L: Any) -> Any:
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= L[i, j] * x[j]
        x[i] = s / L[i, i]
    return np.sum(x**2)


def diffusion(u0: Any, k: float, steps: int) -> Any:
    n = len(u0)
    u = np.zeros((steps + 1, n))
    u[0] = u0
    for t in range(steps):
        for i in range(1, n - 1):
            u[t + 1, i] = u[t, i] + k * math.sin(u[t, i - 1] - 2 * u[t, i] + u[t, i + 1])
    return np.sum(u[steps] ** 2)


def logistic_map(a: float, n: int) -> Any:
    x = [0.0] * n
    x[0] = a
    for t in range(1, n):
        x[t] = a * x[t - 1] * (1 - x[t - 1])
    return sum(x)


def backwards(a: float, n: int) -> Any:
    x = np.zeros(n + 1)
    x[n] = a
    for t in range(n - 1, -1, -1):
        x[t] = math.sin(a * x[t + 1]) * x[t + 1]
    return x.sum()


def in_a_branch(a: float, n: int) -> Any:
    x = np.zeros(n)
    x[0] = a
    if n > 2:
        for t in range(1, n):
            x[t] = a * x[t - 1] * (1 - x[t - 1])
    return x.sum()


def two_behind(a: float, n: int) -> Any:
    x = np.ones(n) * a
    for t in range(2, n):
        if x[t - 1] > 0.5:
            x[t] = a * x[t - 1] * x[t - 2]
        else:
            x[t] = x[t - 1] ** 2 * a
    return x.sum()


def wraps_around(a: float, n: int) -> Any:
    x = np.ones(n)
    for t in range(n):
        x[t] = a * x[t - 1] * x[t - 1] + 0.1 * t
    return x.sum()


def written_again(a: float, n: int) -> Any:
    x = np.ones(n)
    for k in range(3):
        x[0] = a * (k + 1)
        for t in range(1, n):
            x[t] = a * x[t - 1] * x[t - 1]
    return x.sum()


def written_ahead(a: float, n: int) -> Any:
    x = np.ones(n) * a
    for t in range(n - 2):
        x[t + 2] = x[t] * x[t + 1] * x[t + 2]
    return x.sum()


def written_after(a: float, n: int) -> Any:
    x = np.ones(n) * a
    for t in range(1, n):
        x[t] = a * x[t - 1] * x[t - 1]
    y = x[1] * x[2]
    x[1] = 5.0
    x *= 2
    return x.sum() + y


def by_table(a: float, order: list[int]) -> Any:
    x = np.ones(len(order)) * a
    for t in range(1, len(order)):
        x[order[t]] = x[order[t - 1]] * x[order[t - 1]] + a
    return x.sum()


def binomial_tree(s: float, n: int) -> Any:
    v = np.zeros(n + 1)
    for j in range(n + 1):
        v[j] = s * 1.1**j * 0.9 ** (n - j)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1):
            v[j] = math.exp(-0.01) * (0.5 * v[j] + 0.005 * v[j + 1] * v[j + 1])
    return v[0]


def matrix(a: float, n: int) -> list[list[float]]:
    A = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            A[i][j] = 4.0 * a if i == j else math.sin(a + i + 2 * j)
    return A


def factored(a: float, n: int) -> Any:
    """Doolittle's factorisation in place: row k is read by the rows below it, and stays."""
    A = matrix(a, n)
    for k in range(n):
        for i in range(k + 1, n):
            A[i][k] /= A[k][k]
            for j in range(k + 1, n):
                A[i][j] -= A[i][k] * A[k][j]
    return sum(A[i][i] for i in range(n))


def cholesky(a: float, n: int) -> Any:
    """Entries are written in one of two arms, and read in the other one of later steps."""
    A = matrix(a, n)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = A[i][j]
            for k in range(j):
                s -= L[i][k] * L[j][k]
            if i == j:
                L[i][j] = math.sqrt(s)
            else:
                L[i][j] = s / L[j][j]
    return sum(L[i][i] for i in range(n))


def in_an_arm_that_may_meet(a: float, n: int) -> Any:
    """Where i is j the entry is written after it was read: nothing tells them apart."""
    L = [[a + 0.1 * i - 0.2 * j for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(i + 1):
            if a > 0.0:
                L[i][j] = L[j][j] * math.sin(L[j][j])
    return sum(L[i][i] for i in range(n))


def cleared_above(a: float, n: int) -> Any:
    """Rows above are changed by row k, and row k by those below it, later on."""
    A = matrix(a, n)
    for k in range(1, n):
        for i in range(k):
            for j in range(n):
                A[i][j] -= A[k][j] * A[i][k] * 0.1
    return sum(A[i][i] for i in range(n))


L = np.array([[2.0, 0.0, 0.0], [0.5, 1.5, 0.0], [-0.3, 0.7, 1.2]])
READ_AGAIN = [
    (triangular_solve, (np.array([0.3, -0.5, 0.8]), L)),
    (diffusion, (np.array([0.3, -0.5, 0.8, 0.1, 0.2]), 0.2, 4)),
    (logistic_map, (0.7, 5)),
    (backwards, (0.7, 4)),
    (in_a_branch, (0.7, 5)),
    (two_behind, (0.7, 6)),
    (factored, (0.7, 4)),
    (cholesky, (0.7, 4)),
]
RECORDED = [
    (wraps_around, (0.7, 5)),
    (written_again, (0.7, 4)),
    (written_ahead, (0.9, 6)),
    (by_table, (0.7, [0, 2, 1, 0, 2])),
    (binomial_tree, (1.3, 4)),
    (cleared_above, (0.7, 4)),
    (in_an_arm_that_may_meet, (0.7, 4)),
]


@pytest.mark.parametrize(("f", "args"), [*READ_AGAIN, *RECORDED, (written_after, (0.7, 5))])
def test_recurrence(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    found = np.atleast_1d(grad(f, mode="reverse")(*args))
    for verdict, number in zip(oracle.gradient(f, args, 0).values(), found, strict=True):
        assert oracle.agrees(verdict, number)


@pytest.mark.parametrize(("f", "args"), [*READ_AGAIN, *RECORDED])
def test_second_derivative_of_recurrence(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    direction = np.ones_like(args[0]) if isinstance(args[0], np.ndarray) else 1.0
    slope = grad(f)

    def along(step: float) -> Any:
        return np.sum(slope(args[0] + step * direction, *args[1:]))

    product = np.sum(hvp(f)(args[0], *args[1:], direction)[1])
    assert oracle.agrees(oracle.derivative(along, (0.0,)), product)


@pytest.mark.parametrize(("f", "args"), READ_AGAIN)
def test_entries_that_stay_are_not_recorded(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    slope = grad(f, mode="reverse")
    slope(*args)
    assert ".append(" not in slope.source


@pytest.mark.parametrize(("f", "args"), RECORDED)
def test_entries_written_over_are_recorded(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    slope = grad(f, mode="reverse")
    slope(*args)
    assert ".append(" in slope.source


def every_other(a: float, n: int) -> Any:
    p = a
    for t in range(1, n, 2):
        p = math.sin(p * t) + a
    return p


def countdown(a: float, n: int) -> Any:
    p = a
    for t in range(n, 0, -1):
        p = math.sin(p * t) + a
    return p


def countdown_by_two(a: float, n: int) -> Any:
    p = a
    for t in range(n, -3, -2):
        p = math.sin(p * t) + a
    return p


def turned_round(a: float, n: int) -> Any:
    p = a
    for t in reversed(range(1, n)):
        p = math.sin(p * t) + a
    return p


@pytest.mark.parametrize("f", [every_other, countdown, countdown_by_two, turned_round])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 6])
def test_index_is_known_on_the_way_back(f: Callable[..., Any], n: int) -> None:
    slope = grad(f, mode="reverse")
    assert oracle.agrees(oracle.derivative(f, (0.7, n)), slope(0.7, n))
    assert " t_tape" not in slope.source


def sweeps(f: Any, u: Any, steps: int) -> Any:
    u = u.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j])
    return u.sum()


def over_a_list(a: float, n: int) -> Any:
    x = [a + k for k in range(n)]
    for _ in range(3):
        for i in range(1, len(x)):
            x[i] = x[i] + a * x[i - 1]
    return sum(x)


def growing(a: float) -> Any:
    x = [a]
    for _ in range(3):
        for i in range(len(x)):
            x[i] = x[i] + a
        x.append(2 * a)
    return sum(x) * a


MEASURING: list[tuple[Callable[..., Any], tuple[Any, ...], int]] = [
    (sweeps, (np.arange(16.0).reshape(4, 4), np.ones((4, 4)), 3), 0),
    (over_a_list, (0.7, 4), 1),
    (growing, (0.7,), 1),
]


@pytest.mark.parametrize(("f", "args", "recorded"), MEASURING)
def test_lengths_that_stay_are_not_recorded(
    f: Callable[..., Any], args: tuple[Any, ...], recorded: int
) -> None:
    slope = grad(f, mode="reverse")
    found = np.atleast_1d(slope(*args)).ravel()
    for verdict, number in zip(oracle.gradient(f, args, 0).values(), found, strict=True):
        assert oracle.agrees(verdict, number)
    lengths = "length_tape" in slope.source or "gap_tape" in slope.source
    assert lengths == (f is growing) and slope.source.count("_tape = []") == recorded
