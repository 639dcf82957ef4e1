"""Sums of arrays that begin as a number are arrays from the start, where nothing tells the two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests import oracle


def of_rows(x, table):
    s = 0.0
    for row in range(table.shape[0]):
        s += table[row, 0] * np.cos(table[row, 1] * x)
    return np.sum(s * s)


def of_a_table(x, table):
    s = 0
    for a, b in table:
        s = s - a * x + np.sin(b * x)
    return np.sum(s * x)


def product(x, table):
    p = 1.0
    for k in range(len(table)):
        p *= x + table[k, 0]
    return np.sum(p)


def both(x, table):
    s, p = 0.0, 2.0
    for k in range(3):
        s, p = s + k * x, p
        p = p / (x * x + k)
    return np.sum(s * p)


def with_an_early_end(x, table):
    s = 0.0
    for a, b in table:
        if b > 2.5:
            break
        s = s + a * x
    return np.sum(s * s)


def where_wanted(x, table):
    s = 0.0
    for a, b in table:
        if b > 0.5:
            s = s + a * x
    return np.sum(s * s)


def asked(x, table):
    s, scalars = 0.0, 0
    for a, _ in table:
        if np.ndim(s) == 0:
            scalars += 1
        s = s + a * x
    return np.sum(s * s) * scalars


def asked_of_another_name(x, table):
    s, scalars = 0.0, 0
    for a, _ in table:
        t = s + 1.0
        if np.ndim(t) == 0:
            scalars += 1
        s = s + a * x
    return np.sum(s * s) * scalars


def asked_by_a_function(x, table):
    s, scalars = 0.0, 0

    def is_number():
        return np.ndim(s) == 0

    for a, _ in table:
        if is_number():
            scalars += 1
        s = s + a * x
    return np.sum(s * s) * scalars


def of_a_part(x, table):
    s = 0.0
    for k in range(1, len(table)):
        s = s + table[k, 0] * x[:2]
    return np.sum(s * s)


def negative_zero(x, table):
    s = -0.0
    for a, _ in table:
        s = s + 0.0 * a * x
    return np.sum(np.copysign(x, s))


SUMS = [
    of_rows, of_a_table, product, both, with_an_early_end, where_wanted, asked,
    asked_of_another_name, asked_by_a_function, of_a_part, negative_zero,
]  # fmt: skip
TABLE = np.array([[0.5, 1.0], [1.5, 2.0], [-0.7, 3.0], [0.3, 0.2]])
EMPTY = TABLE[:0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", SUMS, ids=lambda f: f.__name__)
def test_a_sum_that_begins_as_a_number_is_differentiated(f: Callable[..., Any], mode: str) -> None:
    x = np.array([0.7, -1.2, 0.4])
    slopes = value_and_grad(f, mode=mode)
    for table in (TABLE, EMPTY, TABLE[:1], TABLE):
        value, slope = slopes(x, table)
        assert oracle.same_bits(value, f(x, table))
        for path, verdict in oracle.gradient(f, (x, table)).items():
            assert oracle.agrees(verdict, oracle.look_up(slope, path))


@pytest.mark.parametrize("f", [of_rows, of_a_table, product, both], ids=lambda f: f.__name__)
def test_what_nothing_else_reads_is_an_array_from_the_start(f: Callable[..., Any]) -> None:
    slope = grad(f)
    slope(np.array([0.7, -1.2, 0.4]), TABLE)
    assert "is_array" not in slope.source
    assert "_tape" not in slope.source or f in (product, both)


def test_short_floats_stay_short() -> None:
    x, table = np.array([0.7, -1.2], dtype=np.float32), TABLE.astype(np.float32)
    value, slope = value_and_grad(of_rows)(x, table)
    assert oracle.same_bits(value, of_rows(x, table))
    assert slope.dtype == np.float32


def steps(x, n):
    s = 0.0
    for k in range(n):
        s = s + np.cos(k * x)
    return np.sum(s)


def test_the_number_of_steps_is_asked_in_every_call() -> None:
    x = np.array([0.7, -1.2, 0.4])
    slopes = value_and_grad(steps)
    for n in (3, 0, 2, -1, 5):
        value, slope = slopes(x, n)
        assert oracle.same_bits(value, steps(x, n))
        expected = -sum(k * np.sin(k * x) for k in range(n)) if n > 0 else np.zeros(3)
        np.testing.assert_allclose(slope, expected, rtol=1e-13)
