"""Entries of lists that something is added to, whether by ``+=`` or written back."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.oracle import agrees, gradient


def solved(A, b):
    """The sum of the solution of a linear system, by elimination with pivots."""
    n = len(b)
    M = [[*row, v] for row, v in zip(A, b, strict=True)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(M[r][i]))
        M[i], M[p] = M[p], M[i]
        for r in range(i + 1, n):
            m = M[r][i] / M[i][i]
            for c in range(i, n + 1):
                M[r][c] -= m * M[i][c]
    x = [0.0] * n
    for i in range(n - 1, -1, -1):
        x[i] = (M[i][n] - sum(M[i][j] * x[j] for j in range(i + 1, n))) / M[i][i]
    return sum(x)


def written_back(u, r):
    u = list(u)
    for _ in range(3):
        for i in range(1, len(u)):
            u[i] = u[i] + r * u[i - 1]
            u[i - 1] = math.sin(u[i]) + u[i - 1]
    return sum(v * v for v in u)


def at_one_place(u, k):
    """What is added may be read where it is added to."""
    u = list(u)
    for i in range(len(u)):
        j = (i * k) % len(u)
        u[i] -= 0.5 * u[j] * u[j]
        u[j] = u[j] * 1.5 + u[i]
    return sum(u)


def used_again(u):
    u, total = list(u), 0.0
    for i in range(1, len(u)):
        v = u[i] + u[i - 1] * u[i - 1]
        u[i] = v
        total += v * v
    return total + u[-1]


MATRIX = [[0.1, 1.0, 2.0], [1.0, 3.0, 0.5], [2.0, 0.3, 5.0]]
CASES = [
    (solved, (MATRIX, [1.0, 2.0, 3.0])),
    (written_back, ([0.3, 0.7, 1.1], 0.4)),
    (at_one_place, ([0.3, 0.7, 1.1], 2)),
    (used_again, ([0.3, 0.7, 1.1],)),
]


def _name(value: Any) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "point"), CASES, ids=lambda case: getattr(case, "__name__", "")
)
def test_slopes(function: Any, point: tuple[Any, ...], mode: str) -> None:
    value, found = value_and_grad(function, mode=mode)(*point)
    assert value == function(*point)
    for path, verdict in gradient(function, point).items():
        part = found
        for key in path:
            part = part[key]
        assert agrees(verdict, part)


@pytest.mark.parametrize("function", [solved, written_back])
def test_the_adjoint_of_such_an_entry_stays_where_it_is(function: Any) -> None:
    names = function.__code__.co_varnames[:2]
    source = grad(function, wrt=names, mode="reverse").source
    lines = [line.strip() for line in source.splitlines()]
    assert not any(line.endswith("_bar[i] = 0.0") and line.startswith("u") for line in lines), (
        source
    )
    assert "M_bar[r][c] = 0.0" not in lines


def test_elimination_keeps_no_copy_for_its_length() -> None:
    lines = [line.strip() for line in grad(solved, wrt=("A", "b")).source.splitlines()]
    assert not any("copy_tape" in line for line in lines)
    # The candidates for a pivot.
    assert not any("for k in range(i, n)]" in line for line in lines)


def turned(angle):
    return sum((k + 2.0) * math.cos((angle + 2.0 * math.pi * k) / 3.0) for k in (-1, 0, 1))


def test_a_minus_sign_in_a_sum_of_constants_is_a_difference() -> None:
    assert "(angle - 2.0 * pi) / 3.0" in grad(turned).source
    assert agrees(gradient(turned, (0.7,))[()], grad(turned)(0.7))


def doubled(A):
    """A copy of rows, as it stands at the head of many an elimination."""
    A = [row[:] for row in A]
    A[0][0] *= A[1][1]
    return A[0][0] + A[1][0]


def test_the_adjoint_of_copied_rows_is_handed_on():
    slope = grad(doubled)
    assert slope([[4.0, 1.0, 0.5], [1.0, 5.0, 0.2]]) == [[5.0, 0.0, 0.0], [1.0, 4.0, 0.0]]
    assert slope.source.count("[0.0] * len(row)") == 1
    assert slope.source.rstrip().endswith("return A_bar")


def casteljau(points, t):
    p = points[:]
    for r in range(1, len(p)):
        for i in range(len(p) - r):
            p[i] = (1.0 - t) * p[i] + t * p[i + 1]
    return p[0]


def test_an_entry_that_is_handed_on_is_written_and_not_cleared_first():
    slope = grad(casteljau)
    t = 0.3
    weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3]
    assert slope([1.0, -2.0, 0.5, 3.0], t) == pytest.approx(weights, rel=1e-12)
    assert "= 0.0" not in slope.source.replace("= [0.0]", "")
