"""Functions of a matrix: where they are complex, and their derivatives of second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import logm, sqrtm

from chainrule import grad, hessian
from tests import oracle

POINT = np.array([[2.0, 0.3], [0.1, 1.5]])


def root(x):
    return np.trace(sqrtm(x) @ x)


def logarithm(x):
    return np.sum(logm(x) ** 2)


@pytest.mark.parametrize("function", [root, logarithm])
def test_bends_of_functions_of_a_matrix_are_the_oracles(function: Any) -> None:
    bends = hessian(function)(POINT)
    slope = grad(function)
    for row in range(2):
        entry = lambda x, row=row: float(slope(x)[row, 0])  # noqa: E731
        verdict = oracle.derivative(entry, (POINT,), path=((0, 1),))
        assert oracle.agrees(verdict, float(bends[row, 0, 0, 1])), verdict


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("function", [root, logarithm])
def test_a_function_of_a_matrix_that_is_complex_has_no_slope(function: Any, mode: str) -> None:
    with pytest.raises(ArithmeticError, match="is complex"):
        grad(function, mode=mode)(np.array([[-1.0, 0.2], [0.1, 2.0]]))
