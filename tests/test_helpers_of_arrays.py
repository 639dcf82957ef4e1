"""Functions that hand what they are given to helpers which take arrays alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, vjp
from tests import oracle
from tests.oracle import agrees

X, Y = np.array([1.0, 2.0, 4.0, 3.5]), np.array([0.5, 0.3, 2.0, 1.1])


def area(y: float, x: float) -> float:
    return np.trapezoid(y, x) if hasattr(np, "trapezoid") else np.trapz(y, x)


def line(x, y):
    return np.polyfit(x, y, 1)


def halves(x):
    return np.split(x, 2)


def by_area(x, y):
    return area(y * y, x) * 2.0


def by_line(x, y):
    return line(x, y)[0]


def by_halves(x, y):
    first, second = halves(x * y)
    return np.sum(first * second)


def by_diagonal(x, y):
    return np.sum(turned(x) * y)


def turned(x):
    return np.diag(x) + np.vander(x, 4)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [area, by_area, by_line, by_halves, by_diagonal])
def test_what_is_made_before_there_are_arguments_does_not_rest_on_numbers(
    f: Callable[..., Any], mode: str
) -> None:
    slopes = grad(f, mode=mode)(X, Y)
    for path, verdict in oracle.gradient(f, (X, Y)).items():
        assert agrees(verdict, float(oracle.look_up(slopes, path)))


def test_vectors_may_be_lists_in_a_helper() -> None:
    def correlated(x):
        return products(x, x)

    def products(x, y):
        return np.correlate(x, y, mode="full")

    value, slopes = vjp(correlated)(X.tolist(), np.ones(7))
    np.testing.assert_array_equal(value, correlated(X.tolist()))
    np.testing.assert_allclose(slopes, 2.0 * X.sum() * np.ones(4), rtol=1e-14)
