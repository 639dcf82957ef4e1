"""Powers that f has computed stand for the factors that they are made of."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest

from chainrule import NotDifferentiableError, grad, value_and_grad
from tests.oracle import agrees, gradient, look_up


def pair_energy(r2):
    s6 = (1.0 / r2) ** 3
    return 4.0 * (s6 * s6 - s6)


def energies(distances):
    energy = 0.0
    for r2 in distances:
        if r2 < 6.25:
            s6 = (1.0 / r2) ** 3
            energy += 4.0 * (s6 * s6 - s6)
    return energy


def of_vectors(d):
    r2 = d @ d
    s6 = (1.0 / r2) ** 3
    return 4.0 * (s6 * s6 - s6)


def reduced_distance(r):
    s6 = (0.3 / r) ** 6
    return s6 * s6 - s6


def two_bases(x, y):
    return (x / y) ** 5 * (y / x) ** 4


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (pair_energy, (1.3,)),
        (energies, ([1.3, 7.0, 2.1],)),
        (reduced_distance, (0.4,)),
        (two_bases, (1.3, 0.7)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_slopes_of_powers_are_made_of_the_powers(function: Any, point: tuple[Any, ...]) -> None:
    derivative = grad(function)
    found = derivative(*point)
    truth = gradient(function, point)
    numbers = found if isinstance(found, list) else [found]
    keys = sorted(truth)[: len(numbers)]
    assert [agrees(truth[key], value) for key, value in zip(keys, numbers, strict=True)] == [
        True
    ] * len(numbers)


def test_a_power_is_not_taken_apart_and_put_together_again() -> None:
    for function in (pair_energy, energies):
        derivative = grad(function)
        derivative([1.3, 2.1] if function is energies else 1.3)
        assert derivative.source.count("** 3") == 1
        assert "s6 = (1.0 / r2) ** 3" in derivative.source, derivative.source


def test_powers_of_numpy_numbers_are_gathered_before_they_meet_arrays() -> None:
    d = np.array([1.0, -0.7])
    derivative = grad(of_vectors)
    r2 = d @ d
    assert np.allclose(derivative(d), 8.0 * d * (-6.0 * r2**-7 + 3.0 * r2**-4), rtol=1e-13)
    assert "s6 = (1.0 / r2) ** 3" in derivative.source
    assert "inv_r2" not in derivative.source


def whole_numbers(x, n: int):
    return x * n**3 + math.sin(x * n) * n * n


def test_powers_of_integers_that_wrap_around_do_not_stand_for_factors() -> None:
    derivative = grad(whole_numbers, wrt="x")
    with np.errstate(over="ignore"):
        found, wrapped = derivative(1e-6, np.int64(3_000_000)), np.int64(3_000_000) ** 3
    assert math.isclose(found, wrapped + math.cos(3.0) * 2.7e19, rel_tol=1e-12), derivative.source


def without_imaginary_part(x, d):
    p = x**d
    if abs(p.imag) > 0.0:
        p = 0.0
    return 3.0 * x + p


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("x", "expected"), [(2.25, 3.0 + 1.5 * 1.5), (-2.25, 3.0)])
def test_a_power_of_a_negative_number_has_an_imaginary_part(mode, x, expected) -> None:
    value, slope = value_and_grad(without_imaginary_part, mode=mode)(x, 1.5)
    assert (value, slope) == (without_imaginary_part(x, 1.5), pytest.approx(expected))


def test_the_parts_of_a_complex_power_are_not_taken_for_those_of_a_real_one() -> None:
    def real(x, d):
        return (x**d).real * 2.0

    def imaginary(x, d):
        return (x**d).imag * 2.0 + x

    assert grad(real)(2.25, 1.5) == pytest.approx(4.5)
    with pytest.raises(ArithmeticError, match="the slope of the real part is not known"):
        grad(real)(-2.25, 1.5)
    with pytest.raises(NotDifferentiableError, match="no derivative can flow"):
        grad(imaginary)(2.25, 1.5)


def squared_magnitude(x, k):
    return abs(x**k) ** 2


def real_exponential(x, k):
    return cmath.exp(x**k).real


def rotated(x, k):
    return (x**k * (1.0 + 2.0j)).real


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", ["x", "k"])
@pytest.mark.parametrize("function", [squared_magnitude, real_exponential, rotated])
def test_real_numbers_made_of_a_complex_power_have_no_slope(function, wrt, mode) -> None:
    derivative = grad(function, wrt=wrt, mode=mode)
    for path, verdict in gradient(
        lambda v: function(**{"x": 2.25, "k": 1.5, wrt: v}), (1.5,)
    ).items():
        at = {"x": 2.25, "k": 1.5, wrt: 1.5}
        assert agrees(verdict, look_up(derivative(**at), path[1:])), derivative.source
    with pytest.raises(ArithmeticError, match="the power is complex"):
        derivative(-2.25, 1.5)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_complex_power_is_not_flat_in_its_exponent(mode) -> None:
    def power(x, k):
        return x**k

    derivative = grad(power, wrt="k", mode=mode)
    with pytest.raises(ArithmeticError, match="its slope by the exponent is not known"):
        derivative(-2.25, 1.5)
    assert derivative(-2.25, 2.0) == 0.0
    assert derivative(0.0, 1.5) == 0.0


def test_a_power_that_is_real_is_no_single_point() -> None:
    def root(x, d):
        p = x * x**d
        return p.real if p.imag == 0 else x

    assert grad(root)(2.25, 1.5) == pytest.approx(2.5 * 2.25**1.5)
    assert grad(root)(-2.25, 1.5) == 1.0


def where_it_is_real(x, d):
    p = (x - 1.0) ** d
    return 3.0 * x if x < 1.0 else p


def unless_it_is_complex(x, d):
    p = 2.0 * (x - 1.0) ** d + 1.0
    return 3.0 * x if isinstance(p, complex) else p


def of_the_type(x, d):
    p = -((x - 1.0) ** d)
    return p if type(p) is float else 3.0 * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [where_it_is_real, unless_it_is_complex, of_the_type])
def test_whether_a_power_is_complex_is_asked_and_its_slope_is_felt_where_it_is(f, mode) -> None:
    both = value_and_grad(f, mode=mode)
    for x, factor in ((3.25, {where_it_is_real: 1.0, unless_it_is_complex: 2.0}.get(f, -1.0)),
                      (-3.25, None)):  # fmt: skip
        value, slope = both(x, 1.5)
        assert value == f(x, 1.5)
        assert type(slope) is float
        assert slope == (3.0 if factor is None else pytest.approx(factor * 1.5 * 1.5))


# --- whole exponents in arrays -----------------------------------------------------------------


def polynomial(x: Any, c: Any) -> Any:
    return np.sum(np.cos(x[:, None] ** np.arange(len(c)) @ c))


def bernstein(x: Any, c: Any) -> Any:
    k = np.arange(len(c))
    return np.sum(np.sin(x[:, None] ** k * (1.0 - x[:, None]) ** (len(c) - 1 - k) @ c))


def masked(x: Any, c: Any) -> Any:
    return np.sum(np.exp(x[:, None] ** (c > 0.4)) * c)


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize("f", [polynomial, bernstein, masked], ids=lambda f: f.__name__)
def test_whole_exponents_are_flat_at_0_and_have_slope_1_at_1(f: Any) -> None:
    x, c = np.array([0.0, 0.3, 1.0]), np.array([0.5, -1.0, 0.3, 0.8])
    value, slopes = value_and_grad(f)(x, c)
    assert value == f(x, c)
    for path, verdict in gradient(f, (x, c)).items():
        assert agrees(verdict, float(look_up(slopes, path)))


def test_exponents_that_count_up_need_no_mask() -> None:
    derivative = grad(polynomial)
    derivative(np.array([0.0, 0.3]), np.array([0.5, -1.0]))
    assert "np.where" not in derivative.source


def cube_energy(r):
    s = 1.0 / r**3
    return s * s - s


def cube_energies(r):
    s = 1.0 / r**3
    return np.sum(s * s - s)


def one_over_a_cube(r):
    return np.sum(1.0 / r**3)


WEIGHTS = np.array([1.0, -2.0, 0.5])


def weighted_fourth_power(r):
    return np.sum(WEIGHTS / r**4)


@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (cube_energies, lambda r: -6.0 / r**7 + 3.0 / r**4),
        (one_over_a_cube, lambda r: -3.0 / r**4),
        (weighted_fourth_power, lambda r: -4.0 * WEIGHTS / r**5),
    ],
)
def test_a_power_that_is_divided_by_meets_the_factors_of_its_slope(f, exact):
    r = np.array([0.5, 1.25, -3.0])
    slope = grad(f)
    np.testing.assert_allclose(slope(r), exact(r), rtol=1e-14)
    lines = slope.source.split('"""')[2].splitlines()
    adjoint = [line for line in lines if "# line" not in line]
    assert not any("* r" in line or "*= r" in line for line in adjoint)


def test_a_power_of_a_number_meets_them_too():
    slope = grad(cube_energy)
    for r in (0.5, 1.25, -3.0):
        assert abs(slope(r) / (-6.0 / r**7 + 3.0 / r**4) - 1.0) < 1e-14
    assert "* r" not in slope.source.split('"""')[2].replace("# line", "")
    with pytest.raises(ZeroDivisionError):
        slope(0.0)
