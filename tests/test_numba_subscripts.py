"""Subscripts beyond the ends of arrays under Numba: they raise, and are not looked for in vain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from chainrule.emit.module import render
from chainrule.transforms.derive import derive
from tests.differences import along

pytest.importorskip("numba")
pytestmark = pytest.mark.filterwarnings("ignore")

CHECKED = "@njit(boundscheck=True)"
X = np.array([0.5, -1.0, 2.0, 1.5])
TABLE = X[:, None] * np.array([1.0, -0.5, 2.0])


def weighted(x, k):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * k[i]
    return total


def differences(x):
    total = x[0] * 0.0 if len(x) == 0 else 0.0
    for i in range(1, len(x) - 1):
        total += (x[i - 1] - 2.0 * x[i] + x[i + 1]) ** 2
    return total


def picked(x, positions):
    return np.sum(x[positions] ** 2)


def met(x, rows, columns):
    return np.sum(x[rows, columns] ** 2)


def filled(x):
    y = np.zeros(4)
    for i in range(len(x)):
        y[i] = x[i] ** 2
    return np.sum(y)


def cleared(x, mask):
    x = x.copy()
    x[mask] = 0.0
    return np.sum(x**2)


def kept(x, mask):
    return np.sum(x[mask] ** 2)


@pytest.mark.parametrize(
    ("function", "within", "beyond"),
    [
        (weighted, (X, X), (X, X[:3])),
        (picked, (X, np.array([0, -4])), (X, np.array([0, -5]))),
        (picked, (X, 3), (X, 4)),
        (met, (TABLE, np.array([0, 3]), np.array([2, 1])), (TABLE, np.array([3]), np.array([3]))),
        (filled, (X,), (np.append(X, 1.0),)),
        (cleared, (X, X > 0.0), (X, X[:3] > 0.0)),
        (kept, (X, X > 0.0), (X, X[:3] > 0.0)),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_beyond_the_end_is_told(
    function: Any, within: tuple[Any, ...], beyond: tuple[Any, ...]
) -> None:
    derivative = value_and_grad(function, target="numba")
    assert derivative(*within)[0] == pytest.approx(function(*within), rel=1e-14)
    with pytest.raises(IndexError):
        function(*beyond)
    with pytest.raises(IndexError, match=r"out of bounds|boolean index did not match"):
        derivative(*beyond)


def decorators(function: Any, header: str | None = "# In a file.\n", **arguments: Any) -> list[str]:
    derived = derive(function, "grad", arguments=arguments)
    source = render(derived, target="numba", header=header).source
    return [line for line in source.splitlines() if line.startswith("@")]


def squares(x, n):
    total = 0.0
    for i in range(len(x)):
        for j in range(i + 1):
            total += x[i] * x[j] * x[-1] * x[0] + x[len(x) - 1 - j]
    return total


def rows(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i, -1] if i else np.sum(x[i])
        for j in range(x.shape[1]):
            total += x[i, j] ** 2
    return total


def counted(x, n):
    total = 0.0
    for i in range(n):
        total += x[i] ** 2
    return total


def test_what_is_certainly_within_is_not_looked_for() -> None:
    kept, checked = "@njit(cache=True)", "@njit(cache=True, boundscheck=True)"
    assert decorators(differences, x=X) == [kept]
    assert decorators(filled, x=X) == [kept]
    assert decorators(squares, x=X, n=2) == [kept]
    assert decorators(counted, x=X, n=2) == [kept]
    assert decorators(rows, x=TABLE) == [checked]


def solved(a, b, c, d):
    """A tridiagonal system: nothing in the text tells that the arrays fit each other."""
    w, e = b.copy(), d.copy()
    for i in range(1, len(d)):
        q = a[i - 1] / w[i - 1]
        w[i] = w[i] - q * c[i - 1]
        e[i] = e[i] - q * e[i - 1]
    x = e / w
    for i in range(len(d) - 2, -1, -1):
        x[i] = (e[i] - c[i] * x[i + 1]) / w[i]
    return x.sum()


def test_lengths_that_fit_are_watched_and_others_are_looked_for() -> None:
    sides, middle = np.array([0.5, -0.25, 0.125]), np.array([4.0, 3.0, 5.0, 4.0])
    slope = grad(solved, wrt="d", target="numba")
    expected = grad(solved, wrt="d")(sides, middle, sides, X)
    assert slope(sides, middle, sides, X) == pytest.approx(expected, rel=1e-13)
    assert "boundscheck" not in slope.source
    for short in (
        (sides[:2], middle, sides),
        (sides, middle[:3], sides),
        (sides, middle, sides[1:]),
    ):
        with pytest.raises(IndexError):
            slope(*short, X)
    assert slope(sides, middle, sides, X) == pytest.approx(expected, rel=1e-13)
    assert slope(sides[:1], middle[:2], sides[:1], X[:2]).shape == (2,)


def test_a_mask_of_some_of_several_axes_is_refused() -> None:
    table = np.ones((2, 3, 4))
    with pytest.raises(UnsupportedError, match="a mask of some of several axes"):
        grad(kept, target="numba")(table, table[:, :, 0] > 0.0)


def pooled(x, positions):
    return np.sum(np.mean(x[positions], axis=0) ** 2)


def pooled_columns(x, positions):
    return np.sum(np.mean(x[:, positions], axis=0) ** 2)


@pytest.mark.parametrize(
    ("function", "positions"),
    [
        (pooled, np.array([0, 3, 3])),
        (pooled, np.array([[0, 1], [3, 3]])),
        (pooled_columns, np.array([0, 2, 2])),
    ],
)
def test_what_is_one_for_all_positions_is_added_at_each(function: Any, positions: Any) -> None:
    slopes = grad(function, target="numba")(TABLE, positions)
    for direction in (np.ones_like(TABLE), np.cos(np.arange(12.0)).reshape(4, 3)):
        expected, error = along(lambda t: function(TABLE + t * direction, positions))  # noqa: B023
        assert np.sum(slopes * direction) == pytest.approx(expected, rel=1e-9, abs=10.0 * error)
