"""A ``defaultdict`` of dicts and arrays makes what is missing, and its entries have slopes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, jacobian, value_and_grad
from tests.differences import along

ROWS = [("a", "b", 1.0), ("a", "c", 2.0), ("d", "b", 3.0), ("a", "b", 0.5)]


def of_defaultdicts(x):
    table = defaultdict(lambda: defaultdict(float))
    for row, column, v in ROWS:
        table[row][column] += v * x
    return sum(w * w for r in table.values() for w in r.values()) * len(table)


def of_lists(x):
    table = defaultdict(lambda: defaultdict(list))
    for row, column, v in ROWS:
        table[row][column].append(v * x)
    return sum(sum(w) ** 2 for r in table.values() for w in r.values())


def of_dicts(x):
    table = defaultdict(dict)
    table["a"]["u"] = x
    table["b"]["u"] = x * x
    table["a"]["v"] = 3.0 * x
    table["c"].update(u=x**3)
    found = sum(sum(d.values()) for key, d in table.items() if "v" in d or key == "b")
    return found * ("c" in table) + ("q" in table) + table.get("q", {"u": x})["u"]


def of_arrays(x):
    table = defaultdict(lambda: np.zeros(3))
    table["a"] += x
    table["b"][1] = x * x
    return sum(float((v**2).sum()) for v in table.values())


def taken_out(x):
    table = defaultdict(dict)
    table["a"]["u"] = x
    table["b"]["u"] = x * x
    removed = table.pop("a")
    del table["b"]
    return removed["u"] ** 3 + x * len(table) + x * len(table["n"])


def of_a_factory_of_another_place(x):
    def made(float):
        return lambda: defaultdict(float)

    table = defaultdict(made(lambda: x))
    table["a"]["b"] *= x
    return table["a"]["b"] + table["a"]["c"]


PROGRAMS: list[Callable[[float], Any]] = [
    *(of_defaultdicts, of_lists, of_dicts, of_arrays, taken_out, of_a_factory_of_another_place)
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_what_is_missing_is_made(f: Callable[[float], Any], mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(1.2)
    expected, noise = along(lambda h: f(1.2 + h))
    assert value == f(1.2)
    assert slope == pytest.approx(float(expected), rel=1e-8, abs=1e-9 + noise)


def test_one_that_is_returned_is_refused() -> None:
    def f(x):
        table = defaultdict(dict)
        table["a"]["b"] = x
        return table

    with pytest.raises(UnsupportedError, match="a defaultdict as a result"):
        jacobian(f)(1.2)
