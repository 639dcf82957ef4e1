"""Linear programs and assignments of :mod:`scipy.optimize`, by the constraints that hold there.

Which these are is a selection; at a corner of what is allowed as many hold as there are unknowns.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from chainrule.lift.library.spoken import asked, made, places, told, unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class LinearProgram:
    """What ``scipy.optimize.linprog`` has found."""

    def __init__(self, held, x, fun):
        self.held = held
        self.x = told(x, "_1_.x", held)
        self.fun = told(fun, "_1_.fun", held)

    @property
    def success(self):
        """Whether a solution was found."""
        return places(0, "bool(_1_.success)", self.held) == 1

    @property
    def status(self):
        """How the search ended."""
        return places(0, "_1_.status", self.held)


def linprog(c, A_ub=None, b_ub=None, A_eq=None, b_eq=None, bounds=(0, None), method="highs"):
    """The least value of a linear function under linear constraints."""
    text = "_0_(_1_, A_ub=_2_, b_ub=_3_, A_eq=_4_, b_eq=_5_, bounds=_6_, method=_7_)"
    held = made(optimize.linprog, text, c, A_ub, b_ub, A_eq, b_eq, bounds, method)
    if places(0, "_1_.status", held) != 0:
        raise ArithmeticError("no solution was found: there is no derivative")
    c = np.asarray(c) + 0.0
    n = len(c)
    low_ends, high_ends = ends_of(bounds, n)
    at_low = asked(1, "_1_.lower.residual", held) < 1e-9
    at_high = (asked(1, "_1_.upper.residual", held) < 1e-9) & ~at_low
    unit = np.eye(n)
    rows = np.concatenate((unit[at_low], unit[at_high]))
    ends = np.concatenate((low_ends[at_low], high_ends[at_high]))
    if A_ub is not None:
        tight = asked(1, "_1_.slack", held) < 1e-9
        rows = np.concatenate(((np.asarray(A_ub) + 0.0)[tight], rows))
        ends = np.concatenate(((np.asarray(b_ub) + 0.0)[tight], ends))
    if A_eq is not None:
        rows = np.concatenate((np.asarray(A_eq) + 0.0, rows))
        ends = np.concatenate((np.asarray(b_eq) + 0.0, ends))
    if len(ends) != n:
        raise ArithmeticError("the solution is at no plain corner: there is no derivative")
    x = np.linalg.solve(rows, ends)
    return LinearProgram(held, x, c @ x)


def ends_of(bounds, n):
    """The lower and the upper bounds, one for each unknown."""
    if np.ndim(bounds) > 1 and not isinstance(bounds, (list, tuple)):
        unknown("bounds in an array")
    if len(bounds) == 2 and not isinstance(bounds[0], (list, tuple)):
        low, high = bounds
        first = np.zeros(n) + (0.0 if low is None else low)
        return first, np.zeros(n) + (0.0 if high is None else high)
    lows = [0.0 if pair[0] is None else 1.0 * pair[0] for pair in bounds]
    highs = [0.0 if pair[1] is None else 1.0 * pair[1] for pair in bounds]
    return np.array(lows), np.array(highs)


class LeastSquares:
    """What ``scipy.optimize.lsq_linear`` has found."""

    def __init__(self, held, x, residuals):
        self.held = held
        self.x = told(x, "_1_.x", held)
        self.fun = told(residuals, "_1_.fun", held)
        self.cost = told(0.5 * np.sum(residuals**2), "_1_.cost", held)

    @property
    def status(self):
        """How the search ended."""
        return places(0, "_1_.status", self.held)


def lsq_linear(A, b, bounds=(-np.inf, np.inf)):
    """The closest solution between bounds; what is at a bound stays there."""
    held = made(optimize.lsq_linear, "_0_(_1_, _2_, bounds=_3_)", A, b, bounds)
    A, b = np.asarray(A) + 0.0, np.asarray(b) + 0.0
    free = asked(1, "_1_.active_mask.astype(float)", held) == 0.0
    start = np.where(free, 0.0, asked(1, "_1_.x", held))
    found = np.linalg.lstsq(A[:, free], b - A @ start, rcond=None)[0]
    start[free] = found
    return LeastSquares(held, start, A @ start - b)


class Isotonic:
    """What ``scipy.optimize.isotonic_regression`` has found."""

    def __init__(self, held, x):
        self.held = held
        self.x = told(x, "_1_.x", held)

    @property
    def blocks(self):
        """Where the steps begin and end."""
        return places(1, "_1_.blocks", self.held)


def isotonic_regression(y, *, weights=None, increasing=True):
    """The closest numbers in order: the means of blocks."""
    text = "_0_(_1_, weights=_2_, increasing=_3_)"
    held = made(optimize.isotonic_regression, text, y, weights, increasing)
    y = np.asarray(y) + 0.0
    shares = np.ones(len(y)) if weights is None else np.asarray(weights) + 0.0
    block = places(1, "np.repeat(np.arange(len(_1_.blocks) - 1), np.diff(_1_.blocks))", held)
    means = np.bincount(block, weights=shares * y) / np.bincount(block, weights=shares)
    return Isotonic(held, means[block])


def linear_sum_assignment(cost_matrix, maximize=False):
    """Which column is given to which row: a selection."""
    held = made(optimize.linear_sum_assignment, "_0_(_1_, _2_)", cost_matrix, maximize)
    return places(1, "_1_[0]", held), places(1, "_1_[1]", held)
