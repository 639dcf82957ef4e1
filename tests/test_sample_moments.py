"""Moments of samples, series by least squares, and systems solved by steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import broyden1, broyden2, newton_krylov

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle, check_product

PLACES = np.array([0.3, 0.9, 1.4, 2.2, 2.9, 3.7])


def sample(a, b):
    return np.sin(a * np.arange(1.0, 7.0)) + b * np.arange(6.0) + 1.5


def weighed(x):
    return np.sum(np.cos(0.7 * np.arange(x.size).reshape(x.shape) + 0.3) * x)


def moments(a, b):
    v = sample(a, b)
    total = stats.moment(v, 3) + stats.moment(v, order=4) * stats.gstd(v) + stats.pmean(v, 2.5)
    total += stats.tmean(v) * stats.tvar(v) + stats.tstd(v) * stats.median_abs_deviation(v)
    rows = v.reshape(2, 3)
    total += weighed(stats.moment(rows, 2, axis=1)) + weighed(stats.tvar(rows))
    return total + weighed(stats.zmap(v, v[:4] ** 2)) + weighed(stats.pmean(rows, 0, axis=1))


def directions(a, b):
    v = sample(a, b)
    total = stats.circmean(v) * stats.circvar(v) + stats.circstd(v)
    return total + stats.circmean(20.0 * v, high=180.0, low=-180.0)


def fitted_series(a, b):
    v = sample(a, b)
    line = np.polynomial.Polynomial.fit(PLACES, v, 2)
    total = line(a) + weighed(line.coef) + line.deriv()(b)
    moving = np.polynomial.Polynomial.fit(PLACES + a * np.arange(6.0), v, 3, w=np.arange(1.0, 7.0))
    return total + moving(1.7)


def fitted_coefficients(a, b):
    v, x = sample(a, b), PLACES + b
    total = weighed(np.polynomial.polynomial.polyfit(x, v, 2))
    total += weighed(np.polynomial.chebyshev.chebfit(x, v, 2))
    total += weighed(np.polynomial.legendre.legfit(x, v, 3, w=v))
    return total + weighed(np.polynomial.hermite.hermfit(x, v, 1)) + weighed(np.polyint(v, 2))


EITHER = [moments, directions, fitted_series, fitted_coefficients]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_samples_are_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.37, 0.81), ("a", "b"), mode)


@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_their_second_derivatives_are_those_of_the_gradient(f: Any) -> None:
    check_product(f, (0.37, 0.81), ("a", "b"), (0.6, -1.1), rel=1e-6)


def whole_fit(x):
    return np.polynomial.polynomial.polyfit(PLACES, x, 2, full=True)[0].sum()


def test_a_fit_with_its_residuals_is_refused() -> None:
    with pytest.raises((UnsupportedError, ValueError)):
        grad(whole_fit)(PLACES)


@pytest.mark.parametrize("solve", [broyden1, broyden2, newton_krylov])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_systems_that_are_solved_by_steps_move_as_their_solutions(solve: Any, mode: str) -> None:
    def squares(a):
        return weighed(solve(lambda p: p**2 - a, np.ones(3), f_tol=1e-12))

    at = np.array([0.7, 1.3, 2.1])
    expected = np.cos(0.7 * np.arange(3) + 0.3) * 0.5 / np.sqrt(at)
    assert grad(squares, mode=mode)(at) == pytest.approx(expected, rel=1e-6)
