"""Functions differentiated by what they are defined as, of what has simpler forms."""

from __future__ import annotations

import bisect
import math
import statistics
import sys

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats

from chainrule import ChainruleError, value_and_grad
from tests.differences import along

A = np.array([[1.0, 0.3], [0.2, 2.0]])
B = np.array([[1.0, 0.3, 0.4], [0.2, 2.0, -0.3]])


def power_of_a_multiple(x):
    return np.linalg.matrix_power(x * A, -2)[0, 1]


def condition_of_a_multiple(x):
    return np.linalg.cond(3.0 * (x * A), 1) * x


def pseudo_inverse_of_an_inverse(x):
    return np.linalg.pinv(np.linalg.inv(x * A))[0, 1]


def covariance_of_the_negative(x):
    return np.cov(-(x * B))[0, 1]


def product_with_the_negative(x):
    return np.vdot(-(x * B), B * x)


def average_of_the_negative(x):
    return np.average(-(x * B), weights=x * np.ones((2, 3)))


def scores_of_the_negative(x):
    return scipy.stats.zscore(-((x * B[0]) ** 3) - x)[0] * x


def logarithm_of_exponentials_of_the_negative(x):
    return scipy.special.logsumexp(-(x * B))


WEIGHTED = pytest.mark.skipif(sys.version_info < (3, 11), reason="fmean has no weights before")


def weighted_mean(x):
    return statistics.fmean([x, x * x, 1.0], weights=[2.0, x, 3.0])


def mean_of_known_weights(x):
    return statistics.fmean([-x, x * x, 1.0], [2.0, 1.0, 3.0])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        power_of_a_multiple,
        condition_of_a_multiple,
        pseudo_inverse_of_an_inverse,
        covariance_of_the_negative,
        product_with_the_negative,
        average_of_the_negative,
        scores_of_the_negative,
        logarithm_of_exponentials_of_the_negative,
        pytest.param(weighted_mean, marks=WEIGHTED),
        pytest.param(mean_of_known_weights, marks=WEIGHTED),
    ],
    ids=lambda f: f.__name__,
)
def test_a_simpler_form_of_a_definition_does_not_lose_the_slope_of_its_argument(f, mode):
    value, slope = value_and_grad(f, mode=mode)(0.7)
    expected, noise = along(lambda h: f(0.7 + h))
    assert value == f(0.7)
    assert abs(slope - expected) <= 1e-7 * max(1.0, abs(expected)) + noise * 1e-2


WEIGHTS = [1.0, 2.0, 2.5, 4.0]


def mean_by_weights(weights):
    return statistics.fmean(WEIGHTS, weights)


@WEIGHTED
def test_the_slopes_of_a_mean_by_its_weights_are_those_of_a_ratio():
    weights = [0.7, 0.2, 0.9, 0.4]
    value, slopes = value_and_grad(mean_by_weights)(weights)
    assert value == mean_by_weights(weights)
    expected = [(each - value) / math.fsum(weights) for each in WEIGHTS]
    assert slopes == pytest.approx(expected, rel=1e-14)


def put_in_order(v):
    found = []
    for x in v:
        bisect.insort(found, x, key=lambda y: -y)
    return sum((k + 1) * x * x for k, x in enumerate(found))


def places_in_order(v):
    found = []
    for x in v:
        order = sorted(range(len(found)), key=lambda i: found[i])
        found.append(x * (len(order) + 1))
    return sum(x * x for x in found)


def test_a_list_that_is_put_in_order_by_a_key_may_be_empty_at_first():
    point = [0.7, 0.2, 0.9, 0.4]
    value, slopes = value_and_grad(put_in_order)(point)
    assert value == put_in_order(point)
    ranks = [sorted(point, reverse=True).index(x) + 1 for x in point]
    assert slopes == pytest.approx([2.0 * k * x for k, x in zip(ranks, point, strict=True)])


def test_places_that_are_put_in_order_by_what_a_list_holds_may_be_none_at_first():
    point = [0.7, 0.2, 0.9, 0.4]
    value, slopes = value_and_grad(places_in_order)(point)
    assert value == places_in_order(point)
    assert slopes == pytest.approx([2.0 * x * (k + 1) ** 2 for k, x in enumerate(point)])


def second_of_a_pair(x):
    return scipy.linalg.expm_frechet(x * A, A)[1].sum()


def test_a_pair_is_not_taken_for_the_matrix_that_derivative_code_asks_for() -> None:
    try:
        value, slope = value_and_grad(second_of_a_pair)(0.7)
    except ChainruleError as refusal:
        # SciPy's own code, which is read for it, is not understood in every version.
        assert "expm_frechet" in str(refusal)
        return
    assert value == second_of_a_pair(0.7)
    expected, noise = along(lambda h: second_of_a_pair(0.7 + h), 1e-4)
    assert slope == pytest.approx(float(expected), abs=1e-9 + noise)
