"""Loops over tables of the user's: bounds and slopes that are looked up step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests import oracle

VOLTS = ((0.0, 3.0), (0.2, 3.5), (0.8, 3.9), (1.0, 4.2))
BRACKETS = [(10.0, 0.1), (40.0, 0.2)]


def volts_at(charge):
    for (s0, v0), (s1, v1) in zip(VOLTS, VOLTS[1:], strict=False):  # noqa: RUF007
        if charge <= s1:
            return v0 + (v1 - v0) * (charge - s0) / (s1 - s0)
    return VOLTS[-1][1]


def discharge(charge, current, n, dt):
    energy = 0.0
    for _ in range(n):
        energy += volts_at(charge) * current * dt
        charge -= current * dt
    return energy


def tax(income):
    due, low = 0.0, 0.0
    for high, rate in BRACKETS:
        if income <= high:
            break
        due += (high - low) * rate
        low = high
    return due + (income - low) ** 2 * 0.01


class Cell:
    VOLTS = ((0.0, 3.0), (0.5, 3.5), (1.0, 4.2))

    def __init__(self, charge):
        self.charge = charge

    def volts(self):
        for (s0, v0), (s1, v1) in zip(self.VOLTS, self.VOLTS[1:], strict=False):
            if self.charge <= s1:
                return v0 + (v1 - v0) * (self.charge - s0) / (s1 - s0)
        return self.VOLTS[-1][1]


def of_cell(charge, n, dt):
    cell, energy = Cell(charge), 0.0
    for _ in range(n):
        energy += cell.volts() * dt
        cell.charge -= dt
    return energy


CASES = {
    volts_at: (0.3,),
    discharge: (0.95, 0.1, 5, 1.0),
    tax: (25.0,),
    of_cell: (0.9, 4, 0.17),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_tables_are_looped_over(f: Any, mode: str) -> None:
    arguments = CASES[f]
    derivative = value_and_grad(f, mode=mode)
    value, slope = derivative(*arguments)
    assert oracle.same_bits(value, f(*arguments))
    verdict = oracle.derivative(f, arguments)
    assert verdict.decided
    assert oracle.agrees(verdict, slope)


def test_the_loop_stands_in_the_text_once() -> None:
    head = "for (s0, v0), (s1, v1) in zip(VOLTS, VOLTS[1:]):"
    for f in (volts_at, discharge, of_cell):
        assert grad(f).source.count(head) == 1
    assert "for high, _ in BRACKETS:" in grad(tax).source
    # The class is not imported for its table.
    assert "VOLTS = ((0.0, 3.0), (0.5, 3.5), (1.0, 4.2))" in grad(of_cell).source


def test_a_table_of_a_class_is_watched() -> None:
    derivative = grad(of_cell)
    before = derivative(0.9, 1, 0.1)
    old, Cell.VOLTS = Cell.VOLTS, ((0.0, 3.0), (0.5, 3.5), (1.0, 5.0))
    try:
        assert derivative(0.9, 1, 0.1) > before
    finally:
        Cell.VOLTS = old
    assert derivative(0.9, 1, 0.1) == before


ROWS = ((3.0, 10.0), (0.1, 12.0), (2.0, 11.0), (0.5, 9.0))


def beside_constants(x):
    total = 0.0
    for weight, (a, b) in zip((1.0, 1.2, 3.0, 3.2), ROWS, strict=False):
        total -= weight * math.exp(-a * (x - b) ** 2)
    return total


def test_a_table_beside_constants_is_looped_over() -> None:
    source = grad(beside_constants).source
    assert "for weight, (a, b) in zip((1.0, 1.2, 3.0, 3.2), ROWS):" in source, source
    verdict = oracle.gradient(beside_constants, (10.7,))[()]
    assert oracle.agrees(verdict, grad(beside_constants)(10.7))


STAGES = [[], [0.5], [0.0, 0.5], [0.0, 0.0, 1.0]]
NODES = [0.0, 0.5, 0.5, 1.0]
WEIGHTS = [1 / 6, 1 / 3, 1 / 3, 1 / 6]


def by_its_tableau(y0, n):
    t, h, y = 0.0, 0.1, np.array([y0, 0.2])
    for _ in range(n):
        slopes = []
        for c, row in zip(NODES, STAGES, strict=True):
            at = y.copy()
            for a, slope in zip(row, slopes, strict=False):
                at = at + h * a * slope
            slopes.append(np.array([at[1], t + c * h - np.sin(at[0])]))
        y = y + h * sum(b * slope for b, slope in zip(WEIGHTS, slopes, strict=True))
        t += h
    return y[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_table_of_uneven_rows_is_taken_apart(mode: str) -> None:
    value, slope = value_and_grad(by_its_tableau, mode=mode)(1.0, 5)
    assert value == by_its_tableau(1.0, 5)
    assert oracle.agrees(oracle.derivative(by_its_tableau, (1.0, 5)), slope)


def by_value_iteration(discount, reward):
    choices = {"low": ["wait", "charge"], "high": ["search", "wait"]}
    leads_to = {
        ("low", "wait"): [(1.0, "low", reward)],
        ("low", "charge"): [(1.0, "high", 0.0)],
        ("high", "search"): [(0.6, "high", 2.0), (0.4, "low", 2.0)],
        ("high", "wait"): [(1.0, "high", reward)],
    }
    worth = dict.fromkeys(choices, 0.0)
    for _ in range(30):
        gain = {
            (s, a): sum(p * (r + discount * worth[then]) for p, then, r in leads_to[s, a])
            for s in ["low", "high"]
            for a in choices[s]
        }
        worth = {s: max(gain[s, a] for a in choices[s]) for s in worth}
    return worth["low"] + 0.5 * worth["high"]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_clauses_over_words_are_written_out(mode: str) -> None:
    value, slope = value_and_grad(by_value_iteration, mode=mode)(0.8, 0.9)
    assert value == by_value_iteration(0.8, 0.9)
    assert oracle.agrees(oracle.derivative(by_value_iteration, (0.8, 0.9)), slope)
