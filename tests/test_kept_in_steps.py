"""What a step of a loop keeps, and writes to again in the next step, is one and the same thing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.differences import along


def scaled_in_place(v, a):
    kept = []
    x = v.copy()
    for _ in range(len(v)):
        x *= a
        kept.append(x)
    return float(kept[0] @ kept[3])


def entry_by_entry(v, a):
    kept = []
    x = v.copy()
    for k in range(len(v)):
        x[k] *= a
        kept.append((k, x))
    return float(kept[0][1] @ kept[3][1])


def a_part_of_it(v, a):
    kept = []
    x = v.copy()
    for _ in range(len(v)):
        x[0] *= a
        kept.append(x[:4])
    return float(kept[0] @ kept[3])


def lists(v, a):
    kept = []
    row = [0.0, 0.0]
    for k, x in enumerate(v):
        row[k % 2] += x * a
        kept.append(row)
    return sum(row[0] * (k + 1) + row[1] * row[0] for k, row in enumerate(kept))


def growing_lists(v, a):
    kept = []
    row = []
    for x in v:
        row.append(x * a)
        kept.append(row)
    return sum(sum(row) for row in kept)


def by_a_function(v, a):
    def moved(x, by):
        x *= a
        x += by
        return x

    x = np.ones(len(v))
    kept = []
    for k in range(len(v)):
        kept.append(moved(x, v * k))
    return float(kept[0] @ kept[1] + x[0])


V = np.linspace(0.3, 1.1, 9)
KEPT = [scaled_in_place, entry_by_entry, a_part_of_it, lists, growing_lists, by_a_function]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_what_the_next_step_writes_to_is_not_taken_for_what_it_was(f: Callable, mode: str) -> None:
    with pytest.raises(UnsupportedError, match="that it has kept elsewhere in the step before"):
        value_and_grad(f, wrt="a", mode=mode)(V, 0.3)


def a_few_steps(v, a):
    kept = []
    x = v.copy()
    for _ in range(4):
        x *= a
        kept.append(x)
    return float(kept[0] @ kept[2])


def copies(v, a):
    kept = []
    x = v.copy()
    for _ in range(len(v)):
        x *= a
        kept.append(x.copy())
    return float(kept[0] @ kept[2])


def another_in_each_step(v, a):
    kept = []
    x = v.copy()
    for _ in range(len(v)):
        x *= a
        kept.append(x)
        x = x + v
    return float(kept[0] @ kept[2])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [a_few_steps, copies, another_in_each_step], ids=lambda f: f.__name__)
def test_what_is_told_apart_has_its_value_and_its_slope(f: Callable, mode: str) -> None:
    value, slope = value_and_grad(f, wrt="a", mode=mode)(V, 0.3)
    expected, noise = along(lambda h: f(V, 0.3 + h))
    assert value == f(V, 0.3)
    assert slope == pytest.approx(expected, rel=1e-8, abs=10.0 * noise)
