"""Named tuples that exist outside of the function and hold functions in their fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import pytest

from chainrule import grad


class Term(NamedTuple):
    coefficient: float
    function: Callable[[float], float]
    multiples: dict[int, int]


TERMS = [
    Term(0.3, math.sin, {0: 1, 1: 0}),
    Term(0.2, math.cos, {0: 2, 1: -1}),
    Term(-0.5, math.exp, {1: 1}),
]


def series(x, y):
    arguments = [x, y]
    total = 0.0
    for term in TERMS:
        phase = 0.0
        for position, multiple in term.multiples.items():
            if multiple != 0:
                phase += arguments[position] * multiple
        total += term.coefficient * term.function(phase)
    return total


def plain(x):
    return sum(term.coefficient * term.function(x) for term in TERMS)


def test_functions_in_fields_of_a_table_are_differentiated():
    x, y = 0.7, 0.4
    by_x = 0.3 * math.cos(x) - 0.4 * math.sin(2 * x - y)
    by_y = 0.2 * math.sin(2 * x - y) - 0.5 * math.exp(y)
    assert grad(series, "x")(x, y) == pytest.approx(by_x, rel=1e-14)
    assert grad(series, "y")(x, y) == pytest.approx(by_y, rel=1e-14)
    slope = 0.3 * math.cos(x) - 0.2 * math.sin(x) - 0.5 * math.exp(x)
    assert grad(plain)(x) == pytest.approx(slope, rel=1e-14)


def test_a_field_that_holds_another_function_later_is_seen(monkeypatch):
    monkeypatch.setitem(globals(), "TERMS", list(TERMS))
    g = grad(plain)
    before = g(0.7)
    TERMS[0] = Term(0.3, math.cosh, {})
    change = 0.3 * (math.sinh(0.7) - math.cos(0.7))
    assert g(0.7) == pytest.approx(before + change, rel=1e-13)
