"""What arrays are made of, and what is refused since its axes are not known."""

from __future__ import annotations

import array
import collections
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad


class Buffer:
    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0])


OTHER_ROWS = [
    range(3),
    array.array("d", [1.0, 2.0]),
    collections.deque([1.0, 2.0]),
    Buffer(),
    {1.0},
]


@pytest.mark.parametrize("rows", OTHER_ROWS, ids=lambda rows: type(rows).__name__)
@pytest.mark.parametrize(
    "f",
    [
        lambda x, rows: np.sum(np.asarray(rows) * x),
        lambda x, rows: np.sum(np.array(rows, dtype=float) * x),
        lambda x, rows: (np.sin(rows) * x).sum(),
        lambda x, rows: np.mean(x * np.fromiter(rows, dtype=float)),
    ],
    ids=["asarray", "array", "sin", "fromiter"],
)
def test_what_numpy_makes_an_array_of_unknown_axes_is_refused(f: Any, rows: Any) -> None:
    with pytest.raises(UnsupportedError, match="of which NumPy makes an array"):
        grad(f)(1.5, rows)
    with pytest.raises(UnsupportedError, match="of which NumPy makes an array"):
        grad(lambda x: f(x, rows))(1.5)


UNEVEN = [["a", "b"], {"a": 1.0}, [{"a": 1.0}], [[1.0], [2.0, 3.0]]]


@pytest.mark.parametrize("rows", UNEVEN, ids=str)
def test_arrays_of_texts_dicts_and_uneven_rows_are_no_numbers(rows: Any) -> None:
    with pytest.raises((ValueError, UnsupportedError)):
        grad(lambda x, rows: np.sum(np.asarray(rows) * x))(1.5, rows)
    with pytest.raises((ValueError, UnsupportedError)):
        grad(lambda x, rows: x * np.sum(rows))(1.5, rows)


def test_a_length_may_be_a_power_of_an_int() -> None:
    def pairs(x: float, n: int) -> float:
        gaps = np.zeros(((n**2 - n) // 2, 1 + n))
        gaps[n - 1, n] = x * x
        spread = np.ones(2**n) * x
        return float(gaps.sum() + spread.sum())

    assert value_and_grad(pairs)(1.5, 3) == (pairs(1.5, 3), 2 * 1.5 + 8)
    assert value_and_grad(pairs)(1.5, 4) == (pairs(1.5, 4), 2 * 1.5 + 16)
