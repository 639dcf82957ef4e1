"""Powers of matrices of :mod:`scipy.linalg` that are no whole ones."""

from __future__ import annotations

import scipy.linalg

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def fractional_matrix_power(A, t):
    """The power of a matrix."""
    return scipy.linalg.expm(t * scipy.linalg.logm(A))
