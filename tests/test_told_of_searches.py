"""What `minimize_scalar` and `root_scalar` tell besides the place that they have found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve, minimize_scalar, root_scalar

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle


def least(x, y):
    return minimize_scalar(lambda t: (t - x) ** 2 + y * t**4, tol=1e-12).fun * x


def place_and_value(x, y):
    found = minimize_scalar(lambda t: (t - x) ** 2 + y * t**4, bracket=(0.0, 1.0), tol=1e-12)
    if not found.success:
        raise ValueError(found.message)
    return found.x * found.fun + 0.0 * found.nit


def exactly(x, y):
    """The place and the value of the least, by Newton's method: SciPy's are too coarse."""
    t = x
    for _ in range(50):
        t = t - (2.0 * (t - x) + 4.0 * y * t**3) / (2.0 + 12.0 * y * t**2)
    return t, (t - x) ** 2 + y * t**4


def converged(x, y):
    found = root_scalar(lambda t: t**3 + y * t - x, bracket=(0.0, 5.0), xtol=1e-14)
    return found.root if found.converged else 0.0


MEANT = [
    (least, lambda x, y: exactly(x, y)[1] * x),
    (place_and_value, lambda x, y: math.prod(exactly(x, y))),
    (converged, converged),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("function", "meant"), MEANT, ids=[each.__name__ for each, _ in MEANT])
def test_slopes_and_bends_of_what_is_told_are_the_oracles(
    function: Callable[..., Any], meant: Callable[..., Any], mode: str
) -> None:
    at = (1.3, 0.7)
    value, slopes = value_and_grad(function, wrt=("x", "y"), mode=mode)(*at)
    assert value == function(*at)
    for name, slope in zip("xy", slopes, strict=True):
        assert oracle.agrees(oracle.derivative(meant, at, wrt=name), float(slope))
    bend = grad(grad(function, wrt="y"), wrt="x")(*at)

    def slope(x, y):
        step = 1e-3
        near, far = (
            (meant(x, y + k * step) - meant(x, y - k * step)) / (2 * k * step) for k in (1, 2)
        )
        return (4.0 * near - far) / 3.0

    assert oracle.agrees(oracle.derivative(slope, at, wrt="x"), float(bend))


def test_the_least_value_feels_an_array_that_the_function_uses() -> None:
    def spread(x):
        return minimize_scalar(lambda t: np.sum((x - t) ** 2 * x)).fun

    x = np.array([0.4, 1.3, 0.9])
    for mode in ("forward", "reverse"):
        slopes = grad(spread, mode=mode)(x)
        for path, verdict in oracle.gradient(spread, (x,)).items():
            assert oracle.agrees(verdict, float(slopes[path[0]])), (path, verdict)


def test_a_search_of_which_several_things_are_told_is_made_once() -> None:
    derivative = grad(place_and_value)
    derivative(1.3, 0.7)
    assert derivative.source.count("minimize_scalar(objective") == 1
    assert "solution = minimize_scalar(" in derivative.source


def test_the_least_value_at_a_kink_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="slope may jump"):
        grad(lambda x: minimize_scalar(lambda t: abs(t - x) + 0.1 * t * t).fun)(1.0)


def in_few_steps(a, steps):
    return root_scalar(lambda t: t**3 - a, bracket=(0.0, 4.0), maxiter=steps).root


def asked_for(a, steps):
    found = root_scalar(lambda t: t**3 - a, bracket=(0.0, 4.0), maxiter=steps)
    return found.root * a if found.converged else a * a


def told_by_the_user(a, steps):
    found = root_scalar(lambda t: t**3 - a, bracket=(0.0, 4.0), maxiter=steps)
    if not found.converged:
        raise ValueError(found.flag)
    return found.root


def by_newton(a):
    return fsolve(lambda t: t * t - a, 1.0)[0]


def of_a_system(a):
    return fsolve(lambda x: [x[0] * x[1] + a, x[0] + x[1]], [1.0, 2.0])[0]


@pytest.mark.filterwarnings("ignore:The iteration is not making good progress")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "at", "beside"),
    [
        (in_few_steps, (2.0, 50), (2.0, 3)),
        (by_newton, (2.0,), (-2.0,)),
        (of_a_system, (2.0,), (-2.0,)),
    ],
)
def test_what_is_no_root_has_no_slope(
    function: Callable[..., Any], at: tuple[Any, ...], beside: tuple[Any, ...], mode: str
) -> None:
    found = grad(function, mode=mode)
    value = function(*at)
    # The root is a power of `a`, its cube root or its square root.
    power = 1 / 3 if function is in_few_steps else 1 / 2
    assert abs(value) == pytest.approx(2.0**power)
    assert found(*at) == pytest.approx(power * value / 2.0)
    function(*beside)
    with pytest.raises(ArithmeticError, match="was found: there is no derivative"):
        found(*beside)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_who_asks_whether_there_is_a_root_decides_what_is_done_without_one(mode: str) -> None:
    assert value_and_grad(asked_for, mode=mode)(2.0, 3) == (4.0, 4.0)
    slope = grad(asked_for, mode=mode)(2.0, 50)
    assert slope == pytest.approx(4 / 3 * 2.0 ** (1 / 3))
    with pytest.raises(ValueError, match="convergence error"):
        grad(told_by_the_user, mode=mode)(2.0, 3)
