"""Tests of hypotheses of :mod:`scipy.stats`: what they measure, and the chance of that."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from chainrule.lift.library.spoken import unknown
from chainrule.markers import stop_gradient

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def by_student(t, df, alternative):
    """The chance of what lies further out, by Student's distribution."""
    if alternative == "less":
        return special.stdtr(df, t)
    if alternative == "greater":
        return special.stdtr(df, -t)
    return 2.0 * special.stdtr(df, -np.abs(t))


def by_normal(z, alternative="two-sided"):
    """The chance of what lies further out, by the normal distribution."""
    if alternative == "less":
        return special.ndtr(z)
    if alternative == "greater":
        return special.ndtr(-z)
    return 2.0 * special.ndtr(-np.abs(z))


def ttest_1samp(a, popmean, axis=0, alternative="two-sided"):
    """Student's test of a mean."""
    a = np.asarray(a)
    n = a.size if axis is None else a.shape[axis]
    t = (np.mean(a, axis=axis) - popmean) / np.sqrt(np.var(a, axis=axis, ddof=1) / n)
    return t, by_student(t, n - 1.0, alternative)


def ttest_rel(a, b, axis=0, alternative="two-sided"):
    """Student's test of differences."""
    return ttest_1samp(np.asarray(a) - np.asarray(b), 0.0, axis=axis, alternative=alternative)


def of_moments(gap, v1, n1, v2, n2, equal_var, alternative):
    """Student's or Welch's test of a difference of two means, by the variances."""
    if equal_var:
        df = n1 + n2 - 2.0
        spread = ((n1 - 1.0) * v1 + (n2 - 1.0) * v2) / df * (1.0 / n1 + 1.0 / n2)
    else:
        a, b = v1 / n1, v2 / n2
        df = (a + b) ** 2 / (a * a / (n1 - 1.0) + b * b / (n2 - 1.0))
        spread = a + b
    t = gap / np.sqrt(spread)
    return t, by_student(t, df, alternative)


def ttest_ind(a, b, *, axis=0, equal_var=True, alternative="two-sided"):
    """Student's or Welch's test of two samples."""
    a, b = np.asarray(a), np.asarray(b)
    n1 = a.size if axis is None else a.shape[axis]
    n2 = b.size if axis is None else b.shape[axis]
    v1, v2 = np.var(a, axis=axis, ddof=1), np.var(b, axis=axis, ddof=1)
    gap = np.mean(a, axis=axis) - np.mean(b, axis=axis)
    return of_moments(gap, v1, 1.0 * n1, v2, 1.0 * n2, equal_var, alternative)


def ttest_ind_from_stats(
    mean1, std1, nobs1, mean2, std2, nobs2, equal_var=True, alternative="two-sided"
):
    """Student's or Welch's test by what is known of two samples."""
    v1, v2 = std1 * std1, std2 * std2
    return of_moments(mean1 - mean2, v1, 1.0 * nobs1, v2, 1.0 * nobs2, equal_var, alternative)


def f_oneway(*samples):
    """The variance between samples, by that within them."""
    count = len(samples)
    total, size = 0.0, 0.0
    for sample in samples:
        total = total + np.sum(np.asarray(sample))
        size = size + len(sample)
    centre = total / size
    between, within = 0.0, 0.0
    for sample in samples:
        sample = np.asarray(sample)
        middle = np.mean(sample)
        between = between + len(sample) * (middle - centre) ** 2
        within = within + np.sum((sample - middle) ** 2)
    ratio = between / (count - 1.0) / (within / (size - count))
    return ratio, special.fdtrc(count - 1.0, size - count, ratio)


def power_divergence(f_obs, f_exp=None, ddof=0, axis=0, lambda_=None):
    """How far frequencies are from what is expected."""
    f_obs = np.asarray(f_obs)
    power = {"pearson": 1.0, "log-likelihood": 0.0, "neyman": -2.0}.get(lambda_, lambda_)
    power = {"freeman-tukey": -0.5, "mod-log-likelihood": -1.0, "cressie-read": 2.0 / 3.0}.get(
        power, power
    )
    if f_exp is None:
        expected = np.mean(f_obs, axis=axis, keepdims=True) + 0.0 * f_obs
    else:
        expected = np.asarray(f_exp) + 0.0 * f_obs
    if power is None or power == 1.0:
        terms = (f_obs - expected) ** 2 / expected
    elif power == 0.0:
        terms = 2.0 * special.rel_entr(f_obs, expected)
    elif power == -1.0:
        terms = 2.0 * special.rel_entr(expected, f_obs)
    else:
        terms = f_obs * ((f_obs / expected) ** power - 1.0) / (0.5 * power * (power + 1.0))
    statistic = np.sum(terms, axis=axis)
    n = f_obs.size if axis is None else f_obs.shape[axis]
    return statistic, special.chdtrc(n - 1.0 - ddof, statistic)


def chisquare(f_obs, f_exp=None, ddof=0, axis=0):
    """Pearson's test of frequencies."""
    return power_divergence(f_obs, f_exp=f_exp, ddof=ddof, axis=axis)


def chi2_contingency(observed, correction=True, lambda_=None):
    """The test of independence of the rows and columns of a table."""
    table = np.asarray(observed) + 0.0
    if table.ndim != 2:
        unknown("a table of other than two axes")
    expected = np.sum(table, axis=1, keepdims=True) * np.sum(table, axis=0) / np.sum(table)
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    if correction and df == 1:
        gap = expected - table
        size = np.abs(stop_gradient(gap))
        table = table + np.where(size < 0.5, gap, 0.5 * np.sign(stop_gradient(gap)))
    statistic, _ = power_divergence(table, expected, axis=None, lambda_=lambda_)
    # Corrected as far as to nothing it stays nothing.
    moves = stop_gradient(statistic) > 0.0
    chance = special.chdtrc(1.0 * df, np.where(moves, statistic, 1.0))
    return statistic, np.where(moves, chance, 1.0), df, expected


def combine_pvalues(pvalues, method="fisher", weights=None):
    """Several chances of one hypothesis, taken together."""
    p = np.asarray(pvalues) + 0.0
    if method == "fisher":
        statistic = -2.0 * np.sum(np.log(p))
        return statistic, special.chdtrc(2.0 * len(p), statistic)
    if method != "stouffer":
        unknown("chances that are taken together in another way")
    shares = np.ones(len(p)) if weights is None else np.asarray(weights) + 0.0
    statistic = np.sum(shares * -special.ndtri(p)) / np.sqrt(np.sum(shares * shares))
    return statistic, special.ndtr(-statistic)


def bartlett(*samples):
    """Bartlett's test of equal variances."""
    count = len(samples)
    size, pooled, logarithms, inverses = 0.0, 0.0, 0.0, 0.0
    for sample in samples:
        sample = np.asarray(sample)
        n = len(sample) - 1.0
        spread = np.var(sample, ddof=1)
        size = size + n
        pooled = pooled + n * spread
        logarithms = logarithms + n * np.log(spread)
        inverses = inverses + 1.0 / n
    correction = 1.0 + (inverses - 1.0 / size) / (3.0 * (count - 1.0))
    statistic = (size * np.log(pooled / size) - logarithms) / correction
    return statistic, special.chdtrc(count - 1.0, statistic)


def levene(*samples, center="median"):
    """Levene's test of equal variances: that of the means of distances from the middle."""
    gaps = []
    for sample in samples:
        sample = np.asarray(sample)
        gaps.append(np.abs(sample - (np.mean(sample) if center == "mean" else np.median(sample))))
    return f_oneway(*gaps)


def shape_of(a, axis):
    """How many there are, their skewness and their kurtosis."""
    gaps = a - np.mean(a, axis=axis, keepdims=True)
    spread = np.mean(gaps**2, axis=axis)
    n = a.size if axis is None else a.shape[axis]
    skewness = np.mean(gaps**3, axis=axis) / spread**1.5
    return 1.0 * n, skewness, np.mean(gaps**4, axis=axis) / spread**2


def jarque_bera(x, *, axis=None):
    """The test of Jarque and Bera of a normal sample."""
    n, skewness, kurtosis = shape_of(np.asarray(x), axis)
    statistic = n / 6.0 * (skewness**2 + 0.25 * (kurtosis - 3.0) ** 2)
    return statistic, special.chdtrc(2.0, statistic)


def of_skewness(n, skewness):
    """Skewness as a normal deviate (D'Agostino, 1970)."""
    y = skewness * math.sqrt((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0)))
    beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
    beta = beta / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0))
    w2 = math.sqrt(2.0 * (beta - 1.0)) - 1.0
    alpha = math.sqrt(2.0 / (w2 - 1.0))
    return np.arcsinh(y / alpha) / math.sqrt(0.5 * math.log(w2))


def of_kurtosis(n, kurtosis):
    """Kurtosis as a normal deviate (Anscombe and Glynn, 1983)."""
    mean = 3.0 * (n - 1.0) / (n + 1.0)
    variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) ** 2 * (n + 3.0) * (n + 5.0))
    x = (kurtosis - mean) / math.sqrt(variance)
    root = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
    root = root * math.sqrt(6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0)))
    a = 6.0 + 8.0 / root * (2.0 / root + math.sqrt(1.0 + 4.0 / root**2))
    below = 1.0 + x * math.sqrt(2.0 / (a - 4.0))
    third = np.cbrt((1.0 - 2.0 / a) / below)
    return (1.0 - 2.0 / (9.0 * a) - third) / math.sqrt(2.0 / (9.0 * a))


def skewtest(a, axis=0, alternative="two-sided"):
    """The test of no skewness."""
    n, skewness, _ = shape_of(np.asarray(a), axis)
    z = of_skewness(n, skewness)
    return z, by_normal(z, alternative)


def kurtosistest(a, axis=0, alternative="two-sided"):
    """The test of the kurtosis of a normal sample."""
    n, _, kurtosis = shape_of(np.asarray(a), axis)
    z = of_kurtosis(n, kurtosis)
    return z, by_normal(z, alternative)


def normaltest(a, axis=0):
    """The test of D'Agostino and Pearson of a normal sample."""
    n, skewness, kurtosis = shape_of(np.asarray(a), axis)
    statistic = of_skewness(n, skewness) ** 2 + of_kurtosis(n, kurtosis) ** 2
    return statistic, special.chdtrc(2.0, statistic)


def pointbiserialr(x, y):
    """The correlation of flags and numbers."""
    a, b = np.asarray(x) + 0.0, np.asarray(y)
    a, b = a - np.mean(a), b - np.mean(b)
    r = np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
    df = len(a) - 2.0
    return r, by_student(r * np.sqrt(df / ((1.0 - r) * (1.0 + r))), df, "two-sided")
