"""Means with weights, and deviations by the name that the array API has for `ddof`."""

from __future__ import annotations

import inspect
import statistics
import sys
from typing import Any

import numpy as np
import pytest
import scipy.stats

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle

POINT = [0.3, 1.7, 0.9]
TWO_NAMES = "correction" in inspect.signature(np.std).parameters

WITH_WEIGHTS = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="fmean has weights from Python 3.11 on"
)


def weighted(x):
    return statistics.fmean(x, weights=[1.0, 2.0, 0.5])


def weighted_by_itself(x):
    return statistics.fmean([v * v for v in x], [v + 1.0 for v in x])


def without_weights(x):
    return statistics.fmean(data=x, weights=None)


def about_a_number(x):
    return statistics.stdev(x, 0.4) * statistics.pvariance(x, mu=x[0]) + statistics.pstdev(x, 2)


def about_a_mean_of_its_own(x):
    middle = statistics.fmean(v * v for v in x)
    return statistics.variance(x, middle) + statistics.stdev(x, xbar=None)


def deviation(x):
    return np.std(np.array(x), correction=1) * np.var(np.array(x), correction=2, axis=0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        pytest.param(weighted, marks=WITH_WEIGHTS),
        pytest.param(weighted_by_itself, marks=WITH_WEIGHTS),
        pytest.param(without_weights, marks=WITH_WEIGHTS),
        about_a_number,
        about_a_mean_of_its_own,
        pytest.param(
            deviation,
            marks=pytest.mark.skipif(not TWO_NAMES, reason="NumPy before 2 has no `correction`"),
        ),
    ],
)
def test_means_and_deviations(f: Any, mode: str) -> None:
    value, slope = value_and_grad(f, mode=mode)(POINT)
    assert value == f(POINT)
    for path, verdict in oracle.gradient(f, (POINT,)).items():
        assert oracle.agrees(verdict, slope[path[0]]), path


@WITH_WEIGHTS
def test_a_list_that_was_just_made_is_not_copied() -> None:
    slope = grad(weighted_by_itself, mode="reverse")
    slope(POINT)
    assert ".tolist())" not in slope.source, slope.source


def test_a_call_that_fmean_does_not_know_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="this call of `fmean`"):
        grad(lambda x: statistics.fmean(x, weight=[1.0, 2.0, 3.0]))(POINT)


def test_a_spread_about_what_is_no_number_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"`xbar` of `statistics.stdev` that is no number"):
        grad(lambda x: statistics.stdev(x, x))(POINT)
    with pytest.raises(UnsupportedError, match="this call of `pstdev`"):
        grad(lambda x: statistics.pstdev(x, middle=1.0))(POINT)


def test_an_error_of_the_mean_is_that_of_an_array_though_floats_have_none() -> None:
    x = np.array(POINT)
    slope = grad(lambda x: scipy.stats.sem(x))(x)
    gap = x - x.mean()
    # sem ** 2 is the sum of gap ** 2, by n (n - 1).
    np.testing.assert_allclose(slope, gap / (6 * scipy.stats.sem(x)), rtol=1e-14)
    with pytest.raises(UnsupportedError, match="the length of axis 0 of what has 0 axes"):
        grad(lambda x: scipy.stats.sem(x))(0.5)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [statistics.variance, statistics.stdev, lambda x: statistics.variance(x) * x[0]]
)
def test_too_few_data_are_told_as_statistics_tells_it(f: Any, mode: str) -> None:
    def sample(x: Any) -> Any:
        return f(x)

    with pytest.raises(statistics.StatisticsError, match="at least two data points"):
        value_and_grad(sample, mode=mode)([2.0])
