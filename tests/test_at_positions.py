"""``np.maximum.at`` and its like change entries one after the other, also where they repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.differences import partials

PLACES = np.array([0, 2, 2, 1, 5])


def multiplied(v):
    a = np.ones(6)
    np.multiply.at(a, PLACES, v)
    return float((a**2).sum())


def divided(v):
    a = np.full(6, 2.0)
    np.divide.at(a, PLACES, v)
    return float((a**2).sum())


def largest(v):
    a = np.zeros(6)
    np.maximum.at(a, PLACES, v)
    return float((a**3).sum())


def smallest(v):
    a = v[:3] * 2.0
    np.minimum.at(a, [0, 1, 1, 2], v[1:])
    return float((a**3).sum())


def in_a_row(v):
    a = np.outer(v, v)
    np.maximum.at(a[1], [0, 2, 0], v[:3])
    return float((a**2).sum())


def by_one_number(v):
    a = v * v[0]
    np.multiply.at(a, [0, 0, -1], v[1])
    return float((a**2).sum())


def turned(v):
    a = v * 2.0
    np.negative.at(a, [0, 2, 2])
    return float((a**3).sum())


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [multiplied, divided, largest, smallest, in_a_row, by_one_number, turned]
)
def test_slopes_follow_the_entries_through_every_change(f: Callable[..., float], mode: str) -> None:
    v = np.array([0.5, 1.2, 0.7, -0.3, 0.9])
    value, slopes = value_and_grad(f, mode=mode)(v)
    assert value == f(v)
    for slope, (expected, noise) in zip(
        slopes, partials(lambda *x: f(np.array(x)), list(v)), strict=True
    ):
        assert slope == pytest.approx(float(expected), rel=1e-8, abs=1e-9 + noise)


def test_the_array_of_the_caller_is_changed_as_numpy_changes_it() -> None:
    def lowered(v: Any, places: Any) -> Any:
        np.minimum.at(v, places, 0.25)
        return (v**2).sum()

    v = np.array([0.5, 0.1, 0.7])
    slopes = grad(lowered)(v, np.array([0, 1]))
    assert v.tolist() == [0.25, 0.1, 0.7]
    assert slopes.tolist() == [0.0, 0.2, 1.4]


def test_numbers_that_do_not_fit_the_positions_raise_what_numpy_raises() -> None:
    def f(v: Any) -> Any:
        a = v * 2.0
        np.multiply.at(a, [0, 1, 2], v[:2])
        return a.sum()

    with pytest.raises(ValueError, match="array is not broadcastable to correct shape"):
        grad(f)(np.arange(4.0))


def test_masks_in_the_place_of_positions_are_refused() -> None:
    def f(v: Any) -> Any:
        a = v * 2.0
        np.multiply.at(a, v > 1.0, 2.0)
        return a.sum()

    with pytest.raises(UnsupportedError, match=r"np\.multiply\.at"):
        grad(f)(np.arange(4.0))
