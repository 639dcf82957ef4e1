"""Roots that SciPy is asked to tell more of, and options of theirs that are given by position."""

from __future__ import annotations

import pytest
from scipy.optimize import bisect, brentq, toms748

from chainrule import UnsupportedError, grad, value_and_grad


def told(a):
    x, about = brentq(lambda x: x**3 - a, 0.0, 5.0, full_output=True)
    if not about.converged:
        raise RuntimeError(about.flag)
    return x + about.root


def told_by_halving(a):
    x, about = bisect(lambda x: x**3 - a, 0.0, 5.0, full_output=True, disp=True)
    return 2.0 * x if about.flag == "converged" else 0.0


def by_position(a):
    return 2.0 * toms748(lambda x: x**3 - a, 0.0, 5.0, (), 2)


@pytest.mark.parametrize("f", [told, told_by_halving, by_position])
def test_a_root_that_is_told_has_the_slope_of_the_root(f) -> None:
    value, slope = value_and_grad(f)(1.7)
    assert value == f(1.7)
    assert slope == pytest.approx(2.0 * 1.7 ** (-2.0 / 3.0) / 3.0, rel=1e-9)


def quiet(a):
    return brentq(lambda x: x**3 - a, 0.0, 5.0, disp=False)


def counted(a):
    x, about = brentq(lambda x: x**3 - a, 0.0, 5.0, full_output=True)
    return x * about.iterations


def told_by_position(a):
    return brentq(lambda x: x**3 - a, 0.0, 5.0, (), 1e-12, 1e-12, 100, True)[0]


@pytest.mark.parametrize("f", [quiet, counted, told_by_position])
def test_what_is_not_known_of_a_search_is_refused(f) -> None:
    with pytest.raises(UnsupportedError):
        grad(f)(1.7)
