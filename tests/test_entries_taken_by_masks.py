"""Entries that a mask leaves out are not felt, also where they are no numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad, vjp
from tests import oracle

MODES = ("forward", "reverse")


def logarithms(x: Any, k: float) -> Any:
    """Of positive entries alone."""
    y = k * np.log(x)
    return y[x > 0].sum()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("edge", [0.0, -1.0])
def test_a_factor_does_not_feel_entries_that_a_mask_leaves_out(mode: Any, edge: float) -> None:
    x = np.array([edge, 1.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        x_bar, k_bar = grad(logarithms, (0, 1), mode=mode)(x, 2.0)
    np.testing.assert_allclose(x_bar, [0.0, 2.0, 0.5], rtol=1e-15)
    assert k_bar == pytest.approx(np.log(4.0), rel=1e-15)


def replaced(phi: Any, k: float) -> Any:
    """Two laws, of which the second holds above a threshold and has no value below it."""
    value = k * phi
    second = k * (phi - 0.2) ** 1.5
    above = phi >= 0.2
    value[above] = second[above]
    return value


def test_what_replaces_entries_is_not_felt_where_it_replaces_none() -> None:
    phi = np.array([0.1, 0.3, 0.6])
    with np.errstate(invalid="ignore"):
        _, (phi_bar, k_bar) = vjp(replaced, (0, 1))(phi, 3.0, out_bar=np.array([1.0, 2.0, -1.0]))
    by_phi = [3.0, 9.0 * np.sqrt(0.1), -4.5 * np.sqrt(0.4)]
    np.testing.assert_allclose(phi_bar, by_phi, rtol=1e-14)
    assert k_bar == pytest.approx(0.1 + 2.0 * 0.1**1.5 - 0.4**1.5, rel=1e-14)


def quotients(a: Any, b: Any) -> Any:
    """Quotients where there are any."""
    ratio = a / b
    there = b != 0.0
    found = np.zeros_like(a)
    found[there] = ratio[there]
    return found.sum()


@pytest.mark.parametrize("mode", MODES)
def test_divisions_by_zero_that_a_mask_leaves_out_are_not_felt(mode: Any) -> None:
    a, b = np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 2.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        a_bar, b_bar = grad(quotients, (0, 1), mode=mode)(a, b)
    np.testing.assert_allclose(a_bar, [0.0, 1.0, 0.5], rtol=1e-15)
    np.testing.assert_allclose(b_bar, [0.0, -1.0, -1.0], rtol=1e-15)


def finite_factors(a: Any, b: Any) -> Any:
    """Entries of a product of arguments."""
    product = a * b
    return product[a > 1.0].sum()


def test_finite_factors_are_not_hidden() -> None:
    derivative = grad(finite_factors, (0, 1))
    a_bar, b_bar = derivative(np.array([0.5, 2.0]), np.array([3.0, 4.0]))
    np.testing.assert_array_equal(a_bar, [0.0, 4.0])
    np.testing.assert_array_equal(b_bar, [0.0, 2.0])
    assert "where" not in derivative.source.split('"""')[2]


def squeezed(m, a):
    return np.sum(np.compress([1, 1], m, axis=0) ** 3 * a) + np.sum(np.compress([0, 1], m, 1) ** 2)


def drawn_out(m, a):
    return np.sum(np.extract([[1, 0], [0, 2]], m) ** 3) * a


def in_pieces(m, a):
    return np.sum(np.piecewise(m[0], [[1, 0]], [lambda t: t * a, lambda t: t**3]))


def written(m, a):
    w, u = m * 1.0, m * a
    np.place(w, [[1, 0], [0, 3]], a)
    np.putmask(u, [[0, 1], [1, 0]], m**2)
    return np.sum(w**2) + np.sum(u**3)


FLAGS = np.array([[1, 0], [0, 2]])


def chosen(m, a):
    return np.prod(np.where(FLAGS, m, a)) + np.sum(np.where([1.0, 0.0], m**2, m * a))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", [squeezed, drawn_out, in_pieces, written, chosen])
def test_numbers_for_flags_are_no_positions(function: Any, mode: Any) -> None:
    m = np.array([[0.9, -0.3], [0.3, 0.8]])
    value, slopes = value_and_grad(function, wrt=("m", "a"), mode=mode)(m, 0.7)
    assert value == function(m, 0.7)
    for path, verdict in oracle.gradient(function, (m, 0.7)).items():
        assert oracle.agrees(verdict, float(oracle.look_up(slopes[0], path))), (path, verdict)
    assert oracle.agrees(oracle.derivative(function, (m, 0.7), wrt="a"), float(slopes[1]))
