"""Functions of :mod:`statistics` on arrays with one axis, against closed forms and differences."""

from __future__ import annotations

import statistics
from statistics import mean
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, value_and_grad

X = np.array([1.0, 2.0, 4.5])
MODES = ("forward", "reverse")


def best_slope(x: Any, y: Any) -> Any:
    """The slope of the best line, as tutorials write it."""
    return (mean(x) * mean(y) - mean(x * y)) / (mean(x) ** 2 - mean(x**2))


@pytest.mark.parametrize("mode", MODES)
def test_means_of_arrays_are_differentiated_as_means_of_lists(mode: Any) -> None:
    y = np.array([2.0, 1.0, 5.0])
    value, (x_bar, y_bar) = value_and_grad(best_slope, (0, 1), mode=mode)(X, y)
    assert value == best_slope(X, y)
    # Of the slope m = dx @ dy / dx @ dx by y it is dx / dx @ dx, by x (dy - 2 m dx) / dx @ dx.
    dx, dy = X - X.mean(), y - y.mean()
    np.testing.assert_allclose(y_bar, dx / (dx @ dx), rtol=1e-13)
    np.testing.assert_allclose(x_bar, (dy - 2.0 * value * dx) / (dx @ dx), rtol=1e-13)


@pytest.mark.parametrize("name", ["stdev", "pstdev", "variance", "pvariance", "fmean"])
@pytest.mark.parametrize("mode", MODES)
def test_spreads_of_arrays_have_the_value_and_slope_of_numpy(name: str, mode: Any) -> None:
    function = getattr(statistics, name)

    def spread(x: Any) -> Any:
        return function(x)

    value, x_bar = value_and_grad(spread, mode=mode)(X)
    assert value == function(X)
    dx = X - X.mean()
    count = 2.0 if name in ("stdev", "variance") else 3.0
    slope = 2.0 * dx / count
    if "stdev" in name:
        slope = dx / count / np.sqrt(dx @ dx / count)
    if name == "fmean":
        slope = np.full(3, 1.0 / 3.0)
    np.testing.assert_allclose(x_bar, slope, rtol=1e-13)


def about(x: Any, center: float) -> Any:
    """A spread about a number that is given as the mean."""
    return statistics.pvariance(x, center)


def test_a_spread_of_an_array_about_a_given_mean_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="of an array about `mu`"):
        grad(about)(X, 2.0)


def of_tables(x: Any) -> Any:
    """Rows are no numbers."""
    return mean(x)


def test_a_mean_of_rows_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="an array with several axes"):
        grad(of_tables)(np.ones((2, 2)))
