"""Images that are read between their points, and densities that were estimated before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.stats import gaussian_kde

from chainrule import UnsupportedError, grad, jacobian, value_and_grad
from tests import oracle

IMAGE = np.arange(16.0).reshape(4, 4) ** 1.3
VOLUME = np.sin(np.arange(60.0)).reshape(3, 4, 5)
ROWS, COLUMNS = np.mgrid[0:4, 0:4].astype(float)
DATA = np.array([1.0, 1.2, 0.9, 0.7, 0.65, 0.4, 0.3])
DENSITY = gaussian_kde(DATA)
WEIGHTED = gaussian_kde(DATA, weights=np.arange(1.0, 8.0))
OF_TWO = gaussian_kde(np.vstack([DATA, DATA**2 + np.sin(9.0 * DATA)]))
P = np.array([0.83, 0.41, 0.57])


def at_points(p):
    return map_coordinates(IMAGE, [[p[0], p[1]], [p[1] + 1.0, p[2] + 1.0]], order=1)


def of_an_image(p):
    return map_coordinates(IMAGE * p[0], np.array([3.0 * p - 0.5, 5.0 * p]), order=1, cval=0.4)


def warped(p):
    places = [ROWS * p[0] + 0.1, COLUMNS * p[1] + p[2]]
    return map_coordinates(IMAGE, places, order=1, mode="nearest")


def of_three_axes(p):
    return map_coordinates(VOLUME, np.array([p, 2.0 * p, 3.3 * p]), order=1)


def likely(p):
    return np.log(DENSITY(p)) + DENSITY.pdf(p[0]) * WEIGHTED.evaluate(2.0 * p)


def likelihood(p):
    return WEIGHTED.logpdf(p) + DENSITY.logpdf(p[1])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [at_points, of_an_image, warped, of_three_axes, likely, likelihood],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_what_is_read_moves_with_its_place(f: Callable[[Any], Any], mode: str) -> None:
    def weighed(p):
        return np.sum(np.cos(f(p)))

    value, _ = value_and_grad(weighed, mode=mode)(P)
    assert oracle.same_bits(value, weighed(P))
    columns = []
    for step in np.eye(3):
        wide, narrow = ((f(P + h * step) - f(P - h * step)) / (2.0 * h) for h in (2e-4, 1e-4))
        columns.append((4.0 * narrow - wide) / 3.0)
    expected = np.stack(columns, axis=-1)
    assert jacobian(f, mode=mode)(P) == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_far_from_all_data_the_logarithm_of_a_density_has_its_slope() -> None:
    def far(x):
        return DENSITY.logpdf(x)[0]

    assert DENSITY(60.0)[0] == 0.0
    nearest = DATA.max()
    expected = -(60.0 - nearest) * DENSITY.inv_cov[0, 0]
    assert grad(far)(60.0) == pytest.approx(expected, rel=1e-9)


def of_two_variables(p):
    return OF_TWO(np.vstack([p, p]))


def of_cubic_pieces(p):
    return map_coordinates(IMAGE, [[p[0]], [p[1]]])


@pytest.mark.parametrize(
    ("f", "words"), [(of_two_variables, "several variables"), (of_cubic_pieces, "order=1")]
)
def test_what_has_no_rule_is_refused(f: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        jacobian(f)(P)
