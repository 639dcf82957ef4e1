"""Solutions of systems that :mod:`scipy.sparse.linalg` finds step by step: those of the system."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import spsolve

from chainrule.lift.library.spoken import unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def solved(A, b):
    """The solution, and that it was found."""
    if hasattr(A, "matvec"):
        unknown("a system by an operator")
    if hasattr(A, "tocsc"):
        return spsolve(A.tocsc(), b), 0
    return np.linalg.solve(A, b), 0


def cg(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None):
    """By conjugate gradients."""
    return solved(A, b)


def bicg(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None):
    """By biconjugate gradients."""
    return solved(A, b)


def bicgstab(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None):
    """By stabilised biconjugate gradients."""
    return solved(A, b)


def cgs(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None):
    """By squared conjugate gradients."""
    return solved(A, b)


def gmres(A, b, x0=None, *, rtol=1e-05, atol=0.0, restart=None, maxiter=None, M=None):
    """By generalised minimal residuals."""
    return solved(A, b)


def lgmres(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=1000, M=None):
    """By generalised minimal residuals without a rest."""
    return solved(A, b)


def minres(A, b, x0=None, *, rtol=1e-05, shift=0.0, maxiter=None, M=None):
    """By minimal residuals."""
    if shift != 0.0:
        unknown("a system that is shifted")
    return solved(A, b)


def qmr(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None):
    """By quasi-minimal residuals."""
    return solved(A, b)


def tfqmr(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None):
    """By quasi-minimal residuals without the transposed matrix."""
    return solved(A, b)
