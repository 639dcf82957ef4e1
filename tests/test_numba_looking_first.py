"""Subscripts under Numba that are asked for before their loops: just where f raises, it is raised.

The texts are run by Python here, which tells what was not asked for.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from chainrule import value_and_grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive

BEYOND = "index is out of bounds"
LENGTHS = (0, 1, 2, 3, 5)
VALUES = np.cos(np.arange(1.0, 7.0))


def diffused(k, u, steps):
    for _ in range(steps):
        v = u.copy()
        for i in range(1, len(u) - 1):
            v[i] = u[i] + k[i] * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u = v
    return np.sum(u * k[0])


def below(x, y, n):
    total = 0.0
    for i in range(n):
        for j in range(i):
            total += x[i] * y[j]
    return total


def backwards(x, y, n):
    total = 1.0
    for i in range(n - 1, 0, -1):
        total = total * y[i - 2] + x[i - 1]
    return total


def shifted(x, y, n):
    total = 0.0
    for i in range(len(y)):
        total += x[i - n] * y[i]
    return total


def chosen(x, y, n):
    total = 0.0
    for i in range(n):
        if x[i] > 0.0:
            total += y[i] * x[i]
        total += y[i]
    return total


def mirrored(x, y, n):
    count, total = 0, 0.0
    while count < n:
        for i in range(len(y)):
            total += x[i + 1] * y[len(y) - 1 - i]
        count += 1
    return total


def doubled(x, y, n):
    total = 0.0
    for i in range(0, n, 2):
        total += y[n - i] * x[2]
    return total


def text(function: Any, *point: Any) -> str:
    names = function.__code__.co_varnames[: len(point)]
    derived = derive(function, "value_and_grad", arguments=dict(zip(names, point, strict=True)))
    return render(derived, target="numba", header="In a file.").source


def in_python(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(source.replace("from numba import njit", "njit = lambda **_: lambda made: made"), scope)
    return next(made for name, made in scope.items() if name.startswith("value_and_grad_"))


@pytest.mark.parametrize(
    "function", [diffused, below, backwards, shifted, chosen, mirrored, doubled]
)
def test_what_is_asked_before_the_loops_holds_just_where_f_raises(function: Any) -> None:
    source = text(function, VALUES, VALUES.copy(), 2)
    assert "boundscheck" not in source
    assert BEYOND in source
    derivative = in_python(source)
    met = set()
    for first, second, n in product(LENGTHS, LENGTHS, (-1, 0, 1, 2, 4)):
        point = VALUES[:first], VALUES[:second], n
        try:
            expected = function(*point)
        except IndexError:
            with pytest.raises(IndexError, match=f"^{BEYOND}$"):
                derivative(*point)
            met.add("beyond")
        else:
            assert derivative(*point)[0] == expected
            met.add("within")
    assert met == {"beyond", "within"}


def ended(x, y, n):
    total = 0.0
    for i in range(n):
        total += x[i]
        if total > 1.0:
            break
    return total


def some(x, y, n):
    total = 0.0
    for i in range(n):
        if i % 2 == 0:
            total += x[i] ** 2
    return total


def written(x, y, n):
    for i in range(n):
        y[i] = x[i] ** 2
    return np.sum(y)


def refused(x, y, n):
    total = 0.0
    for i in range(n):
        if y[0] < 0.0:
            raise ValueError("negative")
        total += x[i] ** 2
    return total


def caught(x, y, n):
    total = 0.0
    try:
        for i in range(n):
            total += x[i] ** 2
    except Exception:
        total = 1.0
    return total


def looked_up(x, y, n):
    total = 0.0
    for i in range(n):
        total += x[int(y[0]) + i] ** 2
    return total


@pytest.mark.parametrize("function", [ended, some, written, refused, caught, looked_up])
def test_where_f_may_not_come_to_its_subscript_each_is_looked_at(function: Any) -> None:
    source = text(function, VALUES, VALUES.copy(), 2)
    assert "boundscheck=True" in source
    assert BEYOND not in source


@pytest.mark.filterwarnings("ignore")
def test_compiled_it_is_asked_too() -> None:
    pytest.importorskip("numba")
    slopes = value_and_grad(below, target="numba")
    expected = value_and_grad(below)(VALUES, VALUES, 4)
    value, found = slopes(VALUES, VALUES, 4)
    assert "boundscheck" not in slopes.source
    assert value == expected[0]
    assert found == pytest.approx(expected[1], rel=1e-14)
    with pytest.raises(IndexError, match=BEYOND):
        slopes(VALUES, VALUES, 7)
