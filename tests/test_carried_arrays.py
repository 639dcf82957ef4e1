"""Arrays that loops carry: how long they are is known in every step, and told in the code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad
from tests.differences import along


def fall(w: float) -> Any:
    """Explicit Euler steps of a state, whose forces are arrays made in each step."""
    x = np.array([0.0, 8.0])
    speed = np.array([1.0, 2.0])
    for _ in range(5):
        gap = x - np.array([10.0, 10.0 - w])
        x = x + 0.1 * speed
        speed = speed + 0.1 * gap * gap
    return x[1]


def pulled(x: float, w: float) -> Any:
    place = x - np.array([10.0, 10.0 - w])
    return 1.0 / np.sqrt(np.sum(place**2))


def pushed(w: float) -> Any:
    """A particle that takes the gradient of a potential in each step."""
    x = np.array([0.0, 8.0])
    speed = np.array([0.75, 0.0])
    for _ in range(20):
        force = -grad(pulled)(x, w)
        x = x + 0.1 * speed
        speed = speed + 0.1 * force
    return x[0] * x[1]


def bodies(masses: Any, steps: int = 3) -> Any:
    """Bodies that attract each other: a branch asks which of them is meant."""
    place = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    speed = np.array([[0.0, 0.1], [0.0, 0.9], [-0.8, 0.0]])
    for _ in range(steps):
        force = np.zeros_like(place)
        for i in range(3):
            for j in range(3):
                if i != j:
                    gap = place[j] - place[i]
                    distance = np.sqrt(np.sum(gap * gap) + 1e-6)
                    force[i] += masses[j] * gap / distance**3
        speed = speed + 0.1 * force
        place = place + 0.1 * speed
    return np.sum(masses * np.sum(speed**2, axis=1))


@pytest.mark.parametrize("function", [fall, pushed])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_carried_state_is_differentiated(function, mode):
    slope = grad(function, mode=mode)
    expected, _ = along(lambda h: function(0.3 + h))
    assert slope(0.3) == pytest.approx(float(expected), rel=1e-7)
    # Both are as long as the other: neither is repeated, or has been.
    assert "broadcast_to" not in slope.source
    assert "keepdims" not in slope.source


def test_a_derivative_in_the_function_is_simplified_before_its_own():
    curvature = grad(grad(pushed))
    expected, _ = along(lambda h: grad(pushed)(0.3 + h))
    assert curvature(0.3) == pytest.approx(float(expected), rel=1e-7)
    assert "broadcast_to" not in curvature.source


def test_a_branch_on_the_step_around_leaves_a_short_loop_a_loop():
    slope = grad(bodies)
    masses, direction = np.array([1.0, 0.5, 0.2]), np.array([0.3, -0.7, 0.4])
    expected, _ = along(lambda h: bodies(masses + h * direction))
    assert slope(masses) @ direction == pytest.approx(float(expected), rel=1e-7)
    assert slope.source.count("if i != j:") == 2
    # The sum of a product of two rows, of which both are known to be of one length.
    assert "@ gap" in slope.source
    assert "all_distance_tapes" in slope.source
