"""Eigenvalues and singular values that coincide, exactly or to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import grad, jacobian

ROTATION = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
STEP = np.array([[0.5, 1.0, -0.25], [0.75, -0.5, 2.0], [-1.0, 0.25, 1.5]])
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])
REFUSED = "values coincide: they and their vectors tell no slope"


def nearest_rotation(m):
    u, _, vt = np.linalg.svd(m)
    return u @ vt


@MODES
@pytest.mark.parametrize("turn", [np.eye(3), ROTATION], ids=["exactly", "to rounding"])
def test_the_nearest_rotation_has_its_slope_where_singular_values_coincide(mode, turn) -> None:
    found = jacobian(nearest_rotation, mode=mode)(2.0 * turn)
    turned = turn.T @ STEP
    expected = turn @ (turned - turned.T) / 4.0
    assert np.allclose(np.tensordot(found, STEP), expected, rtol=1e-12, atol=1e-12)


def root(m):
    values, vectors = np.linalg.eigh(m)
    return (vectors * np.sqrt(values)) @ vectors.T


def shrunk(m):
    u, s, vt = np.linalg.svd(m, full_matrices=False)
    return (u * (s - 0.5 / s)) @ vt


@MODES
@pytest.mark.parametrize("f", [root, shrunk])
@pytest.mark.parametrize("turn", [np.eye(3), ROTATION], ids=["exactly", "to rounding"])
def test_what_is_made_of_values_that_coincide_and_of_their_vectors_is_refused(
    mode, f, turn
) -> None:
    for diagonal in ([4.0, 4.0, 4.0], [1.0, 1.0, 2.0]):
        matrix = turn @ np.diag(diagonal) @ turn.T
        with pytest.raises(ArithmeticError, match=REFUSED):
            jacobian(f, mode=mode)(0.5 * (matrix + matrix.T))


@MODES
def test_a_root_has_its_slope_where_values_are_near_each_other(mode) -> None:
    values = np.array([1.0, 1.0 + 1e-6, 2.0])
    found = np.tensordot(jacobian(root, mode=mode)(np.diag(values)), STEP + STEP.T)
    roots = np.sqrt(values)
    expected = (STEP + STEP.T) / (roots[:, None] + roots)
    assert np.allclose(found, expected, rtol=1e-8)


def scaled(x):
    values, vectors = np.linalg.eigh(np.diag([2.0, 2.0, 3.0]) * x)
    return np.sum((vectors * np.exp(values)) @ vectors.T)


def cubed(x):
    u, s, vt = np.linalg.svd(np.eye(3) * (2.0 + x), full_matrices=False)
    return np.sum((u * s**3) @ vt) + np.sum(s**2)


def test_vectors_that_the_tangent_does_not_mix_have_their_slopes() -> None:
    found = grad(scaled, mode="forward")(0.5)
    assert found == pytest.approx(2 * 2 * np.exp(1.0) + 3 * np.exp(1.5))
    assert grad(cubed, mode="forward")(0.5) == pytest.approx(3 * 3 * 2.5**2 + 3 * 2 * 2.5)


def spread(m):
    values, _ = np.linalg.eigh(m)
    return np.sum(np.exp(values))


def first_two(m):
    _, vectors = np.linalg.eigh(m)
    return vectors[:, :2] @ vectors[:, :2].T


@MODES
def test_values_alone_and_spaces_alone_have_their_slopes_where_values_coincide(mode) -> None:
    matrix, step = np.diag([1.0, 1.0, 3.0]), STEP + STEP.T
    slope = np.sum(jacobian(spread, mode=mode)(matrix) * step)
    assert slope == pytest.approx(np.sum(np.exp([1.0, 1.0, 3.0]) * np.diag(step)))
    found = np.tensordot(jacobian(first_two, mode=mode)(matrix), step)
    expected = np.zeros((3, 3))
    expected[:2, 2] = expected[2, :2] = -step[:2, 2] / 2.0
    assert np.allclose(found, expected, atol=1e-14)
