"""Roots that SciPy's newton finds, and root_scalar where it begins near one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import newton, root_scalar

from chainrule import grad
from tests.slopes import check_against_oracle, check_product

POINT = (0.7, 1.3)
CLOSE = {"tol": 1e-13, "rtol": 1e-13}


def by_secants(a, b):
    return newton(lambda x: x**3 - a * x - b, 1.5, tol=1e-13)


def by_slopes(a, b):
    return newton(lambda x: x**3 - a * x - b, 1.5, lambda x: 3 * x * x - a, tol=1e-13)


def by_curvature(a, b):
    slope, second = (lambda x: 3 * x * x - a), (lambda x: 6 * x)
    return newton(lambda x: x**3 - a * x - b, 1.5, fprime=slope, fprime2=second, **CLOSE)


def told(a, b):
    root, about = newton(lambda x: x**3 - a * x - b, x0=1.5, full_output=True, **CLOSE)
    return root if about.converged else 0.0


def with_arguments(a, b):
    def f(x, p, q):
        return x**3 - p * x - q

    def slope(x, p, q):
        return 3 * x * x - p

    return newton(f, 1.5, slope, (a, a * b), 1e-13)


def rate_of_return(a, b):
    flows = [-100.0, 30.0 * a, 40.0, 50.0 * b, 20.0]
    return newton(lambda r: sum(c / (1 + r) ** k for k, c in enumerate(flows)), 0.1, tol=1e-14)


def begun_at_the_last(a, b):
    x, total = 1.0, 0.0
    for _ in range(4):
        x = newton(lambda y, p: y + y**3 / 10 - p, x, args=(x * a + b,), tol=1e-13)
        total += x
    return total


def near(a, b):
    def f(x, p):
        return x**3 - p * x - b

    found = root_scalar(f, args=(a,), x0=1.5, fprime=lambda x, p: 3 * x * x - p, method="newton")
    return found.root if found.converged else 0.0


def near_two(a, b):
    return root_scalar(lambda x: x**3 - a * x - b, x0=1.5, x1=1.6, method="secant").root


CASES = [
    by_secants, by_slopes, by_curvature, told, with_arguments, rate_of_return, begun_at_the_last,
    near, near_two,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_roots_move_as_the_implicit_function_does(f: Callable[..., float], mode: str) -> None:
    check_against_oracle(f, POINT, ("a", "b"), mode)


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., float]) -> None:
    check_product(f, POINT, ("a", "b"), (0.3, -0.8), rel=1e-6, slack=1e-7)


def test_the_module_hands_on_what_it_was_handed() -> None:
    slope = grad(by_slopes)
    slope(*POINT)
    assert "newton(equation, 1.5, args=(a, b), tol=1e-13, fprime=fprime)" in slope.source
    assert len(slope.source.splitlines()) < 35


def test_of_an_array_each_root_moves() -> None:
    def all_of_them(a, b):
        return np.sum(newton(lambda x: x**3 - np.array([a, b]) * x - b, np.array([1.5, 1.6])))

    check_against_oracle(all_of_them, POINT, ("a", "b"))


def test_where_it_does_not_converge_it_raises_as_the_function_does() -> None:
    def lost(a):
        return newton(lambda x: x**3 - a, 40.0, maxiter=3)

    with pytest.raises(RuntimeError):
        lost(0.1)
    with pytest.raises(RuntimeError):
        grad(lost)(0.1)
