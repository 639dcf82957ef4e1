"""Systems that SciPy solves: roots, fixed points, minima and fits by least squares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import curve_fit, fixed_point, fsolve, least_squares, minimize, root

from chainrule import UnsupportedError, grad, hessian, jacobian, value_and_grad
from tests import oracle


def two_unknowns(a, b):
    def equations(z):
        x, y = z
        return [x**2 + b * y - a, math.exp(x) - y]

    x, y = fsolve(equations, [1.0, 2.0], xtol=1e-13)
    return x * y


def balance(x, c, p, q):
    return np.array([x[0] + p * np.sin(x[1]) - c, x[1] * q - np.cos(x[0])])


def with_arguments(p, c):
    options = {"xtol": 1e-14}
    found = root(balance, x0=(0.5, 0.5), args=(c, p, 1.2), method="lm", options=options)
    if not found.success or np.max(np.abs(found.fun)) > 1e-6:
        raise ValueError(found.message)
    return found.x[0] - 2 * found.x[1]


def fixed_number(a, b):
    return fixed_point(lambda x: np.cos(a * x) * b, 0.5, xtol=1e-13) ** 2


def fixed_array(a, b):
    x = fixed_point(lambda x: np.sqrt(a / (x + b)), np.array([1.2, 1.3]), xtol=1e-13)
    return np.sum(x**2 * np.array([1.0, 2.0]))


def tolerance_of_the_caller(a, b, tol=1e-13):
    return root(lambda x: x**3 + b * x - a, np.ones(1), tol=tol).x[0]


ROOTS = (
    (two_unknowns, (3.0, 0.7)),
    (with_arguments, (0.3, 0.9)),
    (fixed_number, (1.1, 0.9)),
    (fixed_array, (1.1, 0.9)),
    (tolerance_of_the_caller, (1.1, 0.9)),
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "args"), ROOTS, ids=lambda case: getattr(case, "__name__", "")
)
def test_roots_of_systems_agree_with_differences(
    function: Callable[..., Any], args: tuple[float, ...], mode: str
) -> None:
    names = function.__code__.co_varnames[:2]
    value, slopes = value_and_grad(function, wrt=names, mode=mode)(*args)
    assert oracle.same_bits(value, function(*args))
    for k, slope in enumerate(slopes):
        low, high = (function(*args[:k], args[k] + h, *args[k + 1 :]) for h in (-1e-4, 1e-4))
        assert slope == pytest.approx((high - low) / 2e-4, rel=1e-6)


def test_a_system_by_its_matrix_and_right_side() -> None:
    def solved(A, b):
        return root(lambda x: A @ x - b, np.zeros(3), tol=1e-13).x

    rng = np.random.default_rng(7)
    A, b = rng.normal(size=(3, 3)) + 3.0 * np.eye(3), rng.normal(size=3)
    by_matrix, by_side = jacobian(solved, wrt=("A", "b"))(A, b)
    inverse = np.linalg.inv(A)
    assert by_side == pytest.approx(inverse, rel=1e-9)
    assert by_matrix == pytest.approx(-np.einsum("ij,k->ijk", inverse, inverse @ b), rel=1e-8)


def least_of_an_exponential(a):
    # x = log(a), and the least value a - a log(a).
    found = minimize(lambda x: math.exp(x[0]) - a * x[0], [0.5], options={"gtol": 1e-9})
    return found.x[0] + 3.0 * found.fun


def line_fitted(data):
    t = np.array([0.0, 1.0, 2.0, 4.0])
    tight = 1e-15
    found = least_squares(lambda z: z[0] + z[1] * t - data, [1.0, 0.0], xtol=tight, ftol=tight)
    return found.x


def test_minima_and_their_values() -> None:
    for mode in ("forward", "reverse"):
        slope = grad(least_of_an_exponential, mode=mode)(1.7)
        assert slope == pytest.approx(1 / 1.7 - 3.0 * math.log(1.7), rel=1e-6)
    assert hessian(least_of_an_exponential)(1.7) == pytest.approx(-1 / 1.7**2 - 3 / 1.7, rel=1e-5)


def test_fits_by_least_squares() -> None:
    design = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 4.0]])
    data = np.array([1.0, 1.4, 2.1, 3.0])
    assert jacobian(line_fitted)(data) == pytest.approx(np.linalg.pinv(design), rel=1e-6)


def test_second_derivatives_of_a_root() -> None:
    slope = grad(two_unknowns, wrt=("a", "b"))
    found = np.array(hessian(two_unknowns, wrt=("a", "b"))(3.0, 0.7))
    h = 1e-5
    for k, unit in enumerate(((h, 0.0), (0.0, h))):
        low, high = (np.array(slope(3.0 + s * unit[0], 0.7 + s * unit[1])) for s in (-1, 1))
        assert found[k] == pytest.approx((high - low) / (2 * h), rel=1e-7)


def test_the_module_holds_the_equations_their_jacobian_and_one_solve() -> None:
    text = grad(two_unknowns, wrt=("a", "b"), mode="reverse")
    text(3.0, 0.7)
    line = two_unknowns.__code__.co_firstlineno + 5
    assert (
        f'''\
def equations_jacobian(z, b, a):
    """Jacobian of `equations` by z."""
    x, _ = z
    # line {line}: x, y = fsolve(equations, [1.0, 2.0], xtol=1e-13)
    return np.array([[2.0 * x, b], [exp(x), -1.0]])
'''
        in text.source
    )
    assert text.source.count("= equations_jacobian(") == 1
    assert text.source.count("np.linalg.solve(jacobian.T, ") == 1


def lasso(a):
    return minimize(lambda x: abs(x[0] - a) + 0.5 * x[0] ** 2, [0.0]).x[0]


def robust(a):
    return least_squares(lambda x: x - a, [0.0], loss="huber").x[0]


def residuals_used(a):
    return least_squares(lambda x: x - a, [0.0]).fun[0]


def too_few(a):
    return fsolve(lambda x: [x[0] - a], [1.0, 2.0])[0]


def covariance_used(a):
    x = np.arange(3.0)
    return curve_fit(lambda x, b: b * x, x, a * x)[1][0, 0]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lasso, "whose slope may jump"),
        (robust, "loss whose slope may jump"),
        (residuals_used, "Compute them from `.x`"),
        (too_few, "one float for each unknown"),
        (covariance_used, "covariance"),
    ],
)
def test_where_the_theorem_does_not_hold_is_refused(
    function: Callable[..., Any], words: str
) -> None:
    with pytest.raises(UnsupportedError, match=words):
        grad(function)(0.7)
    with pytest.raises(UnsupportedError):
        grad(two_unknowns, target="numba")(3.0, 0.7)


def test_what_was_not_found_has_no_derivative() -> None:
    def unfound(a):
        return root(lambda x: [x[0] ** 2 + a, x[1]], [1.0, 0.5]).x[0]

    with pytest.raises(ArithmeticError, match="no solution was found"):
        grad(unfound)(0.3)
