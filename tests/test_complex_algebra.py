"""Linear algebra of complex numbers: circuits, waves, quantum states, eigenvectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from chainrule import UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.slopes import check_against_oracle, check_product

WEIGHTS = np.array([[0.7 - 0.2j, 0.3 + 1.1j], [-0.4 + 0.5j, 0.9 + 0.1j]])


def matrix(a, b):
    return np.array([[a + 1j * b, 1.0 + 0.3j], [0.2j * a, 2.0 - a * b]])


def hermitian(a, b):
    return np.array([[a, b - 0.2j * a], [b + 0.2j * a, 1.5 - b]])


def weighed(x):
    return np.sum(WEIGHTS * x).real


def solution(a, b):
    return weighed(np.linalg.solve(matrix(a, b), np.array([[1.0, b], [1j, a]])))


def solution_of_vector(a, b):
    return np.abs(scipy.linalg.solve(matrix(a, b), np.array([1.0, 1j * b]))).sum()


def inverse(a, b):
    return weighed(np.linalg.inv(matrix(a, b))) + scipy.linalg.inv(matrix(b, a))[0, 1].imag


def determinant(a, b):
    return np.linalg.det(matrix(a, b)).imag + abs(scipy.linalg.det(matrix(b, a)))


def signed_logarithm(a, b):
    sign, size = np.linalg.slogdet(matrix(a, b))
    return size + sign.real + 2.0 * sign.imag


def triangular(a, b):
    m, side = matrix(a, b), np.array([a + 1.0j, b])
    plain = scipy.linalg.solve_triangular(m, side, lower=True)
    across = scipy.linalg.solve_triangular(m, side, trans="T")
    adjoined = scipy.linalg.solve_triangular(m, side, trans="C", lower=True)
    return np.sum(np.abs(plain) ** 2) + across.imag.sum() + (adjoined * side).real.sum()


def factored(a, b):
    lu, pivots = scipy.linalg.lu_factor(matrix(a, b))
    side = np.array([a + 1.0j, b])
    plain = scipy.linalg.lu_solve((lu, pivots), side)
    across = scipy.linalg.lu_solve((lu, pivots), side, trans=1)
    adjoined = scipy.linalg.lu_solve((lu, pivots), side, trans=2)
    return np.sum(np.abs(plain) ** 2) + across.imag.sum() + (adjoined * side).real.sum()


def exponential(a, b):
    return weighed(scipy.linalg.expm(-1j * b * hermitian(a, b)))


def products(a, b):
    m = matrix(a, b)
    v = m[0] * (1.0 + 2.0j)
    total = weighed(np.kron(v, v).reshape(2, 2)) + np.vdot(v, m[1]).imag + np.vdot(m, m.T).real
    return total + np.inner(v, m[1]).imag + weighed(np.tensordot(m, m, axes=1)) + np.trace(m).imag


def powers(a, b):
    m = matrix(a, b)
    triangles = np.tril(m) - 2.0j * np.triu(m, k=1)
    return weighed(np.linalg.matrix_power(m, 3)) + weighed(triangles @ triangles.conj().T)


def lengths(a, b):
    m = matrix(a, b)
    of_vectors = np.linalg.norm(m[0]) + np.linalg.norm(m[1], 1) + np.linalg.norm(m[0], np.inf)
    return of_vectors + np.linalg.norm(m, "fro") + np.linalg.norm(m, 1) + np.linalg.norm(m, "nuc")


def singular(a, b):
    return np.linalg.svd(matrix(a, b), compute_uv=False)[0] + np.linalg.cond(matrix(b, a))


def energies(a, b):
    return np.linalg.eigvalsh(hermitian(a, b))[0] + np.linalg.eigvalsh(hermitian(b, a), "U")[1]


def averages(a, b):
    m = matrix(a, b)
    return np.mean(m).imag + np.mean(m, axis=0)[1].real + np.mean(m * m).imag


def moved(a, b):
    v = np.array([a + 1j * b, b - 0.5j, 2.0 + a * b])
    logarithms = np.log10(v) + 1j * np.log2(v) - np.log1p(v) + np.expm1(v) * np.arctan(v)
    steps = np.diff(v)[1].imag + np.ediff1d(v)[0].imag + np.trapezoid(v, dx=0.1).imag
    weights = np.average(v, weights=np.array([1.0, 2.0, 3.0])).imag
    return logarithms.sum().imag + steps + weights + np.repeat(v, 2)[1].imag + np.take(v, 1).real


def general_values(a, b):
    found = np.linalg.eigvals(matrix(a, b))
    return np.abs(found).sum() + found.imag.max()


def stationary(a, b):
    values, vectors = np.linalg.eig(np.array([[1.0 - a, a], [b, 1.0 - b]]).T)
    main = np.real(vectors[:, np.argmin(np.abs(values - 1.0))])
    return (main / main.sum())[0] ** 2


def as_they_are_scaled(a, b):
    values, vectors = np.linalg.eig(np.array([[a, b, 0.1], [-0.9, 1.0, 0.2], [0.1, 0.4, 0.7]]))
    return weighed(vectors[:2, :2]) + values[0].real


def scaled_complex(a, b):
    values, vectors = scipy.linalg.eig(matrix(a, b))
    return weighed(vectors) + values[0].imag


def voigt(a, b):
    return scipy.special.wofz(np.array([0.3, a]) + 1j * b).real.sum()


EITHER = [
    solution, solution_of_vector, inverse, determinant, signed_logarithm, triangular, factored,
    exponential, products, powers, lengths, singular, energies, averages, moved, general_values,
    stationary, as_they_are_scaled, scaled_complex, voigt,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", EITHER, ids=lambda f: f.__name__)
def test_complex_algebra_is_differentiated(f: Any, mode: str) -> None:
    check_against_oracle(f, (0.3, 0.8), ("a", "b"), mode)


# Those of values whose first derivatives are made of vectors with a phase are not known.
TWICE = [f for f in EITHER if f not in (lengths, singular, energies)]


@pytest.mark.parametrize("f", TWICE, ids=lambda f: f.__name__)
def test_its_second_derivatives_are_those_of_its_gradient(f: Any) -> None:
    check_product(f, (0.3, 0.8), ("a", "b"), (0.6, -1.1), rel=1e-6)


def evolved(a, b):
    energies, states = np.linalg.eigh(hermitian(a, b))
    step = states @ np.diag(np.exp(-1j * energies * b)) @ states.conj().T
    return weighed(step) + (np.abs(states[0]) ** 2 * energies).sum()


def test_eigenvectors_of_hermitian_matrices_are_differentiated_where_no_phase_counts() -> None:
    point = (0.3, 0.8)
    value, gradient = value_and_grad(evolved, wrt=("a", "b"))(*point)
    assert value == evolved(*point)
    for k, slope in enumerate(gradient):
        assert oracle.agrees(oracle.derivative(evolved, point, wrt=k), slope)


def test_forward_mode_of_such_eigenvectors_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="vectors of a complex matrix"):
        grad(evolved, mode="forward")(0.3, 0.8)


def symmetric_system(a, b):
    return np.abs(scipy.linalg.solve(hermitian(a, b), np.array([1.0, a]), assume_a="her")).sum()


def test_complex_systems_of_which_one_triangle_is_read_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="assume_a"):
        grad(symmetric_system)(0.3, 0.8)


def of_phase(a, b):
    return np.linalg.eigh(hermitian(a, b))[1][1, 0].imag


def test_what_depends_on_the_phase_of_an_eigenvector_has_no_slope() -> None:
    with pytest.raises(ArithmeticError, match="phase of an eigenvector"):
        grad(of_phase, wrt=("a", "b"))(0.3, 0.8)
