"""Derivatives through Cholesky factors that never form the adjoint of the factor."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from numpy.linalg import LinAlgError

from chainrule import ChainruleError, grad, hvp, jacobian
from tests import oracle
from tests.differences import along

RNG = np.random.default_rng(0)
Y = RNG.normal(size=5)
Z = RNG.normal(size=(5, 2))
A = RNG.normal(size=(5, 5))
S = A @ A.T + np.eye(5)


def likelihood(S: Any) -> Any:
    L = np.linalg.cholesky(S)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, Y))
    return 0.5 * Y @ alpha + np.sum(np.log(np.diag(L)))


def factor_and_solutions(S: Any) -> Any:
    L = np.linalg.cholesky(S)
    w = np.linalg.solve(L, Y)
    x = np.linalg.solve(L.T, w)
    return np.sum(np.sin(x)) + np.sum(np.diag(L) ** 2) + np.sum(L**3) + w @ w


def several_right_sides(S: Any) -> Any:
    L = np.linalg.cholesky(S)
    x = np.linalg.solve(L.T, np.linalg.solve(L, -2.0 * Z / 3.0))
    return np.sum(x**2) + np.prod(np.diagonal(L))


def gram_matrix(A: Any) -> Any:
    L = np.linalg.cholesky(A @ A.T + 3.0 * np.eye(5))
    x = np.linalg.solve(L.T, np.linalg.solve(L, A))
    return np.sum(x**2) + np.sum(np.diagonal(L) ** 3) + np.sum(L * A)


def kernel_of_points(X: Any) -> Any:
    gaps = X[:, np.newaxis] - X
    K = np.exp(-np.sum(gaps**2, axis=-1)) + 0.5 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    x = np.linalg.solve(L.T, np.linalg.solve(L, Y))
    return x @ x + np.sum(np.log(np.diag(L))) + np.sum(L)


def products_of_pairs(v: Any) -> Any:
    K = v[:, np.newaxis] * v[np.newaxis, :] + np.diag(v**2)
    L = np.linalg.cholesky(K)
    return Y @ np.linalg.solve(L.T, np.linalg.solve(L, v)) + np.sum(np.log(np.diag(L)))


def not_symmetric_by_itself(A: Any) -> Any:
    # The lower triangle alone is read.
    L = np.linalg.cholesky(A * 0.1 + 3.0 * np.eye(5))
    return Y @ np.linalg.solve(L.T, np.linalg.solve(L, Y)) + np.sum(np.log(np.diag(L)))


CASES = (
    (likelihood, S), (factor_and_solutions, S), (several_right_sides, S), (gram_matrix, A),
    (kernel_of_points, Z), (products_of_pairs, np.abs(Y) + 0.5), (not_symmetric_by_itself, A),
)  # fmt: skip


def differences(f: Callable[..., Any], x: Any) -> Any:
    """Central differences with Richardson's extrapolation."""
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        slopes = []
        for h in (2e-4, 1e-4):
            up, down = x.copy(), x.copy()
            up[place] += h
            down[place] -= h
            slopes.append((f(up) - f(down)) / (2.0 * h))
        found[place] = (4.0 * slopes[1] - slopes[0]) / 3.0
    return found


@pytest.mark.parametrize(("f", "x"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_cholesky_is_differentiated_through_what_is_made_of_it(f: Any, x: Any) -> None:
    expected = differences(f, x)
    assert np.allclose(grad(f)(x), expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("f", [likelihood, several_right_sides])
def test_second_derivatives_through_cholesky(f: Any) -> None:
    direction = RNG.normal(size=(5, 5))
    slope = grad(f)
    h = 1e-4
    steps = [(slope(S + k * direction) - slope(S - k * direction)) / (2 * k) for k in (2 * h, h)]
    expected = (4.0 * steps[1] - steps[0]) / 3.0
    _, found = hvp(f)(S, direction)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


def test_a_likelihood_needs_one_inverse_and_no_triangles() -> None:
    slope = grad(kernel_likelihood)
    slope(Z)
    code = ast.unparse(ast.parse(slope.source))  # type: ignore[attr-defined]
    assert code.count("linalg.inv") == 1
    assert "linalg.solve" not in code
    assert "tril" not in code


def kernel_likelihood(X: Any) -> Any:
    gaps = X[:, np.newaxis, :] - X[np.newaxis, :, :]
    L = np.linalg.cholesky(np.exp(-0.5 * np.sum(gaps**2, axis=2)) + 0.1 * np.eye(len(X)))
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, Y))
    return 0.5 * Y @ alpha + np.sum(np.log(np.diag(L)))


def test_the_inverse_of_f_solves_the_systems_of_its_derivative() -> None:
    def filtered(r: float, ys: Any, C: Any) -> Any:
        P, m, loglik = np.eye(2), np.zeros(2), 0.0
        for y in ys:
            S = C @ P @ C.T + r * np.eye(2)
            v = y - C @ m
            K = P @ C.T @ np.linalg.inv(S)
            m = m + K @ v
            P = P - K @ C @ P + 0.1 * np.eye(2)
            loglik = loglik - 0.5 * v @ np.linalg.solve(S, v)
        return loglik

    ys, C = np.array([[0.3, 0.1], [0.4, -0.2], [0.7, 0.5]]), np.array([[1.0, 0.3], [0.2, 1.0]])
    slope = grad(filtered, mode="reverse")
    verdict = oracle.derivative(filtered, (0.5, ys, C))
    assert oracle.agrees(verdict, float(slope(0.5, ys, C)))
    body = slope.source.split('"""')[2]
    assert "= np.linalg.solve" not in body and "identity_tape" not in body
    code = [line for line in body.splitlines() if "# line" not in line]
    assert sum("np.linalg.inv(" in line for line in code) == 1


SUMS = {
    "eigenvalues": (S, lambda m: np.linalg.eigh(m)[0].sum()),
    "eigenvectors": (S, lambda m: 2.5 * np.linalg.eigh(m)[1].sum() * m[0, 0]),
    "both": (S, lambda m: (lambda w, v: w.sum() + (v[0] ** 2).sum())(*np.linalg.eigh(m))),
    "eigenvalues of any matrix": (S, lambda m: np.linalg.eig(m)[0].real.sum()),
    "left singular vectors": (Z, lambda m: np.linalg.svd(m, full_matrices=False)[0].sum()),
    "all of svd": (
        Z,
        lambda m: (lambda u, s, v: u.mean() + s.sum() + v.sum())(
            *np.linalg.svd(m, full_matrices=False)
        ),
    ),
    "q": (Z, lambda m: np.linalg.qr(m)[0].sum()),
    "r": (Z, lambda m: np.linalg.qr(m)[1].mean()),
    "columns of q": (Z, lambda m: np.sum(np.sin(np.linalg.qr(m)[0].sum(axis=0)))),
    "rows of v": (S, lambda m: np.sum(np.sin(np.linalg.eigh(m)[1].mean(axis=1)))),
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_sums_of_results_feel_every_entry(name: str, mode: str) -> None:
    m, f = SUMS[name]
    expected = np.zeros_like(m)
    for place in np.ndindex(m.shape):
        step = np.zeros_like(m)
        step[place] = 1e-5
        near, far = f(m + step) - f(m - step), f(m + 2 * step) - f(m - 2 * step)
        expected[place] = (8 * near - far) / 12e-5
    np.testing.assert_allclose(grad(f, mode=mode)(m), expected, rtol=1e-6, atol=1e-7)


# Two matrices of two rows: what is taken for another axis fits all the same.
PAIR = np.array([[[2.0, 0.3], [0.4, 1.5]], [[1.2, -0.5], [0.7, 3.0]]])
RIGHT = np.array([[[1.0, 0.2], [-0.4, 0.6]], [[0.3, -1.1], [0.9, 0.5]]])


def positive(A: Any) -> Any:
    return A @ np.swapaxes(A, -1, -2) + np.eye(2)


BATCHES = {
    "one matrix": (lambda A, B: np.linalg.solve(A, B).sum(), PAIR[0], RIGHT),
    "one right side": (lambda A, B: np.linalg.solve(A, B).sum(), PAIR, RIGHT[:1]),
    "a longer batch": (lambda A, B: np.sum(np.linalg.solve(A, B) ** 2), PAIR, RIGHT[:, None]),
    "a factor": (
        lambda A, B: (lambda L: np.sum(np.linalg.solve(L.T, np.linalg.solve(L, B)) ** 2))(
            np.linalg.cholesky(positive(A))
        ),
        PAIR[0], RIGHT,
    ),
    "scipy": (lambda A, B: scipy.linalg.solve(A, B).sum(), PAIR, RIGHT),
    "positive": (
        lambda A, B: scipy.linalg.solve(positive(A), B, assume_a="pos").sum(), PAIR, RIGHT,
    ),
    "triangular": (
        lambda A, B: scipy.linalg.solve_triangular(A, B, lower=True).sum(), PAIR, RIGHT,
    ),
    "lu": (lambda A, B: scipy.linalg.lu_solve(scipy.linalg.lu_factor(A), B).sum(), PAIR, RIGHT),
    "cholesky": (
        lambda A, B: scipy.linalg.cho_solve(scipy.linalg.cho_factor(positive(A)), B).sum(),
        PAIR, RIGHT,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", BATCHES)
def test_each_system_of_a_batch_is_differentiated_by_itself(name: str, mode: str) -> None:
    f, A, B = BATCHES[name]
    try:
        f(A, B)
    except Exception as error:
        # LAPACK's wrappers have exceptions of their own.
        assert isinstance(error, (ValueError, LinAlgError)) or "flapack" in repr(type(error))
        pytest.skip("this version of SciPy solves single systems only")
    by_matrix, by_right_side = grad(f, wrt=("A", "B"), mode=mode)(A, B)
    np.testing.assert_allclose(by_matrix, differences(lambda m: f(m, B), A), rtol=1e-7, atol=1e-9)
    expected = differences(lambda b: f(A, b), B)
    np.testing.assert_allclose(by_right_side, expected, rtol=1e-7, atol=1e-9)


def test_fewer_axes_of_right_sides_than_of_matrices_are_refused() -> None:
    def ambiguous(A: Any, b: Any) -> Any:
        return np.linalg.solve(A, b).sum()

    with pytest.raises(ChainruleError, match=r"`numpy.linalg.solve` of an array with 3 axes"):
        grad(ambiguous)(PAIR, RIGHT[0])


OF_MATRICES = {
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "inv": lambda a: np.sum(np.linalg.inv(a)),
    "cholesky": lambda a: np.sum(np.linalg.cholesky(a)),
    "eigh": lambda a: np.sum(np.linalg.eigh(a)[0]),
    "eigvalsh": lambda a: np.sum(np.linalg.eigvalsh(a)),
}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", OF_MATRICES)
def test_what_takes_matrices_is_refused_a_number_and_a_vector_where_it_is_called(
    name: str, mode: str
) -> None:
    f = OF_MATRICES[name]
    for given, axes in ((2.0, "0 axes"), (np.array([1.0, 2.0]), "1 axis")):
        with pytest.raises(LinAlgError):
            f(given)
        with pytest.raises(ChainruleError, match=rf"`numpy.linalg.{name}` of an array with {axes}"):
            grad(f, mode=mode)(given)


def turned(A: Any, B: Any) -> Any:
    """The rotation that brings points closest to others: Kabsch's algorithm."""
    U, _, Vt = np.linalg.svd(A.T @ B)
    signs = np.diag(np.array([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))]))
    return np.sum((A @ (U @ signs @ Vt) - B) ** 3)


def turned_by_scipy(A: Any, B: Any) -> Any:
    U, s, Vt = scipy.linalg.svd(A.T @ B)
    return np.sum((A @ (U @ Vt) - B) ** 3) + s @ s


@pytest.mark.parametrize("f", [turned, turned_by_scipy])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_vectors_of_a_square_matrix_need_no_flag(f: Any, mode: str) -> None:
    rng = np.random.default_rng(5)
    A, B = rng.random((5, 3)), rng.random((5, 3))
    measured = oracle.gradient(f, (A, B)).values()
    assert all(map(oracle.agrees, measured, grad(f, mode=mode)(A, B).ravel()))


def superposition(A: Any, B: Any) -> Any:
    U, _, Vt = np.linalg.svd((A - A.mean(axis=0)).T @ (B - B.mean(axis=0)))
    return U @ np.diag([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))]) @ Vt


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_singular_value_of_a_square_matrix_may_be_zero(mode: str) -> None:
    """Three points span a plane only; the rotation that brings them to others is smooth."""
    draw = np.random.default_rng(3)
    A, B, direction = (draw.normal(size=(3, 3)) for _ in range(3))
    slopes = jacobian(superposition, mode=mode)(A, B)
    measured, noise = along(lambda h: superposition(A + h * direction, B))
    assert noise < 1e-6
    np.testing.assert_allclose(np.tensordot(slopes, direction, 2), measured, atol=1e-7)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_vectors_beyond_the_singular_values_are_refused_when_they_are_met(mode: str) -> None:
    def f(A: Any) -> Any:
        _, s, Vt = np.linalg.svd(A)
        return s @ s + Vt[0, 0]

    def of_values(A: Any) -> Any:
        _, s, _ = np.linalg.svd(A)
        return s @ s

    square, tall = PAIR[0], np.array([[1.0, 0.3], [0.2, -0.7], [0.4, 0.9]])
    measured = oracle.gradient(f, (square,)).values()
    assert all(map(oracle.agrees, measured, grad(f, mode=mode)(square).ravel()))
    with pytest.raises(ArithmeticError, match="full_matrices=False"):
        grad(f, mode=mode)(tall)
    np.testing.assert_allclose(grad(of_values, mode=mode)(tall), 2.0 * tall, rtol=1e-12)


def eigenvectors_by_scipy(m: Any) -> Any:
    v = scipy.linalg.eigh(m + m.T)[1]
    return v[0, 0] + 2.0 * v[1, 2] + v[2, 1] ** 3


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_eigenvectors_have_the_signs_that_scipy_gives_them(mode: str) -> None:
    """NumPy's are others: here the closed form with SciPy's own vectors is what is right."""
    rng = np.random.default_rng(0)
    for _ in range(4):
        m = rng.standard_normal((3, 3))
        w, v = scipy.linalg.eigh(m + m.T)
        expected = np.zeros((3, 3))
        for i, j in np.ndindex(3, 3):
            step = np.zeros((3, 3))
            step[i, j] = 1.0
            inner = v.T @ (step + step.T) @ v
            gaps = w[None] - w[:, None] + np.eye(3)
            dv = v @ (inner / gaps * (1.0 - np.eye(3)))
            expected[i, j] = dv[0, 0] + 2.0 * dv[1, 2] + 3.0 * v[2, 1] ** 2 * dv[2, 1]
        found = grad(eigenvectors_by_scipy, mode=mode)(m)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
