"""Slices of which only the run tells that they have one entry, which NumPy repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad


def product(x: Any, b: Any, k: int) -> Any:
    return np.sum(x[k:] * b)


def of_a_column(x: Any, b: Any, k: int) -> Any:
    return np.sum((b + np.ones((3, 1))) * x[k:, None][:1])


def of_rows(x: Any, b: Any, k: int) -> Any:
    return np.sum((b[None, :] + np.ones((3, 1))) * x[k:])


def beside_zeros(x: Any, b: Any, k: int) -> Any:
    return np.sum((b[1] + np.zeros(4)) * x[k:])


def logarithm_of_product(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.log(x[k:] * b))


def masked(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.where(x[k:] > 2.0, b, 0.0))


def product_of_sums(x: Any, b: Any, k: int) -> Any:
    return (x[k:] @ np.ones(len(x) - k)) * np.sum(x[k:] * b)


def over_what_it_is_of(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.sqrt(x[k:]) * np.sqrt(x[k:]) * b / x[k:])


def scaled_in_place(x: Any, b: Any, k: int) -> Any:
    y = b.copy()
    y *= x[k:]
    return np.sum(y)


def added_to_rows(x: Any, b: Any, k: int) -> Any:
    z = np.zeros((3, 4))
    z += b
    return np.sum(z * x[k:, None][:1])


def in_a_loop(x: Any, b: Any, k: int) -> Any:
    total = 0.0
    for i in range(3):
        total += np.sum(x[k:] * b) * i
    return total


def stacked(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.stack([x[k:] * b, b]))


def joined(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.concatenate([x[k:] * b, b]))


def lengths_and_angles(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.hypot(x[k:], b)) + np.sum(np.arctan2(b, x[k:]))


def largest(x: Any, b: Any, k: int) -> Any:
    return np.sum(np.maximum(x[k:], b)) + np.max(x[k:] + b) + np.var(x[k:] - b)


FUNCTIONS = [
    product, of_a_column, of_rows, beside_zeros, logarithm_of_product, masked, product_of_sums,
    over_what_it_is_of, scaled_in_place, added_to_rows, in_a_loop, stacked, joined,
    lengths_and_angles, largest,
]  # fmt: skip
X, B = np.array([1.3, 2.1, 0.7, 2.4]), np.array([0.5, 1.5, 2.6, 3.5])


def slopes(f: Callable[[Any], Any], point: Any) -> Any:
    """Central differences of fourth order."""
    found, step = np.zeros_like(point), 1e-3
    for place in range(len(point)):
        unit = np.zeros_like(point)
        unit[place] = step
        near = f(point + unit) - f(point - unit)
        far = f(point + 2.0 * unit) - f(point - 2.0 * unit)
        found[place] = (8.0 * near - far) / (12.0 * step)
    return found


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("calls", [(0, 3), (3, 0)])
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_an_entry_that_numpy_repeats_is_felt_as_often(
    f: Callable[..., Any], calls: tuple[int, int], mode: str
) -> None:
    by_x, by_b = grad(f, wrt="x", mode=mode), grad(f, wrt="b", mode=mode)
    for k in calls:
        expected = slopes(lambda x: f(x, B, k), X)  # noqa: B023
        np.testing.assert_allclose(by_x(X, B, k), expected, rtol=1e-8, atol=1e-8)
        expected = slopes(lambda b: f(X, b, k), B)  # noqa: B023
        np.testing.assert_allclose(by_b(X, B, k), expected, rtol=1e-8, atol=1e-8)
