"""Integrals of functions that use arrays, and of functions that give them."""

import numpy as np
import pytest
from scipy.integrate import quad, quad_vec

from chainrule import grad, hessian, jacobian, jvp
from tests.differences import partials

POINT = np.array([0.3, 1.2, 0.7])
MATRIX = np.array([[1.0, 2.0], [0.5, -0.3]])


def total(a):
    return quad(lambda t: np.sum(np.sin(a * t)), 0.0, a[1])[0]


def handed_on(a):
    return quad(lambda t, b: np.exp(-b[0] * t) * (b @ b), 0.0, 2.0, args=(a,))[0] ** 2


def through_points(a):
    return quad(lambda t: np.interp(t, [0.0, 1.0, 2.0], a) ** 2, 0.0, 2.0, points=[1.0])[0]


def of_polynomial(a):
    return quad(lambda t: np.polyval(a, t) ** 2, -1.0, a[2])[0]


def without_end(a):
    return quad(lambda t: np.exp(-t * t * a[0]) * np.cos(a @ a * t), 0.0, np.inf, epsabs=1e-11)[0]


def entries(a):
    return (quad_vec(lambda t: np.sin(a * t), 0.0, a[1])[0] ** 2).sum()


def one_number(a):
    return quad_vec(lambda t: np.sin(a[0] * t) * a[2], 0.0, a[1])[0] ** 2


def made_of_numbers(a):
    x, y, z = a
    found = quad_vec(lambda t: np.array([x * t, np.exp(y * t)]), 0.0, z)[0]
    return found[0] * found[1]


@pytest.mark.parametrize(
    "function",
    [
        total,
        handed_on,
        through_points,
        of_polynomial,
        without_end,
        entries,
        one_number,
        made_of_numbers,
    ],
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_integral_of_a_function_that_uses_an_array_has_its_slopes(function, mode) -> None:
    expected = [slope for slope, _ in partials(lambda *a: function(np.array(a)), POINT)]
    if mode == "reverse":
        assert grad(function, mode=mode)(POINT) == pytest.approx(expected, rel=1e-6)
        return
    for k, slope in enumerate(expected):
        value, dot = jvp(function)(POINT, a_dot=np.eye(3)[k])
        assert value == function(POINT)
        assert dot == pytest.approx(slope, rel=1e-6)


def test_the_slope_by_a_matrix_has_its_shape() -> None:
    def length(m):
        return quad(lambda t: np.linalg.norm(m @ np.array([t, 1.0])), 0.0, 1.5)[0]

    expected = partials(lambda *m: length(np.array(m).reshape(2, 2)), MATRIX.ravel())
    found = grad(length)(MATRIX)
    assert found.shape == (2, 2)
    assert found.ravel() == pytest.approx([slope for slope, _ in expected], rel=1e-6)


def test_the_jacobian_of_an_integral_of_an_array_is_known_in_closed_form() -> None:
    def spread(a):
        return quad_vec(lambda t: a * t * t, 0.0, a[0])[0]

    expected = np.eye(3) * POINT[0] ** 3 / 3.0
    expected[:, 0] += POINT * POINT[0] ** 2
    assert jacobian(spread)(POINT) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("function", [total, handed_on, entries])
def test_second_derivatives_of_integrals_follow(function) -> None:
    slope = grad(function)
    found = hessian(function)(POINT)
    for k in range(3):
        rows = partials(lambda *a, k=k: slope(np.array(a))[k], POINT)
        assert found[k] == pytest.approx([row for row, _ in rows], rel=1e-5, abs=1e-6)


def test_an_integral_that_vanishes_ends() -> None:
    def odd(a):
        return quad(lambda t: (a @ a) * np.sin(t), -1.0, 1.0)[0]

    assert grad(odd)(POINT) == pytest.approx(np.zeros(3), abs=1e-12)


def test_a_jump_at_a_place_that_an_array_moves_adds_its_height() -> None:
    def moved(a):
        return quad(lambda t: a @ a if t > a[0] else 0.0, -1.0, 1.0)[0]

    expected = 2.0 * POINT * (1.0 - POINT[0]) - (POINT @ POINT) * np.eye(3)[0]
    assert grad(moved)(POINT) == pytest.approx(expected, rel=1e-8)
