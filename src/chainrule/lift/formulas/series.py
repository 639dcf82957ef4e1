"""Orthogonal polynomials of :mod:`scipy.special` as objects that are called."""

from __future__ import annotations

import numpy as np
from scipy import special

from chainrule.lift.library.spoken import asked, made, told, unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Orthogonal:
    """``scipy.special.orthopoly1d``: a polynomial, with what SciPy has made."""

    def __init__(self, held, value):
        self.held = held
        self.value = value

    def __call__(self, x):
        return told(self.value(x), "_1_(_2_)", self.held, x)

    @property
    def coeffs(self):
        """The coefficients, that of the highest power first."""
        return asked(1, "_1_.coeffs", self.held)

    def deriv(self, m=1):
        """The slope."""
        return np.poly1d(self.coeffs).deriv(m)

    def integ(self, m=1, k=0):
        """The integral."""
        return np.poly1d(self.coeffs).integ(m, k)


def plain(maker, n, value, monic):
    """One of a family that has no parameters."""
    if monic:
        unknown("a polynomial that begins with 1")
    return Orthogonal(made(maker, "_0_(_1_)", n), value)


def legendre(n, monic=False):
    """Legendre's polynomial."""
    return plain(special.legendre, n, lambda x: special.eval_legendre(n, x), monic)


def chebyt(n, monic=False):
    """Chebyshev's polynomial of the first kind."""
    return plain(special.chebyt, n, lambda x: special.eval_chebyt(n, x), monic)


def chebyu(n, monic=False):
    """Chebyshev's polynomial of the second kind."""
    return plain(special.chebyu, n, lambda x: special.eval_chebyu(n, x), monic)


def hermite(n, monic=False):
    """Hermite's polynomial."""
    return plain(special.hermite, n, lambda x: special.eval_hermite(n, x), monic)


def hermitenorm(n, monic=False):
    """Hermite's polynomial of the normal distribution."""
    return plain(special.hermitenorm, n, lambda x: special.eval_hermitenorm(n, x), monic)


def laguerre(n, monic=False):
    """Laguerre's polynomial."""
    return plain(special.laguerre, n, lambda x: special.eval_laguerre(n, x), monic)


def genlaguerre(n, alpha, monic=False):
    """Laguerre's polynomial with a parameter."""
    if monic:
        unknown("a polynomial that begins with 1")
    held = made(special.genlaguerre, "_0_(_1_, _2_)", n, alpha)
    return Orthogonal(held, lambda x: special.eval_genlaguerre(n, alpha, x))


def gegenbauer(n, alpha, monic=False):
    """Gegenbauer's polynomial."""
    if monic:
        unknown("a polynomial that begins with 1")
    held = made(special.gegenbauer, "_0_(_1_, _2_)", n, alpha)
    return Orthogonal(held, lambda x: special.eval_gegenbauer(n, alpha, x))


def jacobi(n, alpha, beta, monic=False):
    """Jacobi's polynomial."""
    if monic:
        unknown("a polynomial that begins with 1")
    held = made(special.jacobi, "_0_(_1_, _2_, _3_)", n, alpha, beta)
    return Orthogonal(held, lambda x: special.eval_jacobi(n, alpha, beta, x))
