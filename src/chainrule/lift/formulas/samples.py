"""Means, spreads and likelihoods of samples of :mod:`scipy.stats`, in forms with options."""

from __future__ import annotations

import numpy as np

from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def iqr(x, axis=None, rng=(25, 75), scale=1.0, interpolation="linear"):
    """The distance between two quantiles."""
    x = np.asarray(x)
    low = np.percentile(x, rng[0], axis=axis, method=interpolation)
    high = np.percentile(x, rng[1], axis=axis, method=interpolation)
    # SciPy's "normal": two quartiles of the normal distribution.
    return (high - low) / (1.3489795003921634 if scale == "normal" else scale)


def trim_mean(a, proportiontocut, axis=0):
    """The mean of what is left where so many are cut off at both ends."""
    a = np.asarray(a)
    if axis is None:
        a, axis = a.ravel(), 0
    ordered = np.moveaxis(np.sort(a, axis=axis), axis, 0)
    cut = int(proportiontocut * len(ordered))
    return np.mean(ordered[cut : len(ordered) - cut], axis=0)


def inside(a, limits, inclusive):
    """Which of a sample are within limits."""
    fixed = stop_gradient(a)
    kept = np.ones(fixed.shape, dtype=bool)
    low, high = limits
    if low is not None:
        kept = kept & (fixed >= low if inclusive[0] else fixed > low)
    if high is not None:
        kept = kept & (fixed <= high if inclusive[1] else fixed < high)
    return kept


def cut_mean(a, kept, axis):
    """How many are kept, their mean, and the mean of their squared distances from it."""
    count = np.sum(kept, axis=axis, keepdims=True) + 0.0
    mean = np.sum(np.where(kept, a, 0.0), axis=axis, keepdims=True) / count
    gaps = np.where(kept, a - mean, 0.0)
    squares = np.sum(gaps * gaps, axis=axis)
    return np.sum(kept, axis=axis) + 0.0, np.sum(mean, axis=axis), squares


def tmean(a, limits=None, inclusive=(True, True), axis=None):
    """The mean of what is within limits."""
    a = np.asarray(a)
    if limits is None:
        return np.mean(a, axis=axis)
    return cut_mean(a, inside(a, limits, inclusive), axis)[1]


def tvar(a, limits=None, inclusive=(True, True), axis=0, ddof=1):
    """The variance of what is within limits."""
    a = np.asarray(a)
    if limits is None:
        return np.var(a, axis=axis, ddof=ddof)
    count, _, squares = cut_mean(a, inside(a, limits, inclusive), axis)
    return squares / (count - ddof)


def tstd(a, limits=None, inclusive=(True, True), axis=0, ddof=1):
    """The standard deviation of what is within limits."""
    return np.sqrt(tvar(a, limits, inclusive, axis, ddof))


def tsem(a, limits=None, inclusive=(True, True), axis=0, ddof=1):
    """The standard error of the mean of what is within limits."""
    a = np.asarray(a)
    if limits is None:
        n = a.size if axis is None else a.shape[axis]
        return np.sqrt(np.var(a, axis=axis, ddof=ddof) / n)
    count, _, squares = cut_mean(a, inside(a, limits, inclusive), axis)
    return np.sqrt(squares / (count - ddof) / count)


def weighted(a, weights, axis, keepdims):
    """The mean, with weights."""
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    weights = np.asarray(weights) + np.zeros_like(a)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / total


def gmean(a, axis=0, weights=None, keepdims=False):
    """The geometric mean."""
    return np.exp(weighted(np.log(np.asarray(a)), weights, axis, keepdims))


def hmean(a, axis=0, weights=None, keepdims=False):
    """The harmonic mean."""
    return 1.0 / weighted(1.0 / np.asarray(a), weights, axis, keepdims)


def pmean(a, p, axis=0, weights=None, keepdims=False):
    """The root of the mean of powers."""
    if p == 0:
        return gmean(a, axis=axis, weights=weights, keepdims=keepdims)
    return weighted(np.asarray(a) ** float(p), weights, axis, keepdims) ** (1.0 / p)


def boxcox_llf(lmb, data):
    """How likely data are that a power makes normal."""
    data = np.asarray(data)
    logarithms = np.log(data)
    spread = np.var(logarithms) if lmb == 0 else np.var(data**lmb / lmb)
    return (lmb - 1.0) * np.sum(logarithms) - 0.5 * len(data) * np.log(spread)


def yeojohnson(x, lmbda):
    """The powers of Yeo and Johnson."""
    x = np.asarray(x)
    positive = stop_gradient(x) >= 0.0
    above = np.where(positive, x, 0.0)
    below = np.where(positive, 0.0, -x)
    up, down = np.log1p(above), np.log1p(below)
    high = up if lmbda == 0 else np.expm1(lmbda * up) / lmbda
    low = -down if lmbda == 2 else -np.expm1((2.0 - lmbda) * down) / (2.0 - lmbda)
    return np.where(positive, high, low)


def yeojohnson_llf(lmb, data):
    """How likely data are that the powers of Yeo and Johnson make normal."""
    data = np.asarray(data)
    signs = np.sign(stop_gradient(data))
    logarithms = np.sum(signs * np.log1p(np.abs(data)))
    return -0.5 * len(data) * np.log(np.var(yeojohnson(data, lmb))) + (lmb - 1.0) * logarithms
