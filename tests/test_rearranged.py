"""Numbers that change places in lists or loops are equal at single points only."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.differences import partials


def slopes_of(function: Any, *point: float) -> list[float]:
    """Measured by differences."""
    return [float(slope) for slope, _ in partials(function, point)]


def mean(small: Any, large: Any) -> Any:
    """The logarithmic mean of two different numbers."""
    return (large - small) / math.log(large / small)


def by_key(x: float, y: float) -> float:
    """Sorted with a key."""
    lo, hi = sorted((x, y), key=lambda t: t)
    return lo if lo == hi else mean(lo, hi)


def by_another_key(x: float, y: float) -> float:
    """By a key that is not the number itself."""
    lo, hi = sorted([x, y], key=lambda t: -t * t, reverse=True)
    return mean(lo, hi) if lo != hi else lo


def while_unordered(x: float, y: float) -> float:
    """A loop that lets two names change places."""
    while x > y:
        x, y = y, x
    return x if x == y else mean(x, y)


def until_ordered(x: float, y: float) -> float:
    """Three names, by a flag."""
    z = 9.0
    again = True
    while again:
        again = False
        if x > y:
            x, y = y, x
            again = True
        if y > z:
            y, z = z, y
            again = True
    return x if x == y else mean(x, y)


def bubbles(x: float, y: float) -> float:
    """A sort that is written out."""
    v = [x, y, 9.0]
    for i in range(3):
        for j in range(2 - i):
            if v[j] > v[j + 1]:
                v[j], v[j + 1] = v[j + 1], v[j]
    return v[0] if v[0] == v[1] else mean(v[0], v[1])


def bubbles_of_array(x: float, y: float) -> float:
    """The same with an array."""
    v = np.array([x, y, 9.0])
    for i in range(3):
        for j in range(2 - i):
            if v[j] > v[j + 1]:
                v[j], v[j + 1] = v[j + 1], v[j]
    return v[0] if v[0] == v[1] else mean(v[0], v[1])


def turned_array(x: float, y: float) -> float:
    """An array that is turned round where that puts it in order."""
    v = np.array([x, y])
    if v[0] > v[1]:
        v = v[::-1]
    return v[0] if v[0] == v[1] else mean(v[0], v[1])


def turned_slice(x: float, y: float) -> float:
    """The step of a slice tells the order."""
    a, b = (x, y)[:: 1 if x < y else -1]
    return a if a == b else mean(a, b)


def by_places(x: float, y: float) -> float:
    """The place of one is 1 less that of the other."""
    i = int(x > y)
    lo, hi = (x, y)[i], (x, y)[1 - i]
    return lo if lo == hi else mean(lo, hi)


def by_argsort(x: float, y: float) -> float:
    """The places are sorted."""
    v = np.array([x, y])
    v = v[np.argsort(v)]
    return v[0] if v[0] == v[1] else mean(v[0], v[1])


def by_argmin(x: float, y: float) -> float:
    """The place of the least."""
    v = np.array([x, y])
    i = np.argmin(v)
    return v[i] if v[i] == v[1 - i] else mean(v[i], v[1 - i])


EVERY = (
    *(by_key, by_another_key, while_unordered, until_ordered, bubbles, bubbles_of_array),
    *(turned_array, turned_slice, by_places, by_argsort, by_argmin),
)
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


@MODES
@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
def test_names_the_point_where_they_are_equal(function: Any, mode: Any) -> None:
    """The slope of an arm that is taken nowhere else was returned."""
    with pytest.raises(ArithmeticError, match="single point"):
        grad(function, (0, 1), mode=mode)(1.5, 1.5)


@MODES
@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
@pytest.mark.parametrize("point", [(1.5, 2.0), (2.0, 1.5)])
def test_slopes_beside_the_point(function: Any, mode: Any, point: Any) -> None:
    """Where the numbers differ the slope is that of the other arm."""
    measured = slopes_of(function, *point)
    assert [*grad(function, (0, 1), mode=mode)(*point)] == pytest.approx(measured, rel=1e-6)


def around(v: list[float]) -> float:
    """Means of neighbours, of the last and the first, too."""
    total = 0.0
    for i in range(len(v)):
        j = (i + 1) % len(v)
        total += v[i] if v[i] == v[j] else mean(v[i], v[j])
    return total


@MODES
def test_neighbours_in_a_ring(mode: Any) -> None:
    """Those of a list, where the one behind the last is the first."""
    v = [1.0, 2.5, 2.0]
    measured = slopes_of(lambda *each: around([*each]), *v)
    assert grad(around, mode=mode)(v) == pytest.approx(measured, rel=1e-6)
    for met in ([1.0, 1.0, 2.0], [1.0, 2.0, 1.0]):
        with pytest.raises(ArithmeticError, match="single point"):
            grad(around, mode=mode)(met)


def same_place(x: float, y: float) -> float:
    """Two places that may be one say nothing."""
    v = [x, y]
    i, j = int(x > 1.0), int(y > 1.0)
    return v[0] * v[1] if v[i] == v[j] else v[0]


def one_of_two(x: float, y: float) -> float:
    """A loop that leaves two names with one number."""
    a, b = x, y
    for _ in range(2):
        if a > b:
            a = b
    return a * a * y if a == b else a


def twice_in_the_list(x: float, y: float) -> float:
    """One number stands in two places."""
    v = [x, y, x]
    for j in range(2):
        if v[j] > v[j + 1]:
            v[j], v[j + 1] = v[j + 1], v[j]
    return v[0] * v[0] * y if v[0] == v[1] else v[1]


@MODES
@pytest.mark.parametrize("function", [same_place, one_of_two, twice_in_the_list])
def test_what_may_be_one_number_is_no_point(function: Any, mode: Any) -> None:
    """Equal over a region: the arm has its slope."""
    point = (2.0, 1.5) if function is one_of_two else (1.5, 2.0)
    measured = slopes_of(function, *point)
    assert [*grad(function, (0, 1), mode=mode)(*point)] == pytest.approx(measured, rel=1e-6)


def scaled_column(rows: list[list[float]]) -> float:
    """The least and the greatest of a column, in two passes."""
    lo = min(row[0] for row in rows)
    hi = max(row[0] for row in rows)
    return 0.5 if hi == lo else (rows[0][0] - lo) / (hi - lo) * rows[0][1]


def scaled_magnitudes(rows: list[list[float]]) -> float:
    """Of what is made of the rows."""
    lo, hi = min(abs(row[0]) for row in rows), max(abs(row[0]) for row in rows)
    return (rows[0][0] - lo) / (hi - lo) * rows[0][1] if hi > lo else 0.5


def scaled_rows(rows: list[list[float]]) -> float:
    """The rows in which they stand."""
    lo = min(rows, key=lambda row: row[0])[0]
    hi = max(rows, key=lambda row: row[0])[0]
    return 0.5 if hi == lo else (rows[0][0] - lo) / (hi - lo) * rows[0][1]


def scaled_at_places(rows: list[list[float]]) -> float:
    """The places of an array."""
    v = np.array([row[0] for row in rows])
    lo, hi = v[np.argmin(v)], v[np.argmax(v)]
    return 0.5 if hi == lo else (rows[0][0] - lo) / (hi - lo) * rows[0][1]


COLUMNS = pytest.mark.parametrize(
    "function",
    [scaled_column, scaled_magnitudes, scaled_rows, scaled_at_places],
    ids=lambda function: function.__name__,
)


@MODES
@COLUMNS
def test_a_column_without_spread(function: Any, mode: Any) -> None:
    """All of its entries are equal; that of a single row always is."""
    with pytest.raises(ArithmeticError, match="single point"):
        grad(function, mode=mode)([[1.5, 2.0], [1.5, 3.0]])
    assert grad(function, mode=mode)([[1.5, 2.0]]) == [[0.0, 0.0]]


@MODES
@COLUMNS
def test_a_column_with_spread(function: Any, mode: Any) -> None:
    """Elsewhere it is differentiated as it is written."""
    rows = [[1.5, 2.0], [1.0, 3.0], [2.5, 1.0]]
    flat = [*chain.from_iterable(rows)]
    measured = slopes_of(lambda *x: function([[*x[k : k + 2]] for k in (0, 2, 4)]), *flat)
    found = [*chain.from_iterable(grad(function, mode=mode)(rows))]
    assert found == pytest.approx(measured, rel=1e-6, abs=1e-9)


def cut_off(rows: list[list[float]]) -> float:
    """Numbers that a maximum has cut off are equal over a region."""
    lo, hi = min(max(row[0], 0.0) for row in rows), max(max(row[0], 0.0) for row in rows)
    return rows[0][1] ** 2 if hi == lo else hi - lo


@MODES
def test_cut_off_over_a_region(mode: Any) -> None:
    """The slope is that of the arm."""
    assert grad(cut_off, mode=mode)([[-1.5, 2.0], [-2.5, 3.0]]) == [[0.0, 4.0], [0.0, 0.0]]
