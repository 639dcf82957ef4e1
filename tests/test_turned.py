"""What is read in the opposite order has its adjoint in the opposite order: no array more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp


def sums_from_the_end(x: Any, y: Any) -> Any:
    return np.sum(y * np.log(np.cumsum(np.exp(x)[::-1])[::-1]))


def columns_turned(x: Any, y: Any) -> Any:
    return np.sum(np.sin(x[:, ::-1]) * y[:, None])


def last_axis_turned(x: Any, y: Any) -> Any:
    return np.sum(np.exp(x[..., ::-1]) * y[:, None])


def both_turned(x: Any, y: Any) -> Any:
    return np.sum(x[::-1, ::-1] ** 3 * y[:, None])


def turned_and_not(x: Any, y: Any) -> Any:
    return np.sum((x[::-1] * x[1:].sum() + x) * y)


def every_second_backwards(x: Any, y: Any) -> Any:
    return np.sum(x[::-2] ** 2 * y[::2])


def from_a_place_backwards(x: Any, y: Any) -> Any:
    return np.sum(x[2::-1] ** 2 * y[:3])


def turned_and_scaled_in_place(x: Any, y: Any) -> Any:
    back = x[::-1].copy()
    back *= y
    return np.sum(back[::-1] * x**2)


def turned_before_it_is_written(x: Any, y: Any) -> Any:
    own = x.copy()
    back = own[::-1]
    own[0] = 2.0
    return np.sum(back * y) + np.sum(back[::-1] ** 2)


def products_from_the_end(x: Any, y: Any) -> Any:
    return np.sum(np.cumprod(x[::-1])[::-1] * y)


VECTOR = np.array([0.5, -1.0, 2.0, 0.25])
MATRIX = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
ONES = [
    sums_from_the_end, turned_and_not, every_second_backwards, from_a_place_backwards,
    turned_and_scaled_in_place, turned_before_it_is_written, products_from_the_end,
]  # fmt: skip
CASES = [
    *((f, VECTOR, np.array([1.0, -2.0, 0.5, 3.0])) for f in ONES),
    *((f, MATRIX, np.array([1.0, -2.0])) for f in (columns_turned, last_axis_turned, both_turned)),
]


def slopes(f: Callable[..., Any], x: Any, *rest: Any) -> Any:
    """Gradient by complex steps; all of these are analytic."""
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1e-30j
        found[place] = f(moved, *rest).imag / 1e-30
    return found


@pytest.mark.parametrize(("f", "x", "y"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_slopes_of_what_is_read_backwards_are_right(f: Any, x: Any, y: Any) -> None:
    np.testing.assert_allclose(grad(f)(x, y), slopes(f, x, y), rtol=1e-13, atol=1e-13)
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    step = 1e-6
    ahead, behind = (slopes(f, x + sign * step * direction, y) for sign in (1.0, -1.0))
    second = hvp(f)(x, y, direction)[1]
    np.testing.assert_allclose(second, (ahead - behind) / (2.0 * step), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("f", [sums_from_the_end, columns_turned, last_axis_turned, both_turned])
def test_a_turned_array_takes_no_zeros_to_be_written_into(f: Any) -> None:
    x = VECTOR if f is sums_from_the_end else MATRIX
    slope = grad(f)
    slope(x, np.ones(len(x)))
    assert "zeros" not in slope.source and "flip" not in slope.source


def test_what_is_turned_twice_is_as_it_was() -> None:
    slope = grad(sums_from_the_end)
    slope(VECTOR, VECTOR)
    lines = [line for line in slope.source.splitlines() if "# line" not in line]
    assert sum(line.count("cumsum()") for line in lines) == 2
    # Of these are the two of f's own.
    assert sum(line.count("::-1") for line in lines) == 2
