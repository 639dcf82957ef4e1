"""How far samples of :mod:`scipy.stats` are from what is expected of them, and their ranks."""

from __future__ import annotations

import numpy as np
from scipy import stats

from chainrule.lift.library.spoken import fixed, unknown
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
