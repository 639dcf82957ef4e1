"""Powers of hinges: their slopes are zero where they are, and need no guard."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests import oracle


def penalty(x: float, y: float) -> float:
    return x * y + 10.0 * max(0.0, x * x - y) ** 2


def lower_bound(x: float, y: float) -> float:
    return min(x - y, 0) ** 2 * y + x


def cubed(x: float, y: float) -> float:
    return 3.0 * np.maximum(-x, 0.0) ** 3 - y * np.minimum(0, y - x) ** 2


SCALAR = [penalty, lower_bound, cubed]


@pytest.mark.parametrize("f", SCALAR)
@pytest.mark.parametrize("point", [(1.5, 0.4), (0.4, 1.5), (-1.2, 0.3), (0.0, 2.0)])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_slopes_on_both_sides(f: Callable[..., float], point: tuple[float, ...], mode: str) -> None:
    slopes = grad(f, wrt=("x", "y"), mode=mode)(*point)
    for k, number in enumerate(slopes):
        assert oracle.agrees(oracle.derivative(f, point, wrt=k), number)


@pytest.mark.parametrize("f", SCALAR)
def test_there_is_no_guard(f: Callable[..., float]) -> None:
    slope = grad(f, wrt=("x", "y"), mode="reverse")
    slope(0.3, 0.4)
    assert " if " not in slope.source.split('"""')[2]


def squared_hinge(w: Any, X: Any, y: Any, C: float) -> Any:
    margin = np.maximum(0, 1 - y * (X @ w))
    return 0.5 * w @ w + C * np.sum(margin**2)


def test_masks_of_arrays_are_gone() -> None:
    w, X = np.array([0.5, -0.3]), np.array([[1.0, 2.0], [2.0, 0.0], [-1.0, 0.4]])
    y = np.array([1.0, 1.0, -1.0])
    slope = grad(squared_hinge)
    found = slope(w, X, y, 2.0)
    for verdict, number in zip(
        oracle.gradient(squared_hinge, (w, X, y, 2.0)).values(), found, strict=True
    ):
        assert oracle.agrees(verdict, number)
    assert "np.where" not in slope.source
    assert 1 - y[1] * (X @ w)[1] == 0.0


def test_a_factor_that_may_be_infinite_keeps_the_guard() -> None:
    def steep(x: Any, y: Any) -> Any:
        return np.sum(np.maximum(0.0, x) ** 2 / y)

    x, y = np.array([-1.0, 2.0]), np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        assert grad(steep)(x, y).tolist() == [0.0, 1.0]


def test_a_hinge_whose_slope_jumps_keeps_it() -> None:
    def once(x: float) -> float:
        return 3.0 * max(0.0, x) + max(1.0, x) ** 2

    assert [grad(once)(x) for x in (-1.0, 0.5, 2.0)] == [0.0, 3.0, 7.0]


def test_huber_is_one_choice() -> None:
    def huber(r: Any) -> Any:
        return np.where(np.abs(r) < 1.0, 0.5 * r**2, np.abs(r) - 0.5).sum()

    slope = grad(huber)
    assert slope(np.array([0.5, -2.0, 3.0])).tolist() == [0.5, -1.0, 1.0]
    assert slope.source.split("\n")[-2].count("np.where") == 1
    assert math.isnan(slope(np.array([math.nan]))[0])


def test_half_the_square_of_a_distance_has_the_difference_as_its_slope() -> None:
    def distance(A: Any, B: Any) -> Any:
        return 0.5 * np.linalg.norm(A - B) ** 2

    slope = grad(distance)
    assert slope(np.array([3.0, 1.0]), np.array([1.0, 4.0])).tolist() == [2.0, -3.0]
    assert slope(np.ones(2), np.ones(2)).tolist() == [0.0, 0.0]
    assert slope.source.rstrip().endswith("return A - B")


def pooled(x: Any, w: Any) -> Any:
    raised = np.maximum(x, 0.0)
    return np.sum(np.sin(raised.reshape(3, 2, 2).max(axis=1)) * w)


def rooted(x: Any, w: Any) -> Any:
    raised = np.maximum(x.reshape(6, 2), 0.0)
    return np.sum(np.sqrt(1.0 + raised.reshape(3, 2, 2).max(axis=1)) * w)


@pytest.mark.parametrize("f", [pooled, rooted])
def test_what_one_mask_lets_through_and_another_hides_is_masked_once(f: Any) -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=12), rng.normal(size=(3, 2))
    slope = grad(f)
    step = 1e-6
    for k, found in enumerate(slope(x, w)):
        moved = step * np.eye(12)[k]
        assert found == pytest.approx((f(x + moved, w) - f(x - moved, w)) / (2 * step), abs=1e-8)
    assert "at_max & (" in slope.source and "copyto" not in slope.source, slope.source


def test_ties_that_a_second_mask_halves_are_halved_under_one_mask_too() -> None:
    x = np.zeros(12)
    x[:4] = -1.0, 0.0, -2.0, 3.0
    x[8:] = 0.0, math.nan, 1.0, 1.0
    # Half of what is shared by two zeros, half at one zero, all above it, nothing below it.
    found = grad(pooled)(x, np.ones((3, 2)))
    assert found[:4].tolist() == [0.0, 0.0, 0.0, math.cos(3.0)]
    assert found[4:8].tolist() == [0.25, 0.25, 0.25, 0.25]
    assert found[8] == 0.0 and found[10] == math.cos(1.0)


SQUARES: list[tuple[Callable[..., Any], str]] = [
    (lambda x: np.sum(np.linalg.norm(x, axis=1) ** 2), "2.0 * x"),
    (lambda x: np.sum(np.linalg.norm(x, axis=0) ** 2), "2.0 * x"),
    (lambda x: np.sum(np.linalg.norm(x, axis=-1, keepdims=True) ** 2) / 4, "0.5 * x"),
    (lambda x: np.mean(np.linalg.norm(x, 2, axis=0) ** 2 / 2), "x / x.shape[1]"),
    (lambda x: np.linalg.norm(x, "fro") ** 2, "2.0 * x"),
    (lambda x: 0.5 * np.linalg.norm(x, ord="fro", axis=(0, 1)) ** 2, "x.copy()"),
]


@pytest.mark.parametrize(("f", "slope"), SQUARES)
def test_squares_of_lengths_have_no_guard(f: Callable[..., Any], slope: str) -> None:
    found = grad(f)
    for x in (np.array([[1.0, -2.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [3.0, 0.0]])):
        measured = oracle.gradient(f, (x,)).values()
        assert all(map(oracle.agrees, measured, found(x).ravel()))
    assert f"return {slope}\n" in found.source


def test_lengths_of_rows_that_scale_columns_hide_these() -> None:
    def f(x: Any, w: Any) -> Any:
        sizes = np.linalg.norm(x, axis=1)
        return np.sum(np.where(sizes == 0.0, 0.0, 3.0) * x * w)

    x, w = np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones((2, 2))
    np.testing.assert_array_equal(grad(f, wrt="w")(x, w), [[3.0, 0.0], [0.0, 0.0]])


def test_a_frobenius_norm_is_what_its_slope_is_divided_by() -> None:
    def f(x: Any) -> Any:
        return np.exp(np.linalg.norm(x, "fro"))

    x = np.array([[1.0, 2.0], [0.5, 0.0]])
    found = grad(f)
    np.testing.assert_allclose(found(x), f(x) * x / np.sqrt(np.sum(x * x)), rtol=1e-14)
    assert "exp_norm_x / norm_x" in found.source
    np.testing.assert_array_equal(found(np.zeros((2, 2))), np.zeros((2, 2)))
