"""Polynomials of NumPy as objects, as classes that are lifted like the user's own.

Leading zeros, which NumPy drops, are kept: no value tells, and what would tell asks for attributes
that there are not, which is refused.
"""

from __future__ import annotations

import numpy as np

from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,has-type,attr-defined"


class Descending:
    """``np.poly1d`` of coefficients, that of the highest power first."""

    def __init__(self, c_or_r):
        self.held = c_or_r.held if isinstance(c_or_r, np.poly1d) else np.atleast_1d(c_or_r)

    def __call__(self, val):
        return np.polyval(self.held, val)

    def __len__(self):
        return self.order

    def __eq__(self, other):
        return self.coeffs == other

    def deriv(self, m=1):
        """The slope."""
        held = self.held
        for _ in range(m):
            held = held[:-1] * np.arange(len(held) - 1, 0, -1)
        return Descending(held)

    def integ(self, m=1, k=0):
        """The integral from 0, and a constant."""
        held = self.held
        for _ in range(m):
            held = np.append(held / np.arange(len(held), 0, -1), k)
        return Descending(held)

    def __neg__(self):
        return Descending(-self.held)

    def __add__(self, other):
        other = other if isinstance(other, np.poly1d) else Descending(other)
        more = len(other.held) - len(self.held)
        if more > 0:
            return Descending(np.append(np.zeros(more), self.held) + other.held)
        return Descending(self.held + np.append(np.zeros(-more), other.held))

    __radd__ = __add__

    def __sub__(self, other):
        other = other if isinstance(other, np.poly1d) else Descending(other)
        return self + -other

    def __rsub__(self, other):
        return Descending(other) - self

    def __mul__(self, other):
        if isinstance(other, np.poly1d):
            return Descending(np.convolve(self.held, other.held))
        return Descending(self.held * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return Descending(self.held / other)


def fit(vander_f, x, y, deg, rcond=None, full=False, w=None):
    """``polyutils._fit``: a series by least squares, its columns scaled."""
    if full:
        raise ValueError("the residuals of a fit are not understood: take the coefficients alone")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    columns, values = vander_f(x, deg).T, y.T
    if w is not None:
        weights = np.asarray(w) + 0.0
        columns, values = columns * weights, values * weights
    lengths = np.sqrt(np.square(columns).sum(1))
    lengths = np.where(lengths == 0, 1.0, lengths)
    found = np.linalg.lstsq(columns.T / lengths, values.T, rcond=rcond)[0]
    return (found.T / lengths).T


class Ascending:
    """``np.polynomial.Polynomial`` of coefficients, that of the constant first."""

    def __init__(self, coef):
        self.held = np.atleast_1d(coef)

    def __call__(self, arg):
        return np.polynomial.polynomial.polyval(arg, self.held)

    def __len__(self):
        return self.coef

    def __eq__(self, other):
        return self.coef == other

    def deriv(self, m=1):
        """The slope."""
        held = self.held
        for _ in range(m):
            held = held[1:] * np.arange(1, len(held))
        return Ascending(held)

    def integ(self, m=1):
        """The integral from 0."""
        held = self.held
        for _ in range(m):
            held = np.append(0.0, held / np.arange(1, len(held) + 1))
        return Ascending(held)

    def __neg__(self):
        return Ascending(-self.held)

    def __add__(self, other):
        other = other if isinstance(other, np.polynomial.Polynomial) else Ascending(other)
        more = len(other.held) - len(self.held)
        if more > 0:
            return Ascending(np.append(self.held, np.zeros(more)) + other.held)
        return Ascending(self.held + np.append(other.held, np.zeros(-more)))

    __radd__ = __add__

    def __sub__(self, other):
        other = other if isinstance(other, np.polynomial.Polynomial) else Ascending(other)
        return self + -other

    def __rsub__(self, other):
        return Ascending(other) - self

    def __mul__(self, other):
        if isinstance(other, np.polynomial.Polynomial):
            return Ascending(np.convolve(self.held, other.held))
        return Ascending(self.held * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return Ascending(self.held / other)


class Mapped:
    """A polynomial of what an interval is mapped to."""

    def __init__(self, coef, shift, scale):
        self.coef = coef
        self.shift = shift
        self.scale = scale

    def __call__(self, arg):
        return np.polynomial.polynomial.polyval(self.shift + self.scale * arg, self.coef)

    def deriv(self, m=1):
        """The slope."""
        held = self.coef
        for _ in range(m):
            held = held[1:] * self.scale * np.arange(1, len(held))
        return Mapped(held, self.shift, self.scale)


def series(coef, domain=None, window=None, symbol="x"):
    """``np.polynomial.Polynomial``, of the variable itself or of what an interval is mapped to."""
    if domain is None:
        return Ascending(coef)
    left, right = (-1.0, 1.0) if window is None else window
    length = domain[1] - domain[0]
    shift = (domain[1] * left - domain[0] * right) / length
    return Mapped(np.atleast_1d(coef), shift, (right - left) / length)


IN_PLACE_OF[Mapped] = np.polynomial.Polynomial
IN_PLACE_OF[Descending] = np.poly1d
IN_PLACE_OF[Ascending] = np.polynomial.Polynomial
