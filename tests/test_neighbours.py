"""The nearest of many points: distances have slopes, and which points they are is a selection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial import KDTree, cKDTree

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle, check_product

POINTS = np.random.default_rng(1).random((20, 2))
VALUES = np.sin(7.0 * POINTS[:, 0])
COMPILED, WRITTEN = cKDTree(POINTS), KDTree(POINTS)


def nearest(a, b):
    distance, place = COMPILED.query(np.array([a, b]))
    return distance**2 + distance + POINTS[place][0] * b


def weighed_by_distance(a, b):
    distances, places = COMPILED.query(np.array([a, b]), k=3)
    weights = 1.0 / distances**2
    return np.sum(weights * VALUES[places]) / np.sum(weights)


def of_several_places(a, b):
    places = np.array([[a, b], [b, a * b], [0.5, a]])
    near, _ = WRITTEN.query(places)
    more, which = COMPILED.query(places, 2)
    return np.sum(np.exp(-near)) + np.sum(more * VALUES[which] * np.array([1.0, 2.0]))


EITHER = [nearest, weighed_by_distance, of_several_places]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_distances_to_the_nearest_points_are_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.37, 0.81), ("a", "b"), mode)


@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_their_second_derivatives_are_those_of_the_gradient(f: Any) -> None:
    check_product(f, (0.37, 0.81), ("a", "b"), (0.6, -1.1), rel=1e-6)


def test_at_a_point_itself_the_distance_has_the_slope_zero() -> None:
    found = grad(lambda x: COMPILED.query(x)[0])(POINTS[3].copy())
    assert found.tolist() == [0.0, 0.0]


def within(x):
    return COMPILED.query(x, distance_upper_bound=0.5)[0]


def test_queries_with_options_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="tree of points"):
        grad(within)(np.array([0.3, 0.4]))
