"""What :mod:`scipy.stats` makes of the order of samples: flat, but for slopes between points."""

from __future__ import annotations

import numpy as np
from scipy import special

from chainrule.lift.library.spoken import unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def flat(*samples):
    """A statistic of ranks and its chance, which have no slope."""
    for sample in samples:
        if np.ndim(sample) != 1:
            unknown("ranks of an array of several axes")
    return 0.0, 0.0


def kendalltau(x, y, *, method="auto", variant="b", alternative="two-sided"):
    """Kendall's correlation of ranks."""
    return flat(x, y)


def spearmanr(a, b, alternative="two-sided"):
    """Spearman's correlation of ranks."""
    return flat(a, b)


def kruskal(*samples):
    """The test of Kruskal and Wallis."""
    return flat(*samples)


def friedmanchisquare(*samples):
    """Friedman's test."""
    return flat(*samples)


def mannwhitneyu(x, y, use_continuity=True, alternative="two-sided", method="auto"):
    """The test of Mann and Whitney."""
    return flat(x, y)


def wilcoxon(
    x, y=None, zero_method="wilcox", correction=False, alternative="two-sided", method="auto"
):
    """Wilcoxon's test of signed ranks."""
    return flat(x) if y is None else flat(x, y)


def theilslopes(y, x=None, alpha=0.95, method="separate"):
    """The middle of the slopes between all pairs of points, and the line through the middle."""
    y = np.asarray(y)
    x = np.arange(len(y)) + 0.0 if x is None else np.asarray(x) + 0.0
    across, up = x[:, np.newaxis] - x, y[:, np.newaxis] - y
    ahead = stop_gradient(across) > 0.0
    slopes = np.sort(up[ahead] / across[ahead])
    slope = np.median(slopes)
    if method == "joint":
        intercept = np.median(y - slope * x)
    else:
        intercept = np.median(y) - slope * np.median(x)
    if len(slopes) != len(y) * (len(y) - 1) // 2 or len(np.unique(stop_gradient(y))) != len(y):
        raise ArithmeticError("no slope is known of bounds of a slope where points are equal")
    n = len(y)
    below = special.ndtri(0.5 * (1.0 - alpha if alpha > 0.5 else alpha))
    spread = np.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
    count = len(slopes)
    upper = min(int(np.round(0.5 * (count - below * spread))), count - 1)
    lower = max(int(np.round(0.5 * (count + below * spread))) - 1, 0)
    return slope, intercept, slopes[lower], slopes[upper]


def ks_2samp(data1, data2, alternative="two-sided", method="auto"):
    """The test of Kolmogorov and Smirnov of two samples."""
    return flat(data1, data2)
