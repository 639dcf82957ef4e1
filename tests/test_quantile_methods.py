"""Quantiles by the methods of Hyndman and Fan: which entries they are made of."""

import numpy as np
import pytest

from chainrule import NotDifferentiableError, UnsupportedError, grad, jacobian, value_and_grad
from tests.differences import along

METHODS = [
    "linear",
    "lower",
    "higher",
    "midpoint",
    "nearest",
    "inverted_cdf",
    "averaged_inverted_cdf",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
]
CONTINUOUS = ["linear", *METHODS[7:]]
POINT = np.array([0.5, 1.2, -0.3, 2.2, 1.7, 0.9, 3.1])
SHARES = [0.0, 0.03, 0.2, 1 / 3, 0.5, 3 / 7, 0.61, 0.8, 0.97, 1.0]


@pytest.mark.parametrize("method", METHODS)
def test_entries_weighted_by_their_slopes_are_the_quantile(method) -> None:
    def quantile(x, q):
        return np.quantile(x, q, method=method)

    slope = value_and_grad(quantile)
    for size in (1, 2, 5, 6, 7):
        for share in SHARES:
            x = POINT[:size]
            value, weights = slope(x, share)
            assert value == quantile(x, share)
            assert weights.sum() == pytest.approx(1.0) and (weights >= -1e-15).all()
            assert weights @ x == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_several_quantiles_along_an_axis(method) -> None:
    table = POINT[:6].reshape(2, 3)

    def spread(x):
        return np.percentile(x, [10.0, 62.0, 99.0], axis=1, method=method)

    found = jacobian(spread)(table)
    assert found.shape == (3, 2, 2, 3)
    assert np.einsum("ijkl,kl->ij", found, table) == pytest.approx(spread(table))
    assert found[:, 0, 1] == pytest.approx(np.zeros((3, 3)))


@pytest.mark.parametrize("method", CONTINUOUS)
def test_the_slope_by_the_share_is_that_between_two_entries(method) -> None:
    def quantile(q, x):
        return np.quantile(x, q, method=method)

    for share in (0.21, 0.45, 0.77):
        expected, _ = along(lambda t, share=share: quantile(share + t, POINT), 1e-5)
        assert grad(quantile)(share, POINT) == pytest.approx(expected, rel=1e-8)


def test_a_method_that_versions_of_numpy_understand_differently_is_refused() -> None:
    def quantile(x):
        return np.quantile(x, 0.3, method="closest_observation")

    with pytest.raises((UnsupportedError, NotDifferentiableError), match="closest_observation"):
        grad(quantile)(POINT)
