"""What is the same in every step of the way back is computed once, before it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.oracle import agrees, gradient


def diffused(k, u, steps, dt):
    for _ in range(steps):
        u = u.copy()
        u[1:-1] += dt * k[1:-1] * (u[2:] + u[:-2] - 2.0 * u[1:-1])
    return u @ u


def chained(k, u, steps, dt):
    for _ in range(steps):
        rates = k[1:] * u[:-1]
        u = u + dt * np.concatenate([k[:1], rates])
    return u @ u


def written_to(k, u, steps, dt):
    k = k * 1.0
    for _ in range(steps):
        u = u * np.sin(dt * k[:3])
        k[0] *= 0.5
    return np.sum(u) + np.sum(k * k)


K, U = np.array([0.3, -0.5, 0.8]), np.array([1.0, 0.4, -0.7])


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("f", [diffused, chained, written_to])
def test_what_is_computed_before_the_way_back_is_what_its_steps_need(
    f: Callable[..., Any], steps: int
) -> None:
    found = grad(f, wrt=("k", "u"), mode="reverse")(K.copy(), U.copy(), steps, 0.3)
    for position, slopes in enumerate(found):
        for path, verdict in gradient(f, (K, U, steps, 0.3), wrt=position).items():
            assert agrees(verdict, float(slopes[path[0]])), (position, path)


def read_on_the_way_back(f: Callable[..., Any]) -> set[str]:
    """The slices of parameters that a step of the way back takes."""
    slope = grad(f, wrt=("k", "u"), mode="reverse")
    slope(K.copy(), U.copy(), 3, 0.3)
    loops = [node for node in ast.walk(ast.parse(slope.source)) if isinstance(node, ast.For)]
    return {
        ast.unparse(node)
        for node in ast.walk(loops[-1])
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
    }


def test_slices_of_what_stays_are_taken_before_the_way_back() -> None:
    assert read_on_the_way_back(diffused) == {
        "u_bar[1:-1]",
        "u_bar[:-2]",
        "u_bar[2:]",
        "k_bar[1:-1]",
    }
    assert not any(one.startswith("k[") for one in read_on_the_way_back(chained))
