"""Rows of tangents that a comprehension makes are lists of their own, as those of values are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule import grad
from tests.differences import along


def products(v, a):
    rows = [[x, a] for x in v]
    for row in rows:
        row[1] = row[1] * row[0]
    return rows[1][0] * rows[3][1] + rows[2][1]


def added_up(v, a):
    rows = [[a] for _ in v]
    t = 0.0
    for row in rows:
        t += row[0]
        row[0] = t
    return rows[1][0] * rows[3][0] + rows[2][0]


def appended(v, a):
    rows = []
    for _ in v:
        rows.append([0.0, a * 2])
    for i in range(1, len(v)):
        rows[i][0] = rows[i - 1][0] + rows[i][1] * v[i]
    return rows[1][0] * rows[3][1] + rows[2][0] + rows[-1][0]


def of_one_number(v, a):
    rows = [[a] * 3 for _ in range(len(v))]
    for i in range(1, len(v)):
        rows[i][0] += rows[i - 1][0] * a + v[i]
    return rows[-1][0] * rows[1][1]


def of_entries(v, a):
    rows = [[x, x * a] for x in v]
    t = 0.0
    for row in rows:
        row[0] += t
        t += row[1] * a
        row[1] = t
    return rows[1][0] * rows[3][1] + rows[-1][0]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize(
    "f", [products, added_up, appended, of_one_number, of_entries], ids=lambda f: f.__name__
)
def test_what_is_written_to_one_row_is_not_seen_in_others(f: Callable, mode: str) -> None:
    v, a = np.linspace(0.3, 1.1, 9), 0.3
    by_v, by_a = grad(f, wrt=("v", "a"), mode=mode)(v, a)
    expected, noise = along(lambda h: f(v, a + h))
    assert by_a == pytest.approx(expected, rel=1e-8, abs=1e-9 + 10.0 * noise)
    for k in range(len(v)):
        expected, noise = along(lambda h, k=k: f(v + h * (np.arange(len(v)) == k), a))
        assert by_v[k] == pytest.approx(expected, rel=1e-8, abs=1e-9 + 10.0 * noise)
