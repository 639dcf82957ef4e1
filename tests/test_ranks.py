"""Arrays of which it depends on the path, or on the step of a loop, how many axes they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad, vjp
from tests.test_array_programs import check

X = np.array([1.0, 2.0, 0.5])


def chosen(x: Any, wide: Any) -> Any:
    y = np.outer(x, x) if wide > 0 else x * 2.0
    return np.sum(y * x)


def assigned(x: Any, wide: Any) -> Any:
    if wide > 0:
        z = x * x
        y = np.outer(x, z)
    else:
        y = x * 2.0
    return np.sum(y * x)


def widened(x: Any, steps: Any) -> Any:
    y = x
    for _ in range(steps):
        y = y - np.outer(x, x)
    return np.sum(y * y * x)


def widened_once(x: Any, steps: Any) -> Any:
    y = x * 2.0
    for k in range(steps):
        if k > 0:
            y = y + x
        else:
            z = np.outer(x, x)
            y = z + y
    return np.sum(y * x)


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("f", [chosen, assigned, widened, widened_once])
def test_arrays_of_other_ranks_on_other_paths_are_told_apart(f: Any, count: int) -> None:
    check(lambda x: f(x, count), X)


def both(x: Any, z: Any) -> Any:
    k = np.minimum(x * x, 50.0)
    return np.where(z > 1.0, 0.0, k * np.sin(k)), k


@pytest.mark.parametrize("z", [0.0, 2.0])
@pytest.mark.parametrize("x", [0.3, np.array([0.3, 0.7])], ids=["number", "array"])
def test_a_result_is_felt_where_what_is_made_of_it_is_masked(x: Any, z: float) -> None:
    ones = np.ones_like(x) if isinstance(x, np.ndarray) else 1.0
    _, x_bar = vjp(both)(x, z, out_bar=(ones, ones))
    k = x * x
    own = 0.0 if z > 1.0 else np.sin(k) + k * np.cos(k)
    assert np.allclose(x_bar, (own + 1.0) * 2.0 * x)


def along(x: Any, axis: Any = 0, keepdims: Any = False) -> Any:
    mean = np.mean(x * x, axis, keepdims=keepdims)
    return np.sum(mean * np.arange(3.0))


def test_an_axis_that_is_an_argument_is_read_where_the_derivative_is_made() -> None:
    x = np.arange(9.0).reshape(3, 3)
    for axis in (0, 1, -1):
        for keepdims in (True, False):
            check(lambda x, axis=axis, keepdims=keepdims: along(x, axis, keepdims), x)
            slope = grad(along)(x, axis, keepdims)
            weights = np.arange(3.0)
            if axis == 0:
                expected = 2.0 * x * weights / 3.0
            elif keepdims:
                expected = 2.0 * x * weights.sum() / 3.0
            else:
                expected = 2.0 * x * weights[:, None] / 3.0
            assert np.allclose(slope, expected)
    assert np.allclose(grad(along)(x), 2.0 * x * np.arange(3.0) / 3.0)


def crossed(x: Any, axis: Any = 0) -> Any:
    return np.sum(np.cross(x, x[::-1], axis=axis)[0]) / np.size(x, axis)


def test_products_and_lengths_along_an_axis_that_is_an_argument() -> None:
    x = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 0.7], [2.0, 0.1, 0.4]])
    check(lambda x: crossed(x), x)
    assert grad(crossed)(x, 0).shape == grad(crossed)(x, axis=1).shape == (3, 3)


def ranked(x: Any) -> Any:
    return np.sum(np.sort(x, axis=0) * np.arange(3.0))


def test_a_function_of_arrays_alone_waits_for_its_arguments() -> None:
    check(ranked, X)
