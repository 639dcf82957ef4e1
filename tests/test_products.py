"""Loops over ``itertools.product``: nested loops where they can be, lists where they must."""

from __future__ import annotations

import ast
import itertools
from itertools import product
from typing import Any

import pytest

from chainrule import grad, value_and_grad
from tests import oracle


def cells(x, n, m):
    total = 0.0
    for i, j in product(range(n), range(1, m + 1)):
        if i == j:
            continue
        total += x ** (i + j) / j
    return total


def first_above(x, n):
    for i, j in itertools.product(range(n), range(n)):
        if x * i * j > 3.0:
            return x * i * j
    return x


def interpolated(x, y, z, table):
    total = 0.0
    for di, dj, dk in itertools.product((0, 1), repeat=3):
        weight = (x if di else 1 - x) * (y if dj else 1 - y) * (z if dk else 1 - z)
        total += weight * table[di][dj][dk]
    return total


def pairs(x, n):
    return sum(x**i * j for i, j in product(range(n), (1, 2, 3)) if i > j)


def left_early(x, n):
    total = 0.0
    for i, _ in product(range(n), range(n)):
        total += x * i
        if total > 4.0:
            break
    return total


def moving_range(x, n):
    total, m = 0.0, n
    for i, j in product(range(n), range(m)):
        total += x**i * j
        m = 1
    return total * m


def growing_list(x, n):
    xs = [x, 2.0 * x]
    for i, j in product(range(n), range(len(xs))):
        xs.append(xs[j] * i)
    return sum(xs)


def four_signs(x, y):
    total = 0.0
    for a, b, c, d in itertools.product([-1, 1], repeat=4):
        total += (a * x + b * y + c) ** 2 * (2 + d)
    return total


def all_pairs(xs, ys):
    return sum(x * y**2 for x, y in product(xs, ys))


def fours(xs):
    return sum(a * b**2 + c * d for a, b, c, d in itertools.combinations(xs, 4))


TABLE = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 9.0]]]
CASES: dict[Any, tuple[Any, ...]] = {
    cells: (1.3, 3, 4),
    first_above: (1.2, 4),
    interpolated: (0.3, 0.4, 0.5, TABLE),
    pairs: (1.5, 4),
    left_early: (1.1, 4),
    moving_range: (1.2, 3),
    growing_list: (1.5, 3),
    four_signs: (0.7, 0.2),
    all_pairs: ([1.0, 2.0], [0.5, 3.0, 1.0]),
    fours: ([1.0, 2.0, 0.3, 0.7, 1.1],),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_products_are_differentiated(f: Any, mode: str) -> None:
    arguments = CASES[f]
    value, slope = value_and_grad(f, mode=mode)(*arguments)
    assert value == f(*arguments)
    for path, verdict in oracle.gradient(f, arguments).items():
        assert verdict.decided
        assert oracle.agrees(verdict, oracle.look_up(slope, path))


def test_ranges_are_loops_in_loops() -> None:
    found = ast.parse(grad(cells).source)
    loops = [node for node in ast.walk(found) if isinstance(node, ast.For)]
    assert len(loops) == 2
    assert loops[1] in loops[0].body
    assert "append" not in grad(cells).source


def test_an_inner_loop_leaves_the_outer_counter_alone() -> None:
    def f(x, zs):
        total = x
        for _ in range(3):
            slope = sum(z * total for z in zs)
            total = total - slope * total / (1.0 + slope**2)
        return total

    found = ast.parse(grad(f, wrt=("x", "zs")).source)
    for loop in (node for node in ast.walk(found) if isinstance(node, ast.For)):
        bound = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)} - {"_"}
        inner = [node for stmt in loop.body for node in ast.walk(stmt)]
        again = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert not bound & again
