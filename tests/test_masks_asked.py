"""A mask that is needed anyway is asked for its shape, and the array that it is of is let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.differences import along
from tests.oracle import agrees, gradient


def pool(images):
    n, height, channels = images.shape
    blocks = images.reshape(n, height // 2, 2, channels)
    return np.max(blocks, axis=2)


def pooled(k, X, w):
    out = X[:, :, np.newaxis] * k
    out += np.sin(k)
    return np.sum(pool(np.maximum(out * 2.0, 0.0)) ** 2 * w)


def read_again(k, X, w):
    raised = np.maximum(X[:, :, np.newaxis] * k, 0.0)
    return np.sum(pool(raised) ** 2 * w) + np.sum(np.zeros_like(raised) + k * raised[0, 0])


def point(n: int, height: int, channels: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(3)
    return rng.normal(size=channels), rng.normal(size=(n, height)), rng.normal(size=channels)


@pytest.mark.parametrize("f", [pooled, read_again])
def test_gradients_that_ask_masks_are_right(f: Callable[..., Any]) -> None:
    k, X, w = point(3, 4, 2)
    found = grad(f)(k, X, w)
    for path, verdict in gradient(lambda k: f(k, X, w), (k,)).items():
        assert agrees(verdict, float(found[path[0]])), path


def test_a_zero_is_split_where_masks_are_asked() -> None:
    k, X, w = np.array([0.0]), np.array([[1.0, -2.0]]), np.array([1.0])
    expected, noise = along(lambda h: 0.5 * (pooled(k + h, X, w) - pooled(k - h, X, w)))
    assert grad(pooled)(k, X, w)[0] == pytest.approx(float(expected), abs=1e-7 + 10.0 * noise)


def test_a_mask_is_asked_for_its_shape_where_the_array_is_dead() -> None:
    for f, asked in ((pooled, "reshape(tied.shape)"), (read_again, "reshape(X_scaled.shape)")):
        slope = grad(f)
        slope(*point(3, 4, 2))
        assert asked in slope.source, slope.source
