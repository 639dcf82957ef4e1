"""Arrays of which it depends on the path, or on the step of a loop, how many axes they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import vjp
from tests.test_array_programs import check

X = np.array([1.0, 2.0, 0.5])


def chosen(x: Any, wide: Any) -> Any:
    y = np.outer(x, x) if wide > 0 else x * 2.0
    return np.sum(y * x)


def assigned(x: Any, wide: Any) -> Any:
    if wide > 0:
        y = np.outer(x, x)
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
            y = np.outer(x, x) + y
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
