"""Lists in attributes of objects and in entries of dicts that differ between paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests import oracle


class Matrix:
    def __init__(self, rows: list[Any]) -> None:
        if len(rows) != 0:
            self.rows = rows
        else:
            self.rows = []

    def total(self) -> float:
        return float(sum(sum(row) for row in self.rows))


def rows_above(rows: list[list[float]], level: float) -> float:
    kept = [[x * x for x in row if x > level] for row in rows if row[0] > level]
    return Matrix(kept).total() + level


def one_row(rows: list[list[float]], level: float) -> float:
    kept = [x * x for row in rows for x in row if x > level]
    return Matrix([kept]).total() * level


def in_a_dict(rows: list[list[float]], level: float) -> float:
    found: dict[str, list[float]] = {"kept": [], "left": [level]}
    kept = [x * level for row in rows for x in row if x > level]
    if kept:
        found["kept"] = kept
    else:
        found["left"] = [level, level * level]
    return sum(found["kept"]) + sum(found["left"])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", ["rows", "level"])
@pytest.mark.parametrize("f", [rows_above, one_row, in_a_dict], ids=lambda f: f.__name__)
def test_an_empty_list_on_one_path_is_as_long_as_it_is(
    f: Callable[..., Any], wrt: str, mode: str
) -> None:
    slopes = value_and_grad(f, wrt, mode=mode)
    for level in (0.5, 10.0, 2.5):
        args = [[1.0, 2.0], [0.25, 3.0]], level
        value, slope = slopes(*args)
        assert value == f(*args)
        for path, verdict in oracle.gradient(f, args, wrt=wrt).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))


class Kernel:
    def __init__(self, name: str, width: float) -> None:
        self.width = width
        self.kernel = {"square": self.square, "cube": self.cube}[name]

    def square(self, x: float) -> float:
        return x * x / self.width

    def cube(self, x: float) -> float:
        return x * x * x / self.width

    def value(self, x: float, other: Kernel) -> float:
        value = self.kernel(x)
        if self.kernel == self.square:
            value += x
        if self.kernel != self.square:
            value += 2.0 * x
        if self.kernel == other.kernel:
            value += 10.0 * x
        return value


def chosen(x: float, name: str) -> float:
    return Kernel(name, x).value(x, Kernel("square", 2.0))


@pytest.mark.parametrize("name", ["square", "cube"])
def test_methods_are_equal_that_are_those_of_one_object(name: str) -> None:
    value, slope = value_and_grad(chosen)(1.5, name)
    assert oracle.same_bits(value, chosen(1.5, name))
    assert oracle.agrees(oracle.derivative(chosen, (1.5, name)), slope)
