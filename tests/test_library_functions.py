"""A function of a library is differentiated itself, as where a function calls it."""

import fractions
import math

import numpy as np
import pytest
import scipy.special
from scipy.spatial.transform import Rotation

import chainrule
from chainrule import (
    ArgumentError,
    SourceError,
    UnsupportedError,
    grad,
    hessian,
    jacobian,
    value_and_grad,
)


def test_functions_of_math_have_derivatives():
    assert grad(math.sin)(0.5) == math.cos(0.5)
    assert grad(math.log)(4.0) == 0.25
    assert grad(math.hypot, wrt=(0, 1))(3.0, 4.0) == (0.6, 0.8)
    assert grad(math.atan2, wrt="x")(1.0, 2.0) == pytest.approx(-0.2, rel=1e-15)
    assert grad(grad(math.exp))(0.3) == math.exp(0.3)


def test_builtins_have_derivatives():
    assert grad(abs)(-2.0) == -1.0
    assert grad(pow, wrt=("base", "exp"))(2.0, 3.0) == pytest.approx((12.0, 8.0 * math.log(2.0)))
    assert grad(sum)([1.0, 2.0]) == [1.0, 1.0]


def test_ufuncs_have_derivatives_for_numbers_and_arrays():
    assert grad(np.sin)(0.5) == np.cos(0.5)
    assert grad(np.arctan2, wrt=0)(1.0, 2.0) == pytest.approx(0.4)
    assert grad(scipy.special.gamma)(1.0) == pytest.approx(-0.5772156649015329)
    x = np.array([0.1, 0.7])
    np.testing.assert_allclose(jacobian(np.exp)(x), np.diag(np.exp(x)))


@pytest.mark.parametrize("function", [np.sum, np.mean, np.var, np.prod, np.linalg.norm])
def test_reductions_have_derivatives_by_the_array(function):
    x = np.array([1.0, 2.0, 4.0])
    value, slope = value_and_grad(function)(x)
    steps = 1e-6 * np.eye(3)
    differences = [(function(x + step) - function(x - step)) / 2e-6 for step in steps]
    assert value == function(x)
    np.testing.assert_allclose(slope, differences, rtol=1e-8, atol=1e-9)


def test_options_of_a_library_function_can_be_given():
    A = np.array([[1.0, 2.0], [3.0, 5.0]])
    by_columns = jacobian(np.sum)(A, axis=0)
    np.testing.assert_array_equal(by_columns[0], [[1.0, 0.0], [1.0, 0.0]])
    curvature = hessian(scipy.special.logsumexp)(np.zeros(2))
    np.testing.assert_allclose(curvature, [[0.25, -0.25], [-0.25, 0.25]])


def test_its_source_reads_as_that_of_a_function_that_calls_it():
    slope = grad(np.linalg.det)
    slope(np.eye(2))
    assert "# line 2: return np.linalg.det(a)" in slope.source
    text = grad(math.sin).source
    assert text.splitlines()[-1] == "    return cos(x)"
    assert "from math:sin\n    (chainrule grad math:sin --wrt x)." in text


def test_what_gives_no_number_is_refused_by_name():
    with pytest.raises(SourceError, match="`Fraction` is a class, which gives no number"):
        grad(fractions.Fraction)
    with pytest.raises(chainrule.ChainruleError):
        grad(np.random.normal)(1.0)
    with pytest.raises(ArgumentError, match="parameters are x"):
        grad(np.sin, wrt="y")


def hundredths(x):
    return x * round(x, ndigits=2) + sum([x, x], start=x)


def cube_by_names(x):
    return pow(base=x, exp=3)


def test_builtins_take_arguments_by_name_as_they_do():
    assert value_and_grad(hundredths)(1.234) == (hundredths(1.234), 1.23 + 3.0)
    assert value_and_grad(cube_by_names)(2.0) == (8.0, 12.0)


SPHERICAL = {
    "jn": lambda z, n: scipy.special.spherical_jn(n, z),
    "yn": lambda z, n: scipy.special.spherical_yn(n, z),
    "in": lambda z, n: scipy.special.spherical_in(n, z),
    "kn": lambda z, n: scipy.special.spherical_kn(n, z),
}


@pytest.mark.parametrize("name", SPHERICAL)
def test_orders_are_taken_without_their_fractions_as_scipy_does(name):
    slope = grad(SPHERICAL[name])
    for order in (0, 2):
        assert slope(1.3, order + 0.5) == pytest.approx(slope(1.3, order), rel=1e-14)


class Turn(Rotation):
    """A class that is derived from a compiled one."""


def turned(v, p):
    return Turn.from_rotvec(v).apply(p)[0]


def test_of_a_compiled_class_that_is_given_an_array_it_is_told_what_helps() -> None:
    with pytest.raises(UnsupportedError, match=r"(?s)from_rotvec.*define_derivative"):
        grad(turned)(np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]))
