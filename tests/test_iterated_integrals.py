"""Integrals of integrals, and minima by the older functions of SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import nquad, tplquad
from scipy.optimize import fmin, fmin_bfgs, fmin_cg, fmin_powell

from chainrule import UnsupportedError, grad
from tests import oracle
from tests.slopes import check_against_oracle


def triple(a, b):
    inner = lambda z, y, x: math.exp(-a * x * y) * z  # noqa: E731
    return tplquad(inner, 0.0, b, lambda x: x, 1.0, 0.0, lambda x, y: x + a * y)[0]


def pair(a, b):
    return nquad(lambda x, y, c: c * x * math.sin(y), [lambda y, c: [0.0, y * c], [0.0, b]], (a,))[
        0
    ]


def single(a, b):
    return nquad(lambda x: a * x * x, [[0.0, b]])[0]


def three(a, b):
    return nquad(lambda x, y, z: x * y * z * a, [(0.0, 1.0), (0.0, b), lambda: (0.0, a)])[0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [triple, pair, single, three], ids=lambda f: f.__name__)
def test_integrals_of_integrals_are_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.4, 0.9), ("a", "b"), mode)


def four(a):
    return nquad(lambda x, y, z, w: a * x, [[0, 1]] * 4)[0]


def test_more_ranges_than_three_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="nquad"):
        grad(four)(0.3)


def bowl(p, a, b):
    return (p[0] - a) ** 2 + b * (p[1] - a * b) ** 2 + 0.5 * p[0] * p[1]


def slopes_of_bowl(p, a, b):
    return np.array([2.0 * (p[0] - a) + 0.5 * p[1], 2.0 * b * (p[1] - a * b) + 0.5 * p[0]])


def lowest(a, b):
    """The minimum in closed form."""
    matrix = np.array([[2.0, 0.5], [0.5, 2.0 * b]])
    return np.linalg.solve(matrix, np.array([2.0 * a, 2.0 * a * b * b]))


def by_simplex(a, b):
    found = fmin(bowl, [1.0, 1.0], args=(a, b), xtol=1e-10, ftol=1e-14, disp=False)
    return found[0] + found[1] ** 2


def by_lines(a, b):
    found = fmin_powell(bowl, np.ones(2), args=(a, b), xtol=1e-10, ftol=1e-14, disp=False)
    return found[0] + found[1] ** 2


def by_slopes(a, b):
    found = fmin_bfgs(bowl, np.ones(2), slopes_of_bowl, args=(a, b), gtol=1e-10, disp=False)
    return found[0] + found[1] ** 2


def by_conjugate_slopes(a, b):
    found = fmin_cg(bowl, np.ones(2), slopes_of_bowl, args=(a, b), gtol=1e-10, disp=False)
    return found[0] + found[1] ** 2


def expected(a, b):
    found = lowest(a, b)
    return found[0] + found[1] ** 2


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [by_simplex, by_lines, by_slopes, by_conjugate_slopes])
def test_minima_by_the_older_functions_move_as_the_minimum_does(f: Any, mode: str) -> None:
    point = (0.7, 1.3)
    gradient = grad(f, wrt=("a", "b"), mode=mode)(*point)
    for k, slope in enumerate(gradient):
        assert oracle.derivative(expected, point, wrt=k).value == pytest.approx(slope, rel=1e-5)


def told_more(a):
    return fmin(lambda p: (p[0] - a) ** 2, [0.0], full_output=True)[1]


def test_what_they_tell_besides_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="full_output"):
        grad(told_more)(0.3)
