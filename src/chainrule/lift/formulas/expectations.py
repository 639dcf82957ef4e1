"""Expectations of :mod:`scipy.stats`, written as SciPy computes them.

Where a support has no end, its end does not move; and where an integral is taken in pieces, it does
not matter where they meet.
"""

from __future__ import annotations

import numpy as np
from scipy import integrate, stats

from chainrule.lift.library.spoken import settled
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def has_plain_support(distribution):
    """Whether a distribution has one support whatever its parameters are."""
    return type(distribution)._get_support is stats.rv_continuous._get_support


def goes_down(distribution):
    """Whether a distribution is known to have no lower end."""
    return has_plain_support(distribution) and distribution.a == -np.inf


def goes_up(distribution):
    """Whether a distribution is known to have no upper end."""
    return has_plain_support(distribution) and distribution.b == np.inf


def expect(self, func=None, args=(), loc=0, scale=1, lb=None, ub=None, conditional=False):
    """The mean of a function of what is drawn."""
    _a, _b = self._get_support(*args)

    def fun(x):
        if func is None:
            return x * self.pdf(x, *args, loc=loc, scale=scale)
        return func(x) * self.pdf(x, *args, loc=loc, scale=scale)

    low = stop_gradient(loc + _a * scale if lb is None else lb)
    high = stop_gradient(loc + _b * scale if ub is None else ub)
    bounds = self.cdf([low, high], *args, loc=loc, scale=scale)
    share = bounds[1] - bounds[0]
    inner = bounds[0] + share * np.array([0.05, 1 - 0.05])
    c, d = stop_gradient(loc + self._ppf(inner, *args) * scale)
    if lb is None and settled(goes_down, self):
        behind = integrate.quad(fun, -np.inf, c)[0]
    else:
        behind = integrate.quad(fun, loc + _a * scale if lb is None else lb, c)[0]
    between = integrate.quad(fun, c, d)[0]
    if ub is None and settled(goes_up, self):
        ahead = integrate.quad(fun, d, np.inf)[0]
    else:
        ahead = integrate.quad(fun, d, loc + _b * scale if ub is None else ub)[0]
    vals = behind + between + ahead
    if conditional:
        if lb is None and ub is None:
            return vals / stop_gradient(share)
        first = 0.0 if lb is None else self.cdf(lb, *args, loc=loc, scale=scale)
        last = 1.0 if ub is None else self.cdf(ub, *args, loc=loc, scale=scale)
        return vals / (last - first)
    return vals
