"""Searches whose turns are written out, one after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, stop_gradient
from chainrule.errors import NotDifferentiableError
from tests.differences import along


def by_hand(p: float) -> float:
    low, high = 0.0, 4.0
    middle = 0.5 * (low + high)
    if middle * middle > p:
        high = middle
    else:
        low = middle
    middle = 0.5 * (low + high)
    if middle * middle > p:
        high = middle
    else:
        low = middle
    return 0.5 * (low + high)


def folded(p: float) -> float:
    def halved(ends: tuple[float, float], _: int) -> tuple[float, float]:
        low, high = ends
        middle = 0.5 * (low + high)
        return (low, middle) if middle**3 > p else (middle, high)

    low, high = functools.reduce(halved, range(30), (0.0, 4.0))
    return 0.5 * (low + high)


def beside_others(p: float) -> float:
    low, high = 0.0, 4.0
    for _ in range(3):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if middle * middle > p else (middle, high)
    return p * p + low + high


def by_masks(p: Any) -> Any:
    v = np.array([p, 2.0 * p])
    low, high = np.zeros(2), np.full(2, 4.0)
    middle = 0.5 * (low + high)
    above = middle * middle > v
    low, high = np.where(above, low, middle), np.where(above, middle, high)
    middle = 0.5 * (low + high)
    above = middle * middle > v
    low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.sum(low + high)


def by_smaller_steps(p: float) -> float:
    x = 0.0
    for step in (1.0, 0.5, 0.25, 0.125):
        if (x + step) ** 2 < p:
            x += step
    return x


def by_sections(p: float) -> float:
    low, high = 0.0, 4.0
    left, right = 0.618 * low + 0.382 * high, 0.382 * low + 0.618 * high
    if (left - p) ** 2 < (right - p) ** 2:
        high = right
    else:
        low = left
    left, right = 0.618 * low + 0.382 * high, 0.382 * low + 0.618 * high
    if (left - p) ** 2 < (right - p) ** 2:
        high = right
    else:
        low = left
    return 0.5 * (low + high)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [by_hand, folded, beside_others, by_masks, by_smaller_steps, by_sections],
    ids=lambda f: f.__name__,
)
def test_a_search_that_is_written_out_is_refused(f: Callable[[float], float], mode: str) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(f, mode=mode)(1.3)


def test_zero_may_be_meant() -> None:
    def halved_twice(p: float) -> float:
        return p * by_hand(stop_gradient(p))

    assert grad(halved_twice)(1.3) == by_hand(1.3)


def rates(p: float) -> float:
    rate = 0.1 if p < 1.0 else 0.2
    if p > 2.0 * rate:
        rate = rate + 0.1
    return rate * p


def places_in_a_class(p: float) -> float:
    low, high = (0.0, 2.0) if p < 2.0 else (2.0, 4.0)
    return (p - low) / (high - low)


def stairs(p: float) -> float:
    steps = 0.0
    if p > steps + 1.0:
        steps = steps + 1.0
    if p > steps + 1.0:
        steps = steps + 1.0
    if p > steps + 1.0:
        steps = steps + 1.0
    return steps * 2.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [rates, places_in_a_class, stairs], ids=lambda f: f.__name__)
def test_choices_that_narrow_nothing_are_differentiated(
    f: Callable[[float], float], mode: str
) -> None:
    for x in (0.7, 1.3, 2.4):
        expected, noise = along(lambda h, x=x: f(x + h), 1e-4)
        assert grad(f, mode=mode)(x) == pytest.approx(float(expected), abs=1e-9 + noise)
