"""Statements that answer one line of the function stand together."""

from __future__ import annotations

import re

import pytest

from benchmarks.straight_line import TABLE, Row
from chainrule import grad
from tests.oracle import agrees, gradient

ROWS = [row for row in TABLE if row.name in ("arrhenius_rate", "quaternion_rotated")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_comment_stands_once_where_the_statements_of_a_line_begin(row: Row) -> None:
    slope = grad(row.function, wrt=row.active, mode="reverse")
    comments = re.findall(r"^ *# (line \d+): ", slope.source, re.MULTILINE)
    assert len(comments) > 1
    assert len(comments) == len(set(comments)), slope.source


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_has_moved_is_computed_from_the_same_values(row: Row) -> None:
    found = grad(row.function, wrt=row.active, mode="reverse")(*row.point)
    for name, number in zip(row.active, found, strict=True):
        for verdict in gradient(row.function, row.point, wrt=name).values():
            assert agrees(verdict, number)
