"""Products with sparse matrices that exist outside of the function."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from chainrule import UnsupportedError, grad, value_and_grad

ROWS = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [4.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
A = sparse.csr_matrix(ROWS)
BAND = sparse.diags([[1.0, 2.0, 3.0], [0.5, 0.5]], [0, 1])
B = sparse.csr_array(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]))
X = np.array([0.3, 1.2, -0.7])
Y = np.array([1.0, 2.0, 3.0, 4.0])
M = np.arange(6.0).reshape(3, 2) ** 0.5


class Springs:
    def __init__(self):
        self.stiffness = BAND.tocsr()

    def energy(self, u):
        return 0.5 * u @ (self.stiffness @ u)


SPRINGS = Springs()


def residual(x):
    r = A @ x - Y
    return 0.5 * (r @ r)


def normal(x):
    return x @ (A.T @ (A @ x)) + (B @ x).sum() + A.dot(x).prod()


def from_the_left(x):
    return (Y * (A @ x)) @ A @ x


def of_a_method(x):
    return SPRINGS.energy(x * x)


def in_steps(x):
    for _ in range(5):
        x = x + 0.1 * x[0] * (BAND @ x)
    return x @ x


def of_columns(x):
    return ((A @ (M * x[0])) ** 2).sum()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [residual, normal, from_the_left, of_a_method, in_steps, of_columns])
def test_a_product_with_a_sparse_matrix_has_the_slopes_of_the_dense_one(f, mode):
    value, gradient = value_and_grad(f, mode=mode)(X)
    assert value == f(X)
    for k in range(3):
        h = 1e-200j * np.eye(3)[k]
        assert gradient[k] == pytest.approx(f(X + h).imag * 1e200, rel=1e-12)


def test_the_transposed_matrix_takes_the_adjoint_back():
    source = grad(residual, mode="reverse")
    source(X)
    assert "A.T @ " in source.source


def test_a_sparse_matrix_that_is_an_argument_is_refused():
    with pytest.raises(UnsupportedError, match="sparse matrix that is an argument"):
        grad(lambda x, a: (a @ x).sum())(X, A)
