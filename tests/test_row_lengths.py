"""Small matrices as lists of lists: what is known of the lengths of their rows, and its use."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests.oracle import agrees, gradient


def product(A, B):
    return [
        [sum(a * b for a, b in zip(row, column, strict=False)) for column in zip(*B, strict=False)]
        for row in A
    ]


def turned(q, offset):
    c, s = math.cos(q), math.sin(q)
    return [
        [c, -s, 0.0, 0.3 * c],
        [s, c, 0.0, 0.3 * s],
        [0.0, 0.0, 1.0, offset],
        [0.0, 0.0, 0.0, 1.0],
    ]


def hand(joints):
    T = [[1.0 if i == j else 0.0 for j in range(4)] for i in range(4)]
    for k, q in enumerate(joints):
        T = product(T, turned(q, 0.1 * k))
    return T[0][3] * T[1][3] + T[2][3]


def filtered(readings, noise):
    F = [[1.0, 0.0, 0.1, 0.0], [0.0, 1.0, 0.0, 0.1], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    P = [[1.0 if i == j else 0.0 for j in range(4)] for i in range(4)]
    x = [0.0, 0.0, 0.0, 0.0]
    loss = 0.0
    for reading in readings:
        x = [sum(f * v for f, v in zip(row, x, strict=False)) for row in F]
        P = product(product(F, P), [list(column) for column in zip(*F, strict=False)])
        P = [[P[i][j] + (noise if i == j else 0.0) for j in range(4)] for i in range(4)]
        size = P[0][0] + 0.5
        gap = reading - x[0]
        gain = [P[i][0] / size for i in range(4)]
        x = [v + k * gap for v, k in zip(x, gain, strict=False)]
        P = [[P[i][j] - gain[i] * P[0][j] for j in range(4)] for i in range(4)]
        loss += gap * gap / size + math.log(size)
    return loss


def weighed(x, steps, change):
    """A table of which every step makes another, changed in a way of its own."""
    T = [
        [x, 1.0, 0.0, 2.0],
        [0.5, x, x, 1.0],
        [1.0, 0.0, x, 3.0],
        [x, 2.0, 1.0, 0.25],
        [1.0, x, 0.5, 1.5],
    ]
    for k in range(steps):
        T = [[a * b for a, b in zip(row, (x, 0.5, 1.0, 0.3), strict=False)] for row in T]
        if change == "longer row":
            T[k].append(x)
        elif change == "shorter row":
            T[k].pop()
        elif change == "another row":
            T.append([x, x])
        elif change == "other rows":
            T = [row[1:] for row in T]
        elif change == "transposed":
            T = [list(column) for column in zip(*T, strict=False)]
        elif change == "row put in":
            T[k] = [x, x * x, 1.0]
    return sum(v * (k + 1.0) for row in T for k, v in enumerate(row)) + T[0][-1]


CHANGES = [
    "none",
    "longer row",
    "shorter row",
    "another row",
    "other rows",
    "transposed",
    "row put in",
]


def test_products_of_matrices_in_a_loop() -> None:
    joints = [0.3, -0.7, 1.1]
    found = grad(hand)(joints)
    assert agrees(gradient(hand, (joints,))[(0,)], found[0])
    assert agrees(gradient(hand, (joints,))[(2,)], found[2])


def test_rows_of_a_known_length_are_taken_apart() -> None:
    source = grad(hand).source
    # The identity's rows, and those of each product, have four entries: no inner loop is left.
    assert "for a, a_1, a_2, a_3 in T:" in source, source
    assert "range(min(" not in source
    assert len(source.splitlines()) < 110, source


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_filter_keeps_its_loops(mode: str) -> None:
    readings = [0.1, 0.15, 0.3]
    derivative = grad(filtered, wrt="noise", mode=mode)
    expected = gradient(lambda noise: filtered(readings, noise), (0.2,))[()]
    assert agrees(expected, derivative(readings, 0.2))
    assert len(derivative.source.splitlines()) < 240, derivative.source


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("change", CHANGES)
def test_rows_that_change_their_length(change: str, mode: str) -> None:
    derivative = value_and_grad(weighed, wrt="x", mode=mode)
    for steps in (0, 1, 3):
        value, slope = derivative(0.7, steps, change)
        assert value == weighed(0.7, steps, change)
        assert agrees(gradient(weighed, (0.7, steps, change))[()], slope)


def entries(x: float) -> list[Any]:
    return [[x, 1.0], [2.0, x]]


def picked(x, n):
    """Reads past what is known raise as f does."""
    T = entries(x)
    for _ in range(n):
        T = [[row[k] * (x, 2.0)[k] for k in range(len(row))] + [1.0] for row in T]
    return T[0][0] + T[1][-1]


def test_a_row_that_outgrows_what_is_picked_from_raises() -> None:
    derivative = grad(picked, wrt="x")
    assert derivative(0.7, 1) == pytest.approx(1.4, rel=1e-14)
    for function in (picked, derivative):
        with pytest.raises(IndexError):
            function(0.7, 2)
