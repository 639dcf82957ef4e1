"""``statistics.NormalDist``: quantiles, and distributions that are made of samples."""

from __future__ import annotations

import math
from statistics import NormalDist, StatisticsError

import mpmath
import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.differences import along

STANDARD = NormalDist()


def quantile(p, mu, sigma):
    return NormalDist(mu, sigma).inv_cdf(p)


def value_at_risk(returns, level):
    return -NormalDist.from_samples(returns).inv_cdf(level)


def quartiles(returns):
    first, second, third = NormalDist.from_samples(returns).quantiles()
    return (third - first) ** 2 + second


def probit(x):
    return STANDARD.inv_cdf(x) ** 2 + STANDARD.cdf(x)


@pytest.mark.parametrize("p", [1e-12, 0.003, 0.3, 0.5, 0.9999])
@pytest.mark.parametrize("mu", [0.0, -1.5, 1e8])
def test_slopes_of_quantiles_are_those_of_fifty_digits(p, mu):
    value, slopes = value_and_grad(quantile, wrt=(0, 1, 2))(p, mu, 2.5)
    assert value == quantile(p, mu, 2.5)
    with mpmath.workdps(50):
        unit = -mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * mpmath.mpf(p))
        expected = (2.5 * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(unit * unit / 2), 1, unit)
    for found, exact in zip(slopes, expected, strict=True):
        assert found == pytest.approx(float(exact), rel=1e-13, abs=1e-15)


def test_a_quantile_is_written_as_the_library_has_it():
    derivative = value_and_grad(quantile)
    derivative(0.3, 1.0, 2.0)
    assert "from statistics import NormalDist, StatisticsError\n" in derivative.source
    assert "NormalDist(float_mu, float_sigma).inv_cdf(p)" in derivative.source


@pytest.mark.parametrize(
    ("f", "rest"), [(value_at_risk, (0.05,)), (quartiles, ())], ids=["value_at_risk", "quartiles"]
)
def test_slopes_by_samples_are_those_of_differences(f, rest):
    returns = [0.01, -0.02, 0.015, 0.003, -0.011]
    value, slopes = value_and_grad(f)(list(returns), *rest)
    assert value == f(returns, *rest)
    for k in range(len(returns)):

        def moved(t, k=k):
            return f([x + t * (j == k) for j, x in enumerate(returns)], *rest)

        slope, noise = along(moved, 1e-5)
        np.testing.assert_allclose(slopes[k], slope, rtol=1e-6, atol=10.0 * noise)


def test_a_distribution_outside_has_quantiles_with_slopes():
    slope = float(along(lambda t: probit(0.3 + t))[0])
    assert grad(probit)(0.3) == pytest.approx(slope, rel=1e-9)


def test_what_is_no_probability_raises_what_the_library_raises():
    with pytest.raises(StatisticsError, match=r"p must be in the range 0\.0 < p < 1\.0"):
        grad(quantile)(1.0, 0.0, 1.0)


def test_numba_has_no_quantile():
    with pytest.raises(UnsupportedError, match="target 'numba' cannot express"):
        grad(lambda p: math.exp(STANDARD.inv_cdf(p)), target="numba")(0.3)
