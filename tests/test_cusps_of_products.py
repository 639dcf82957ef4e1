"""Roots of products have an infinite slope where a factor is 0, and none if that is 0 twice."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian
from tests.differences import along, partials

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
CUBE_ROOTS = pytest.mark.skipif(sys.version_info < (3, 11), reason="math.cbrt came with 3.11")
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


def of_square(x: float, y: float) -> float:
    """A cube root of a square, which has a cusp."""
    return math.cbrt(x * x) + y


def of_power(x: float, y: float) -> float:
    """Of a fourth power, which is smooth at 0."""
    return math.cbrt(x**4) * y


def raised(x: float, y: float) -> float:
    """The exponent is a quotient."""
    return (x * x) ** (1 / 3) + y


def of_product(x: float, y: float) -> float:
    """With other factors."""
    return math.cbrt(3.0 * x * x * y)


def of_parameter(x: float, y: float) -> float:
    """The exponent is known at run time only."""
    return (3.0 * x * x) ** (0.25 * y)


SCALARS = [of_square, of_power, raised, of_product, of_parameter]


@MODES
@CUBE_ROOTS
@pytest.mark.parametrize("f", SCALARS, ids=lambda f: f.__name__)
def test_a_cusp_has_the_slope_0(f: Any, mode: Any) -> None:
    """On both sides the slopes are opposite; that by the other number is as anywhere."""
    slopes = grad(f, (0, 1), mode=mode)(0.0, 2.0)
    assert slopes[0] == 0.0
    assert slopes[1] == pytest.approx(along(lambda h: f(0.0, 2.0 + h))[0], abs=1e-12)
    for point in ((0.7, 2.0), (-0.7, 2.0)):
        wanted = [float(slope) for slope, _ in partials(f, point)]
        assert [*grad(f, (0, 1), mode=mode)(*point)] == pytest.approx(wanted, rel=1e-8)


@CUBE_ROOTS
@pytest.mark.parametrize("f", SCALARS, ids=lambda f: f.__name__)
def test_second_derivatives_beside_it(f: Any) -> None:
    """Those of the smooth function that it is there."""
    slope = grad(f, mode="reverse")
    wanted = along(lambda h: slope(0.7 + h, 2.0))[0]
    for mode in ("forward", "reverse"):
        assert grad(grad(f, mode="reverse"), mode=mode)(0.7, 2.0) == pytest.approx(wanted)


@CUBE_ROOTS
@MODES
def test_the_other_factor_of_a_root_is_0(mode: Any) -> None:
    """``cbrt(x * y)`` is steep in x where that is 0, and flat in y."""

    def root(x: float, y: float) -> float:
        return math.cbrt(x * y)

    def fourth(x: float, y: float) -> float:
        return (x * math.sin(y)) ** 0.25

    assert grad(root, (0, 1), mode=mode)(0.0, 2.0) == (math.inf, 0.0)
    assert grad(fourth, (0, 1), mode=mode)(0.0, 2.0) == (math.inf, 0.0)


def array_of_squares(x: Any) -> Any:
    """Cube roots of squares."""
    return np.sum(np.cbrt(x * x))


def array_of_powers(x: Any) -> Any:
    """Of fourth powers."""
    return np.sum(np.log(1.0 + np.cbrt(x**4)))


def array_raised(x: Any) -> Any:
    """The exponent is a quotient."""
    return np.sum((x * x) ** (1 / 3))


@MODES
@pytest.mark.parametrize(
    "f", [array_of_squares, array_of_powers, array_raised], ids=lambda f: f.__name__
)
def test_so_it_is_in_arrays(f: Any, mode: Any) -> None:
    """It was nan in reverse mode."""
    x = np.array([0.0, -1.0, 2.0, 0.0])
    slope = grad(f, mode=mode)(x)
    assert slope[0] == slope[3] == 0.0
    for k in (1, 2):
        wanted, _ = along(lambda h, k=k: f(x + h * np.eye(4)[k]))
        assert slope[k] == pytest.approx(wanted, rel=1e-8)
    away = np.array([0.5, -1.0])
    curved = along(lambda h: grad(f, mode="reverse")(away + h * np.array([1.0, 0.0])))[0]
    assert hessian(f)(away)[:, 0] == pytest.approx(curved, rel=1e-7, abs=1e-9)
