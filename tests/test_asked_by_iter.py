"""What ``__iter__`` of a class does is done once for each reader, and no more often."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import hvp, value_and_grad
from tests import oracle

# What is read stops with the shortest, as these programs do, which are written as people write.
# ruff: noqa: B905


class Grid:
    """Begins at its first point whenever a loop asks for it."""

    def __init__(self, low: float, high: float, n: int) -> None:
        self.low, self.high, self.n = low, high, n
        self.i = 0

    def __iter__(self) -> Grid:
        self.i = 0
        return self

    def __next__(self) -> float:
        if self.i > self.n:
            raise StopIteration
        x = self.low + (self.high - self.low) * self.i / self.n
        self.i += 1
        return x


class Counted:
    """Counts how often it was read, and weighs what that tells."""

    def __init__(self, xs: list[float]) -> None:
        self.xs = xs
        self.times = 0
        self.weight = 1.0

    def __iter__(self) -> Any:
        self.times += 1
        self.weight *= 1.1
        return iter(self.xs)


class Yielded(Counted):
    def __iter__(self) -> Any:
        self.times += 1
        yield self.xs[0]
        self.weight *= 1.1
        yield self.xs[1]
        yield self.xs[2] * self.weight


def read_by_two_loops(a: float, b: float) -> float:
    grid = Grid(a, b, 6)
    total = 0.0
    for x in grid:
        total += math.sin(b * x)
    for x in grid:
        total += x * x
    return total


def read_by_sums(a: float, b: float) -> float:
    grid = Grid(a, a + b, 6)
    return sum(x * x for x in grid) * max(grid) + sum(map(math.sin, grid))


def read_beside_another(a: float, b: float) -> float:
    left, right = Grid(a, a + b, 6), Grid(b, a * b, 6)
    total = sum(x * y for x, y in zip(left, right))
    for i, x in enumerate(left):
        total += i * x * b
    return total + sum(right) * right.i


def left_and_begun_anew(a: float, b: float) -> float:
    grid = Grid(a, a + b, 6)
    total = 0.0
    for x in grid:
        if x > a + 0.5 * b:
            break
        total += x
    for x in grid:
        total += x * x * b
    return total


def counted(a: float, b: float) -> float:
    xs = Counted([a, b, a * b])
    total = sum(xs) + max(xs)
    for x in xs:
        total += x * x
    p, q, r = xs
    listed = [x * xs.weight for x in xs]
    first, *_ = tuple(xs)
    return (total + p * q * r) * xs.times * xs.weight + first * sum(listed)


def counted_as_it_yields(a: float, b: float) -> float:
    xs = Yielded([a, b, a * b])
    total = sum(xs) + max(xs)
    for x in xs:
        total += x * x
    p, q, r = xs
    first, *rest = xs
    return (total + p * q * r) * xs.times * xs.weight + first * sum(rest)


def counted_in_a_loop(a: float, b: float) -> float:
    xs, ys = Counted([a, b, a * b]), Yielded([a, b, a + b])
    total = 0.0
    for _ in range(4):
        p, q, r = xs
        u, v, w = ys
        total += p * q * r + u * v * w * xs.weight + sum(ys)
    return total * xs.times * ys.weight


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        read_by_two_loops,
        read_by_sums,
        read_beside_another,
        left_and_begun_anew,
        counted,
        counted_as_it_yields,
        counted_in_a_loop,
    ],
    ids=lambda f: f.__name__,
)
def test_each_reader_asks_an_object_once(f: Callable[..., float], mode: str) -> None:
    point = (1.3, 0.7)
    for wrt in (0, 1):
        value, slope = value_and_grad(f, wrt, mode=mode)(*point)
        assert value == f(*point)
        assert oracle.agrees(oracle.derivative(f, point, wrt=wrt), slope)


def test_second_derivatives_of_what_begins_anew() -> None:
    f, step = read_by_two_loops, 1e-5
    slope = value_and_grad(f)
    curve = (slope(1.3 + step, 0.7)[1] - slope(1.3 - step, 0.7)[1]) / (2.0 * step)
    assert hvp(f)(1.3, 0.7, 1.0)[1] == pytest.approx(curve, rel=1e-7)
