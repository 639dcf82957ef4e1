"""How far samples of :mod:`scipy.stats` are from what is expected of them, and their ranks."""

from __future__ import annotations

import numpy as np
from scipy import stats

from chainrule.lift.library.spoken import fixed, made, places, unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def rankdata(a, method="average", axis=None):
    """Ranks, which are flat."""
    return np.zeros_like(stop_gradient(np.asarray(a) + 0.0))


def farthest(x, chances, alternative):
    """How far the steps of a sample are from chances at the places where they are taken."""
    n = len(x)
    above = np.max(np.arange(1.0, n + 1.0) / n - chances)
    below = np.max(chances - np.arange(0.0, n) / n)
    if alternative == "two-sided":
        far = np.maximum(above, below)
    elif alternative == "greater":
        far = above
    else:
        far = below
    return far, fixed(0, "the chance of a distance", stats.kstwo, "_0_.sf(_1_, _2_)", far, n)


def ks_1samp(x, cdf, args=(), alternative="two-sided"):
    """The test of Kolmogorov and Smirnov, by a distribution function."""
    ordered = np.sort(np.asarray(x) + 0.0)
    return farthest(ordered, cdf(ordered, *args), alternative)


def kstest(rvs, cdf, args=(), alternative="two-sided"):
    """The test of Kolmogorov and Smirnov, by the name of a distribution."""
    if not isinstance(cdf, str):
        unknown("a test of two samples, or by a function")
    ordered = np.sort(np.asarray(rvs) + 0.0)
    return farthest(ordered, getattr(stats, cdf).cdf(ordered, *args), alternative)


def binned_statistic(x, values, statistic="mean", bins=10, range=None):
    """Means, sums, counts or spreads of what falls into each bin."""
    if np.ndim(values) != 1 or statistic not in ("mean", "sum", "count", "std"):
        unknown("bins of several values, or of another statistic")
    text = "_0_(_1_, _2_, statistic=_3_, bins=_4_, range=_5_)"
    held = made(stats.binned_statistic, text, x, values, statistic, bins, range)
    bin = places(1, "_1_.binnumber", held)
    values = np.asarray(values) + 0.0
    size = places(0, "len(_1_.bin_edges)", held) + 1
    count = np.bincount(bin, minlength=size)[1:-1] + 0.0
    whole = "_0_(_1_, _1_, 'count', bins=_2_, range=_3_).bin_edges"
    edges = fixed(1, "edges of bins", stats.binned_statistic, whole, x, bins, range)
    if statistic == "count":
        return count, edges, bin
    sums = np.bincount(bin, weights=values, minlength=size)[1:-1]
    if statistic == "sum":
        return sums, edges, bin
    filled = np.where(count > 0.0, count, 1.0)
    if statistic == "mean":
        return np.where(count > 0.0, sums / filled, np.nan), edges, bin
    squares = np.bincount(bin, weights=values * values, minlength=size)[1:-1]
    spread = squares / filled - (sums / filled) ** 2
    moves = stop_gradient(spread) > 0.0
    return np.where(moves, np.sqrt(np.where(moves, spread, 1.0)), 0.0), edges, bin
