"""Filters of images: their gradients are those of the matrices that they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage as nd

from chainrule import UnsupportedError, grad, jacobian, value_and_grad
from tests import oracle

_RNG = np.random.default_rng(3)
IMAGE = _RNG.normal(size=(7, 6))
OTHER = _RNG.normal(size=(7, 6))
SQUARE, EVEN = _RNG.normal(size=(3, 3)), _RNG.normal(size=(2, 4))
ROW, FOUR = _RNG.normal(size=(1, 3)), _RNG.normal(size=4)


def convolved(x, mode):
    return nd.convolve(x, SQUARE, mode=mode, cval=0.7)


def correlated(x, mode):
    return nd.correlate(x, EVEN, mode=mode)


def beside_the_middle(x, mode):
    return nd.convolve(x, EVEN, mode=mode, origin=(-1, 1))


def along_rows(x, mode):
    return nd.correlate(x, ROW, mode=mode, origin=(0, 1))


def along_an_axis(x, mode):
    return nd.convolve1d(x, FOUR, axis=0, mode=mode) + nd.correlate1d(x, FOUR, mode=mode)


def smoothed(x, mode):
    return nd.gaussian_filter(x, 0.9, mode=mode) + nd.gaussian_filter1d(x, 0.7, axis=0, mode=mode)


def slopes(x, mode):
    return nd.gaussian_filter(x, (0.9, 0.6), order=(0, 1), mode=mode, cval=0.5)


def twists(x, mode):
    return nd.gaussian_filter(x, (0.9, 0.6), order=1, mode=mode) * nd.gaussian_filter(
        x, 0.6, order=(3, 1), mode=mode
    )


def means(x, mode):
    return nd.uniform_filter(x, (4, 3), mode=mode) * nd.uniform_filter1d(x, 4, mode=mode)


def shifted_means(x, mode):
    return nd.uniform_filter(x, (3, 2), mode=mode, origin=(1, -1))


def edges(x, mode):
    return nd.sobel(x, axis=0, mode=mode) + nd.prewitt(x, mode=mode, cval=0.4)


def curvatures(x, mode):
    return nd.laplace(x, mode=mode) + nd.gaussian_laplace(x, 0.8, mode=mode)


def steepness(x, mode):
    return nd.gaussian_gradient_magnitude(x, 0.9, mode=mode)


FILTERS = (
    convolved, correlated, beside_the_middle, along_rows, along_an_axis, smoothed, slopes, twists,
    means,    shifted_means, edges, curvatures, steepness,
)  # fmt: skip
MODES = ("reflect", "mirror", "nearest", "wrap", "constant")
CASES = [(f, mode) for f in FILTERS for mode in MODES]
CASES += [(convolved, "grid-mirror"), (means, "grid-wrap"), (slopes, "grid-constant")]


@pytest.mark.parametrize(("f", "mode"), CASES, ids=lambda case: getattr(case, "__name__", case))
def test_the_gradient_of_a_filter_agrees_with_differences(
    f: Callable[[Any, str], Any], mode: str
) -> None:
    def weighed(x, mode):
        return np.sum(f(x, mode) * OTHER)

    value, gradient = value_and_grad(weighed, mode="reverse")(IMAGE, mode)
    assert oracle.same_bits(value, weighed(IMAGE, mode))
    expected = np.zeros_like(IMAGE)
    for place in np.ndindex(IMAGE.shape):
        step = np.zeros_like(IMAGE)
        step[place] = 1e-3
        expected[place] = (weighed(IMAGE + step, mode) - weighed(IMAGE - step, mode)) / 2e-3
    assert gradient == pytest.approx(expected, rel=1e-5, abs=1e-5)

    def along(t, mode):
        return weighed(IMAGE + t * OTHER, mode)

    slope = grad(along, mode="forward")(0.0, mode)
    assert slope == pytest.approx(np.sum(gradient * OTHER), rel=1e-12, abs=1e-12)


def test_weights_are_differentiated_by_in_forward_mode_alone() -> None:
    def by_weights(k):
        return nd.convolve(IMAGE, k, mode="nearest", cval=2.0)

    assert jacobian(by_weights, mode="forward")(SQUARE)[2, 3] == pytest.approx(
        IMAGE[1:4, 2:5][::-1, ::-1]
    )
    with pytest.raises(UnsupportedError, match="weights that are differentiated by"):
        jacobian(by_weights, mode="reverse")(SQUARE)


def test_an_image_smaller_than_its_filter_has_no_slope_in_reverse_mode_alone() -> None:
    def weighed(x):
        return np.sum(nd.gaussian_filter(x[:3, :3], 1.0, order=(0, 1)) * OTHER[:3, :3])

    with pytest.raises(ArithmeticError, match="beyond the image and back"):
        grad(weighed, mode="reverse")(IMAGE)

    def along(t):
        return weighed(IMAGE + t * OTHER)

    # It is linear in the image.
    assert grad(along, mode="forward")(0.0) == pytest.approx(along(1.0) - along(0.0))
