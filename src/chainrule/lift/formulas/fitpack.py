"""Splines of :mod:`scipy.interpolate` in FITPACK's representation: knots, coefficients, degree."""

from __future__ import annotations

import numpy as np
from scipy import interpolate

from chainrule.lift.library.spoken import fixed, unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def splrep(x, y, w=None, k=3, task=0, s=None, t=None, per=0):
    """The spline through points, or the closest one with given knots."""
    if w is not None or per or not (task == -1 or (task == 0 and s in (None, 0))):
        unknown("a spline that is smooth, or weighted: its knots move")
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    first, last = x[0] + np.zeros(k + 1), x[-1] + np.zeros(k + 1)
    if task == -1:
        inner = np.asarray(t) + 0.0
    elif k % 2 == 1:
        inner = x[(k + 1) // 2 : len(x) - (k + 1) // 2]
    else:
        middle = 0.5 * (x[1:] + x[:-1])
        inner = middle[k // 2 : len(x) - 1 - k // 2]
    knots = np.concatenate((first, inner, last))
    text = "_0_.design_matrix(_1_, _2_, _3_).toarray()"
    basis = fixed(2, "the places and knots of a spline", interpolate.BSpline, text, x, knots, k)
    if task == -1:
        found = np.linalg.solve(basis.T @ basis, basis.T @ y)
    else:
        found = np.linalg.solve(basis, y)
    return knots, np.concatenate((found, np.zeros(k + 1))), k


def splder(tck, n=1):
    """The slope of a spline."""
    t, c, k = tck
    for _ in range(n):
        widths = t[k + 1 : -1] - t[1 : -k - 1]
        c = np.concatenate(((c[1 : -1 - k] - c[: -2 - k]) * k / widths, np.zeros(k)))
        t, k = t[1:-1], k - 1
    return t, c, k


def splantider(tck, n=1):
    """The integral of a spline."""
    t, c, k = tck
    for _ in range(n):
        sums = np.cumsum(c[: -k - 1] * (t[k + 1 :] - t[: -k - 1])) / (k + 1)
        c = np.concatenate((np.zeros(1), sums, sums[-1] + np.zeros(k + 2)))
        t, k = np.concatenate((t[:1], t, t[-1:])), k + 1
    return t, c, k


def splint(a, b, tck):
    """The integral of a spline from place to place; beside its knots there is nothing."""
    t, c, k = splantider(tck)
    low, high = t[0], t[-1]
    ahead = interpolate.splev(np.minimum(np.maximum(b, low), high), (t, c, k))
    behind = interpolate.splev(np.minimum(np.maximum(a, low), high), (t, c, k))
    return ahead - behind
