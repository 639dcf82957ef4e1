"""Orders and counts of which SciPy leaves a fraction away: slopes are those of what it computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from scipy import special

from chainrule import grad, value_and_grad
from tests import oracle


def exponential_integral(x, n):
    return special.expn(n, x)


def second_kind(x, n):
    return special.yn(n, x) * special.kn(n, x)


def binomial(x, n):
    return special.bdtr(1.0, n, 0.3 * x) + special.bdtrc(1.5, n, 0.2 * x)


def negative_binomial(x, n):
    return special.nbdtr(n, n, 0.3 * x) * special.nbdtrc(n, 2, 0.2 * x)


def mean_of_poisson(x, n):
    return special.pdtri(n, 0.3 * x)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("order", [2, 2.0, 2.75, 3.25])
@pytest.mark.parametrize(
    "function",
    [exponential_integral, second_kind, binomial, negative_binomial, mean_of_poisson],
)
def test_an_order_that_is_not_whole_is_what_scipy_takes_it_for(
    function: Callable[..., Any], order: float
) -> None:
    value, slope = value_and_grad(function, wrt="x")(1.3, order)
    assert value == function(1.3, order)
    assert oracle.agrees(oracle.derivative(function, (1.3, order)), float(slope))


def test_an_order_that_is_written_is_used_as_it_is_written() -> None:
    derivative = grad(lambda x: special.kn(2, x))
    derivative(1.3)
    assert "kn(1, x)" in derivative.source
    assert "trunc" not in derivative.source


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_the_exponential_integral_has_derivatives_below_its_lowest_order(order: int) -> None:
    x = 0.7
    found = [exponential_integral]
    for _ in range(3):
        found.append(grad(found[-1], wrt="x"))
    for times, derivative in enumerate(found[1:], 1):
        meant = mpmath.diff(lambda t: mpmath.expint(order, t), x, times)
        assert derivative(x, order) == pytest.approx(float(meant), rel=1e-13)
