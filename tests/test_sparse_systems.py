"""Sparse matrices that the function makes, also of what is differentiated by, and their systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import (
    coo_matrix,
    csr_matrix,
    diags,
    diags_array,
    eye,
    eye_array,
    hstack,
    identity,
    kron,
)
from scipy.sparse.linalg import expm_multiply, factorized, norm, splu, spsolve

from chainrule import ChainruleError, grad, hessian, jacobian, value_and_grad

N = 8
Y = np.array([1.0, 1.2, 0.9, 0.7, 0.65, 0.4, 0.3, 0.35])
L = diags([np.ones(N - 1), -2.0 * np.ones(N), np.ones(N - 1)], [-1, 0, 1], format="csr")
K = csr_matrix(np.arange(64.0).reshape(N, N) % 5)
LU = splu(L.tocsc())
SOLVE = factorized(L.tocsc())
ROWS, COLUMNS = np.array([0, 1, 2, 2]), np.array([1, 2, 0, 1])
P = np.array([0.83, 0.41, 0.57])


def smoothed(p):
    y = Y * p[1] + p[2]
    n = len(y)
    bent = diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(n - 2, n))
    return spsolve((eye(n) + p[0] * bent.T @ bent).tocsc(), y)


def implicit_steps(p):
    u = Y ** p[1]
    lu = splu((eye(N) - 0.5 * p[0] * L).tocsc())
    forward = eye(N) + 0.5 * p[0] * L
    for _ in range(4):
        u = lu.solve(forward @ u)
    return u


def conducting(p):
    k = np.exp(p[0] * Y)
    A = diags([-k[1:], k + k[0] + 2.0, -k[:-1]], [-1, 0, 1]).tocsc()
    return spsolve(A, Y * p[2])


def on_a_grid(p):
    D = diags([-np.ones(N), np.ones(N)], [0, 1], shape=(N - 1, N)).tocsr()
    k = np.linspace(1.0, 2.0, N - 1) ** p[0]
    return spsolve((D.T @ diags(k) @ D + identity(N) * p[1]).tocsc(), Y)


def by_newton(p):
    u = np.zeros(N)
    for _ in range(6):
        left = L @ u - p[0] * u**3 + Y * p[1]
        u = u - spsolve((L - diags(3.0 * p[0] * u**2)).tocsc(), left)
    return u


def of_entries(p):
    values = np.array([1.0, 2.0, 3.0, 4.0]) * p[0] ** 2
    A = coo_matrix((values, (ROWS, COLUMNS)), shape=(3, 3)).tocsr()
    return spsolve((A + identity(3)).tocsc(), p)


def far_diagonals(p):
    A = diags([Y * p[0], Y[:6] * p[1], Y[:5]], [0, 2, -3])
    return -A @ Y / p[2] + (A.T / 4.0).dot(Y) + diags([p[0], p[1]], [0, 1], shape=(N, N)) @ Y


def products(p):
    A = identity(N) + p[0] * L
    A += p[1] * K
    return (A @ A) @ Y + (A.T @ K - 2 * A).dot(Y) * p[1]


def of_arrays(p):
    A = eye_array(N) + p[0] * diags_array(np.arange(8.0), offsets=0)
    return A @ (Y * p[1]) + hstack([L, K]) @ np.concatenate([Y * p[0], Y])


def of_two_axes(p):
    T = diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(3, 3))
    A = kron(identity(3), T) + kron(T, identity(3))
    return spsolve((A + p[0] * identity(9)).tocsc(), np.arange(9.0) * p[1])


def of_columns(p):
    return spsolve((L - p[0] * identity(N)).tocsc(), np.outer(Y, p))


def factored_before(p):
    x = Y * p[0] + p[1]
    return LU.solve(x) + SOLVE(x * p[2]) + expm_multiply(L, x) + L.toarray() @ x


def prepared(p):
    solve = factorized((eye(N) - 0.5 * p[0] * L).tocsc())
    return solve(Y * p[1])


MADE = (
    smoothed, implicit_steps, conducting, on_a_grid, by_newton, of_entries, far_diagonals,
    products, of_arrays, of_two_axes, of_columns, factored_before, prepared,
)  # fmt: skip


def differences(f: Callable[[Any], Any], p: Any) -> Any:
    """The Jacobian by differences of two widths."""
    columns = []
    for step in np.eye(len(p)):
        wide, narrow = ((f(p + h * step) - f(p - h * step)) / (2.0 * h) for h in (2e-3, 1e-3))
        columns.append((4.0 * narrow - wide) / 3.0)
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", MADE, ids=lambda f: f.__name__)
def test_what_sparse_matrices_give_moves_with_their_entries(
    f: Callable[[Any], Any], mode: str
) -> None:
    assert jacobian(f, mode=mode)(P) == pytest.approx(differences(f, P), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("f", MADE, ids=lambda f: f.__name__)
def test_values_are_those_of_the_function_and_slopes_have_slopes(f: Callable[[Any], Any]) -> None:
    def squared(p):
        return np.sum(f(p) ** 2)

    value, _ = value_and_grad(squared)(P)
    assert value == squared(P)
    expected = differences(grad(squared, mode="reverse"), P)
    assert hessian(squared)(P) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_matrix_is_factored_once_and_serves_the_way_back() -> None:
    def total(p):
        return implicit_steps(p).sum()

    gradient = grad(total, mode="reverse")
    gradient(P)
    code = [line for line in gradient.source.splitlines() if "#" not in line]
    assert "".join(code).count("splu(") == 1
    assert 'lu.solve(u_bar, "T")' in gradient.source


def unknown_entries(p):
    return csr_matrix(np.outer(p, p), copy=True) @ p


def unknown_product(p):
    return (2.0 * csr_matrix(np.outer(p, p), copy=True)).dot(P)


def made_of_blocks(p):
    return kron(p[0] * identity(2), identity(4)) @ Y


def measured(p):
    return norm(p[0] * L)


def chosen(p):
    A = identity(N) + p[0] * L if p[0] > 0.5 else identity(N) - p[0] * L
    return A @ Y


def changed(p):
    A = identity(3, format="lil")
    A[0, 0] = p[0]
    return A @ p


def changed_in_place(p):
    A = p[0] * L
    A *= 2.0
    return A @ Y


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (unknown_entries, "how it depends on its entries|no derivative can flow"),
        (unknown_product, "how it depends on its entries|no derivative can flow"),
        (made_of_blocks, "used as a whole"),
        (measured, "used as a whole"),
        (chosen, "chosen at run time"),
        (changed, "`__setitem__` of a sparse matrix"),
        (changed_in_place, "changed in place"),
    ],
)
def test_a_matrix_of_which_too_little_is_known_is_refused(
    f: Callable[[Any], Any], words: str
) -> None:
    for mode in ("forward", "reverse"):
        with pytest.raises(ChainruleError, match=words):
            jacobian(f, mode=mode)(P)
