"""Polynomials of NumPy as objects, as classes that are lifted like the user's own.

Leading zeros, which NumPy drops, are kept where no value tells, and taken off where coefficients
are asked for.
"""

from __future__ import annotations

import numpy as np

from chainrule.lift.library.object_sets import IN_PLACE_OF

# The methods below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,has-type,attr-defined"


def without_first(held):
    """Coefficients without the zeros in front; one stays."""
    first = 0
    while first < len(held) - 1 and held[first] == 0:
        first += 1
    return held[first:]


def without_last(held):
    """Coefficients without the zeros at the end; one stays."""
    count = len(held)
    while count > 1 and held[count - 1] == 0:
        count -= 1
    return held[:count]


def same(first, second):
    """Whether the coefficients are as many, and equal."""
    return len(first) == len(second) and bool(np.all(first == second))


class Descending:
    """``np.poly1d`` of coefficients, that of the highest power first."""

    def __init__(self, c_or_r):
        self.held = c_or_r.held if isinstance(c_or_r, np.poly1d) else np.atleast_1d(c_or_r)

    def __call__(self, val):
        return np.polyval(self.held, val)

    @property
    def coeffs(self):
        """The coefficients, that of the highest power first."""
        return without_first(self.held)

    c = coef = coefficients = coeffs

    @property
    def order(self):
        """The highest power."""
        return len(self.coeffs) - 1

    o = order

    @property
    def roots(self):
        """Where it is 0."""
        return np.roots(self.held)

    r = roots

    def __len__(self):
        return self.order

    def __eq__(self, other):
        return same(self.coeffs, other.coeffs)

    def __pow__(self, n):
        held = np.ones(1)
        for _ in range(n):
            held = np.convolve(held, self.held)
        return Descending(held)

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

    def __init__(self, coef, trimmed=False):
        self.held = np.atleast_1d(coef)
        # What is reckoned with loses the zeros at its end.
        self.trimmed = trimmed

    def __call__(self, arg):
        return np.polynomial.polynomial.polyval(arg, self.held)

    @property
    def coef(self):
        """The coefficients, that of the constant first."""
        return without_last(self.held) if self.trimmed else self.held

    def degree(self):
        """The highest power."""
        return len(self.coef) - 1

    def convert(self):
        """Itself, of the variable itself."""
        return Ascending(self.held)

    def __len__(self):
        return len(self.coef)

    def __pow__(self, n):
        held = np.ones(1)
        for _ in range(n):
            held = np.convolve(held, self.held)
        return Ascending(held, True)

    def __eq__(self, other):
        return same(self.coef, other.coef)

    def deriv(self, m=1):
        """The slope."""
        held = self.held
        for _ in range(m):
            held = held[1:] * np.arange(1, len(held))
        return Ascending(held)

    def integ(self, m=1, k=0.0):
        """The integral from 0, and a constant."""
        held = self.held
        for _ in range(m):
            held = np.append(1.0 * k, held / np.arange(1, len(held) + 1))
        return Ascending(held, self.trimmed)

    def __neg__(self):
        return Ascending(-self.held, self.trimmed)

    def __add__(self, other):
        other = other if isinstance(other, np.polynomial.Polynomial) else Ascending(other)
        more = len(other.held) - len(self.held)
        if more > 0:
            return Ascending(np.append(self.held, np.zeros(more)) + other.held, True)
        return Ascending(self.held + np.append(other.held, np.zeros(-more)), True)

    __radd__ = __add__

    def __sub__(self, other):
        other = other if isinstance(other, np.polynomial.Polynomial) else Ascending(other)
        return self + -other

    def __rsub__(self, other):
        return Ascending(other) - self

    def __mul__(self, other):
        if isinstance(other, np.polynomial.Polynomial):
            return Ascending(np.convolve(self.held, other.held), True)
        return Ascending(self.held * other, True)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return Ascending(self.held / other, True)


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

    def degree(self):
        """The highest power."""
        return len(self.coef) - 1

    def convert(self):
        """The polynomial of the variable itself, by Horner's rule."""
        inner = np.array([self.shift, self.scale])
        held = self.coef[-1:]
        for k in range(2, len(self.coef) + 1):
            moved = np.convolve(held, inner)
            held = np.append(self.coef[-k] + moved[0], moved[1:])
        return Ascending(held, True)


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
