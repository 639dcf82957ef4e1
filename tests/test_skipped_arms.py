"""Arms that skip work for a number that is 0: the slope there is that of the work."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp, value_and_grad
from tests import differences, oracle


def eliminated(A, b):
    n = len(b)
    A, b = [row[:] for row in A], b[:]
    for i in range(n):
        for j in range(i + 1, n):
            factor = A[j][i] / A[i][i]
            if factor == 0.0:
                continue
            for k in range(i, n):
                A[j][k] -= factor * A[i][k]
            b[j] -= factor * b[i]
    x = [0.0] * n
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - sum(A[i][k] * x[k] for k in range(i + 1, n))) / A[i][i]
    return sum(v * v for v in x)


def eliminated_in_place(A, b):
    n = len(b)
    for i in range(n):
        for j in range(i + 1, n):
            if A[j][i] != 0:
                factor = A[j][i] / A[i][i]
                for k in range(i, n):
                    A[j][k] = A[j][k] - factor * A[i][k]
                b[j] = b[j] - factor * b[i]
    return sum(v * v for v in b) + sum(row[-1] for row in A)


def of_arrays(A, b):
    A, b = A.copy(), b.copy()
    for i in range(len(b)):
        for j in range(i + 1, len(b)):
            if A[j, i] == 0:
                continue
            factor = A[j, i] / A[i, i]
            A[j, i:] -= factor * A[i, i:]
            b[j] -= factor * b[i]
    return b @ b + A[:, -1].sum()


def of_powers(A, b):
    total = 0.0
    for k, coefficient in enumerate(A[-1]):
        if coefficient != 0:
            total += coefficient * b[0] ** k
    return total * total


def of_products(A, b):
    total = 0.0
    for weight, value in zip(A[0], b, strict=True):
        total += 0.0 if weight == 0.0 else weight * math.exp(value)
    return total * b[1]


SPARSE = [[4.0, 1.0, 0.0], [1.0, 3.0, -0.7], [0.0, -0.7, 2.0]]
SIDE = [1.0, 2.0, 3.0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [eliminated, eliminated_in_place, of_arrays, of_powers, of_products],
    ids=lambda f: f.__name__,
)
def test_what_is_skipped_for_zeros_has_its_slope(f: Any, mode: str) -> None:
    arrays = f is of_arrays
    given = (np.array(SPARSE), np.array(SIDE)) if arrays else (SPARSE, SIDE)
    mine, theirs = copy.deepcopy(given), copy.deepcopy(given)
    value, slopes = value_and_grad(f, wrt=("A", "b"), mode=mode)(*mine)
    assert value == f(*theirs)
    assert str(mine) == str(theirs)
    for position, slope in enumerate(slopes):
        for path, verdict in oracle.gradient(f, copy.deepcopy(given), wrt=position).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path)), (position, path)


def test_the_walk_back_is_one_for_both_arms() -> None:
    slopes = grad(eliminated, wrt=("A", "b"), mode="reverse")
    slopes(SPARSE, SIDE)
    code = [line for line in slopes.source.splitlines() if not line.lstrip().startswith("#")]
    assert [line.strip() for line in code if "factor !=" in line] == ["if factor != 0.0:"]
    assert not any("raise" in line for line in code)


@pytest.mark.parametrize("f", [eliminated, of_powers], ids=lambda f: f.__name__)
def test_so_it_is_with_second_derivatives(f: Any) -> None:
    directions = ([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6], [0.7, 0.2, 0.9]], [0.8, -0.5, 0.3])
    gradient = grad(f, wrt=("A", "b"))
    _, second = hvp(f, wrt=("A", "b"))(SPARSE, SIDE, A_dot=directions[0], b_dot=directions[1])

    def moved(h: float) -> Any:
        A = np.array(SPARSE) + h * np.array(directions[0])
        b = np.array(SIDE) + h * np.array(directions[1])
        return np.concatenate([np.ravel(part) for part in gradient(A.tolist(), b.tolist())])

    measured, noise = differences.along(moved)
    found = np.concatenate([np.ravel(part) for part in second])
    assert np.allclose(found, measured, rtol=1e-6, atol=10.0 * noise)


def jumping(x, y):
    total = 0.0
    if x != 0:
        total += x * y + (y - 1.0)
    return total


def test_what_is_something_else_where_it_is_skipped_has_no_slope() -> None:
    # At y = 1 both arms give 0, by chance: beside it f jumps.
    with pytest.raises(ArithmeticError, match="no slope is known"):
        grad(jumping, wrt=("x", "y"))(0.0, 1.0)


def counted(x, y):
    total, count = 0.0, 0
    for each in x:
        if each == 0:
            continue
        count += 1
        total += each * y
    return total / count


def test_a_count_that_jumps_has_no_slope() -> None:
    with pytest.raises(ArithmeticError, match="no slope is known"):
        grad(counted, wrt=("x", "y"))([1.0, 0.0, 2.0], 3.0)


def divided_away(v, a):
    s = a
    for x in v:
        if x == 0.0:
            continue
        s += x * math.sin(a) / x
    return s


def divided_before(v, a):
    s = a
    for x in v:
        if x != 0.0:
            s += x * (a / x)
    return s


def divided_by_a_power(v, a):
    s = a
    for x in v:
        if x != 0.0:
            s += x * x * a / x**2
    return s


def divided_by_what_stays(v, a):
    s = a
    for x in v:
        if x != 0.0:
            s += x * a / (x * x + a)
    return s


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [divided_away, divided_before, divided_by_a_power])
def test_what_is_divided_by_the_factor_is_not_nothing_where_that_is_0(
    function: Callable[..., Any], mode: str
) -> None:
    alone = grad(function, wrt="a", mode=mode)
    both = grad(function, wrt=("v", "a"), mode=mode)
    for v in ([0.7, 0.2], [0.7, 0.0, 0.2]):
        verdict = oracle.derivative(function, (v, 0.3), wrt="a")
        assert oracle.agrees(verdict, float(alone(v, 0.3)))
    assert oracle.agrees(
        oracle.derivative(function, ([0.7, 0.2], 0.3), wrt="a"), both([0.7, 0.2], 0.3)[1]
    )
    # Beside the point the sum has one term more.
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        both([0.7, 0.0, 0.2], 0.3)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_divisor_that_stays_leaves_the_slope_of_what_is_skipped(mode: str) -> None:
    slopes = grad(divided_by_what_stays, wrt=("v", "a"), mode=mode)([0.7, 0.0, 0.2], 0.3)
    for path, verdict in oracle.gradient(divided_by_what_stays, ([0.7, 0.0, 0.2], 0.3)).items():
        assert oracle.agrees(verdict, slopes[0][path[0]]), (path, verdict)
