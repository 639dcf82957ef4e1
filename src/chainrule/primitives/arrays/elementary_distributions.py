"""Distributions of SciPy whose densities, shares and quantiles are closed formulas.

Each stands in its standard form, as those of :mod:`chainrule.primitives.arrays.distributions`.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import absolute, equal, greater, less, power
from chainrule.primitives.arrays.distribution import (
    HALF,
    LOG_2,
    LOG_PI,
    LOG_ROOT,
    UNIT,
    Distribution,
)
from chainrule.primitives.bessel import i0e, ive
from chainrule.primitives.choices import where
from chainrule.primitives.cumulative import chndtr
from chainrule.primitives.elementary import (
    asin,
    atan,
    cos,
    exp,
    expm1,
    log,
    log1p,
    logaddexp,
    sin,
    sqrt,
    tan,
    tanh,
)
from chainrule.primitives.inverses import gammainccinv, gammaincinv
from chainrule.primitives.special import (
    betainc,
    betaln,
    expit,
    gammainc,
    gammaincc,
    lgamma,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
    xlog1py,
    xlogy,
)


def _normal(z: Any) -> Any:
    return -0.5 * (z * z) - LOG_ROOT


def _per_shape(c: Any, z: Any) -> Any:
    """``log1p(c z) / c``, and its series where c is 0."""
    nowhere = equal(c, 0.0)
    shape = where(nowhere, 1.0, c)
    series = z - 0.5 * c * z * z + c * c * z * z * z / 3.0
    return where(nowhere, series, log1p(shape * where(nowhere, 0.0, z)) / shape)


def _from_shape(c: Any, y: Any) -> Any:
    """``expm1(c y) / c``, and its series where c is 0."""
    nowhere = equal(c, 0.0)
    shape = where(nowhere, 1.0, c)
    series = y + 0.5 * c * y * y + c * c * y * y * y / 6.0
    return where(nowhere, series, expm1(shape * where(nowhere, 0.0, y)) / shape)


def _extreme(z: Any, c: Any) -> Any:
    grown = -_per_shape(-c, z)
    return -exp(grown) + grown - c * grown


def _between(z: Any, low: Any, high: Any) -> Any:
    return where(greater(low, z), False, less(z, high))


def _mass(low: Any, high: Any) -> Any:
    """The logarithm of the share of the normal distribution between two places."""
    turned = greater(low, 0.0)
    upper, lower = where(turned, -low, high), where(turned, -high, low)
    whole = log_ndtr(upper)
    # Without an end nothing is left out there.
    bounded = greater(lower, -math.inf)
    left = where(bounded, lower, where(greater(upper, 0.0), -1.0, upper - 1.0))
    return whole + where(bounded, log1p(-exp(log_ndtr(left) - whole)), 0.0)


def _folded(z: Any, c: Any) -> Any:
    ahead, behind = z - c, z + c
    return logaddexp(-0.5 * (ahead * ahead), -0.5 * (behind * behind)) - LOG_ROOT


def _folded_cauchy(z: Any, c: Any) -> Any:
    ahead, behind = z - c, z + c
    return log(1.0 / (1.0 + ahead * ahead) + 1.0 / (1.0 + behind * behind)) - LOG_PI


def _rice(z: Any, b: Any) -> Any:
    gap = z - b
    return log(z) - 0.5 * (gap * gap) + log(i0e(z * b))


def _wald_share(z: Any, mu: Any) -> Any:
    root = sqrt(z)
    return ndtr((z - mu) / (mu * root)) + exp(2.0 / mu + log_ndtr(-(z + mu) / (mu * root)))


def _wald(z: Any, mu: Any) -> Any:
    return -LOG_ROOT - 1.5 * log(z) - (z - mu) * (z - mu) / (2.0 * mu * mu * z)


def _birth(z: Any, c: Any) -> Any:
    gap = z - 1.0
    return log(z + 1.0) - log(c) - LOG_2 - LOG_ROOT - 1.5 * log(z) - gap * gap / (2.0 * z * c * c)


def _birth_place(z: Any, c: Any) -> Any:
    root = sqrt(z)
    return (root - 1.0 / root) / c


def _behind_normal(z: Any, k: Any) -> Any:
    return (0.5 / k - z) / k + log_ndtr(z - 1.0 / k)


def _spread_square(z: Any, df: Any, nc: Any) -> Any:
    gap = sqrt(z) - sqrt(nc)
    growth = 0.25 * (df - 2.0) * log(z / nc) - 0.5 * (gap * gap)
    return growth + log(ive(0.5 * df - 1.0, sqrt(z * nc))) - LOG_2


def _side(z: Any, a: Any) -> Any:
    return where(less(z, 0.0), 1.0 - a, 1.0 + a)


def _skewed_cauchy(z: Any, a: Any) -> Any:
    ratio = z / _side(z, a)
    return -LOG_PI - log1p(ratio * ratio)


def _two_slopes(z: Any, kappa: Any) -> Any:
    return -log(kappa + 1.0 / kappa) - where(less(z, 0.0), -z / kappa, z * kappa)


def _two_slopes_share(z: Any, kappa: Any) -> Any:
    whole, below = kappa + 1.0 / kappa, less(z, 0.0)
    fallen = exp(where(below, z / kappa, -z * kappa))
    return where(below, fallen * kappa / whole, 1.0 - fallen / (kappa * whole))


ELEMENTARY = (
    Distribution(
        "genextreme", ("c",), _extreme, lambda z, c: exp(-exp(-_per_shape(-c, z))),
        lambda z, c: -expm1(-exp(-_per_shape(-c, z))),
        ppf=lambda q, c: _from_shape(-c, -log(-log(q))),
        isf=lambda q, c: _from_shape(-c, -log(-log1p(-q))),
        inside=lambda z, c: less(c * z, 1.0), within=0.0,
    ),
    Distribution(
        "genpareto", ("c",), lambda z, c: -(1.0 + c) * _per_shape(c, z),
        lambda z, c: -expm1(-_per_shape(c, z)), lambda z, c: exp(-_per_shape(c, z)),
        ppf=lambda q, c: _from_shape(c, -log1p(-q)), isf=lambda q, c: _from_shape(c, -log(q)),
        inside=lambda z, c: where(less(z, 0.0), False, greater(1.0 + c * z, 0.0)), within=0.0,
    ),
    Distribution(
        "lomax", ("c",), lambda z, c: log(c) - (c + 1.0) * log1p(z),
        lambda z, c: -expm1(-c * log1p(z)), lambda z, c: exp(-c * log1p(z)), HALF,
        ppf=lambda q, c: expm1(-log1p(-q) / c), isf=lambda q, c: expm1(-log(q) / c),
    ),
    Distribution(
        "halfcauchy", (), lambda z: LOG_2 - LOG_PI - log1p(z * z),
        lambda z: 2.0 / math.pi * atan(z), lambda z: 1.0 - 2.0 / math.pi * atan(z), HALF,
        ppf=lambda q: tan(0.5 * math.pi * q), isf=lambda q: 1.0 / tan(0.5 * math.pi * q),
    ),
    Distribution(
        "burr", ("c", "d"),
        lambda z, c, d: log(c * d) - (c + 1.0) * log(z) - (d + 1.0) * log1p(power(z, -c)),
        lambda z, c, d: exp(-d * log1p(power(z, -c))),
        lambda z, c, d: -expm1(-d * log1p(power(z, -c))), HALF,
        ppf=lambda q, c, d: power(power(q, -1.0 / d) - 1.0, -1.0 / c),
    ),
    Distribution(
        "burr12", ("c", "d"),
        lambda z, c, d: log(c * d) + (c - 1.0) * log(z) - (d + 1.0) * log1p(power(z, c)),
        lambda z, c, d: -expm1(-d * log1p(power(z, c))),
        lambda z, c, d: exp(-d * log1p(power(z, c))), HALF,
        ppf=lambda q, c, d: power(expm1(-log1p(-q) / d), 1.0 / c),
    ),
    Distribution(
        "invweibull", ("c",), lambda z, c: log(c) - (c + 1.0) * log(z) - power(z, -c),
        lambda z, c: exp(-power(z, -c)), lambda z, c: -expm1(-power(z, -c)), HALF,
        ppf=lambda q, c: power(-log(q), -1.0 / c), isf=lambda q, c: power(-log1p(-q), -1.0 / c),
    ),
    Distribution(
        "weibull_max", ("c",), lambda z, c: log(c) + xlogy(c - 1.0, -z) - power(-z, c),
        lambda z, c: exp(-power(-z, c)), lambda z, c: -expm1(-power(-z, c)),
        ppf=lambda q, c: -power(-log(q), 1.0 / c),
        inside=lambda z, c: less(z, 0.0), within=-1.0,
    ),
    Distribution(
        "chi", ("df",),
        lambda z, df: (1.0 - 0.5 * df) * LOG_2 - lgamma(0.5 * df)
        + xlogy(df - 1.0, z) - 0.5 * (z * z),
        lambda z, df: gammainc(0.5 * df, 0.5 * (z * z)),
        lambda z, df: gammaincc(0.5 * df, 0.5 * (z * z)), HALF,
        ppf=lambda q, df: sqrt(2.0 * gammaincinv(0.5 * df, q)),
        isf=lambda q, df: sqrt(2.0 * gammainccinv(0.5 * df, q)),
    ),
    Distribution(
        "nakagami", ("nu",),
        lambda z, nu: LOG_2 + xlogy(nu, nu) - lgamma(nu) + xlogy(2.0 * nu - 1.0, z) - nu * z * z,
        lambda z, nu: gammainc(nu, nu * z * z), lambda z, nu: gammaincc(nu, nu * z * z), HALF,
        ppf=lambda q, nu: sqrt(gammaincinv(nu, q) / nu),
        isf=lambda q, nu: sqrt(gammainccinv(nu, q) / nu),
    ),
    Distribution("rice", ("b",), _rice, lambda z, b: chndtr(z * z, 2.0, b * b), support=HALF),
    Distribution(
        "levy", (), lambda z: -1.5 * log(z) - LOG_ROOT - 0.5 / z,
        lambda z: 2.0 * ndtr(-1.0 / sqrt(z)), lambda z: 2.0 * ndtr(1.0 / sqrt(z)) - 1.0, HALF,
        ppf=lambda q: 1.0 / power(ndtri(0.5 * q), 2.0),
    ),
    Distribution(
        "gompertz", ("c",), lambda z, c: log(c) + z - c * expm1(z),
        lambda z, c: -expm1(-c * expm1(z)), lambda z, c: exp(-c * expm1(z)), HALF,
        ppf=lambda q, c: log1p(-log1p(-q) / c), isf=lambda q, c: log1p(-log(q) / c),
    ),
    Distribution(
        "loguniform", ("a", "b"), lambda z, a, b: -log(z) - log(log(b) - log(a)),
        lambda z, a, b: (log(z) - log(a)) / (log(b) - log(a)),
        ppf=lambda q, a, b: exp(log(a) + q * (log(b) - log(a))),
        inside=_between, within=lambda a, b: 0.5 * (a + b),
    ),
    Distribution(
        "arcsine", (), lambda z: -LOG_PI - 0.5 * log(z) - 0.5 * log1p(-z),
        lambda z: 2.0 / math.pi * asin(sqrt(z)), support=UNIT,
        ppf=lambda q: power(sin(0.5 * math.pi * q), 2.0),
    ),
    Distribution(
        "bradford", ("c",), lambda z, c: log(c / log1p(c)) - log1p(c * z),
        lambda z, c: log1p(c * z) / log1p(c), support=UNIT,
        ppf=lambda q, c: expm1(q * log1p(c)) / c,
    ),
    Distribution(
        "semicircular", (), lambda z: LOG_2 - LOG_PI + 0.5 * log1p(-(z * z)),
        lambda z: 0.5 + (z * sqrt(1.0 - z * z) + asin(z)) / math.pi, support=(-1.0, 1.0),
    ),
    Distribution(
        "hypsecant", (), lambda z: LOG_2 - LOG_PI - logaddexp(z, -z),
        lambda z: 2.0 / math.pi * atan(exp(z)), lambda z: 2.0 / math.pi * atan(exp(-z)),
        ppf=lambda q: log(tan(0.5 * math.pi * q)), isf=lambda q: -log(tan(0.5 * math.pi * q)),
    ),
    Distribution(
        "genlogistic", ("c",), lambda z, c: log(c) - z - (c + 1.0) * logaddexp(0.0, -z),
        lambda z, c: exp(-c * logaddexp(0.0, -z)), lambda z, c: -expm1(-c * logaddexp(0.0, -z)),
        ppf=lambda q, c: -log(expm1(-log(q) / c)),
    ),
    Distribution(
        "halflogistic", (), lambda z: LOG_2 - z - 2.0 * logaddexp(0.0, -z),
        lambda z: tanh(0.5 * z), lambda z: 2.0 * expit(-z), HALF,
        ppf=lambda q: log1p(q) - log1p(-q),
    ),
    Distribution(
        "moyal", (), lambda z: -0.5 * (z + exp(-z)) - LOG_ROOT,
        lambda z: 2.0 * ndtr(-exp(-0.5 * z)), lambda z: 2.0 * ndtr(exp(-0.5 * z)) - 1.0,
        ppf=lambda q: -2.0 * log(-ndtri(0.5 * q)),
    ),
    Distribution(
        "gengamma", ("a", "c"),
        lambda z, a, c: log(absolute(c)) + xlogy(c * a - 1.0, z) - power(z, c) - lgamma(a),
        lambda z, a, c: where(less(0.0, c), gammainc(a, power(z, c)), gammaincc(a, power(z, c))),
        support=HALF,
    ),
    Distribution(
        "loggamma", ("c",), lambda z, c: c * z - exp(z) - lgamma(c),
        lambda z, c: gammainc(c, exp(z)), lambda z, c: gammaincc(c, exp(z)),
        ppf=lambda q, c: log(gammaincinv(c, q)),
    ),
    Distribution(
        "loglaplace", ("c",), lambda z, c: log(0.5 * c) - log(z) - c * absolute(log(z)),
        lambda z, c: where(less(z, 1.0), 0.5 * power(z, c), 1.0 - 0.5 * power(z, -c)),
        support=HALF,
    ),
    Distribution(
        "betaprime", ("a", "b"),
        lambda z, a, b: xlogy(a - 1.0, z) - (a + b) * log1p(z) - betaln(a, b),
        lambda z, a, b: betainc(a, b, z / (1.0 + z)),
        lambda z, a, b: betainc(b, a, 1.0 / (1.0 + z)), HALF,
    ),
    Distribution(
        "truncexpon", ("b",), lambda z, b: -z - log(-expm1(-b)),
        lambda z, b: expm1(-z) / expm1(-b), ppf=lambda q, b: -log1p(q * expm1(-b)),
        inside=lambda z, b: _between(z, 0.0, b), within=lambda b: 0.5 * b,
    ),
    Distribution(
        "truncnorm", ("a", "b"), lambda z, a, b: _normal(z) - _mass(a, b),
        lambda z, a, b: exp(_mass(a, z) - _mass(a, b)),
        lambda z, a, b: exp(_mass(z, b) - _mass(a, b)),
        inside=_between, within=lambda a, b: where(greater(a, 0.0), a, where(less(b, 0.0), b, 0.0)),
    ),
    Distribution(
        "gennorm", ("beta",),
        lambda z, beta: log(0.5 * beta) - lgamma(1.0 / beta) - power(absolute(z), beta),
    ),
    Distribution(
        "halfgennorm", ("beta",),
        lambda z, beta: log(beta) - lgamma(1.0 / beta) - power(z, beta), support=HALF,
    ),
    Distribution(
        "dgamma", ("a",),
        lambda z, a: xlogy(a - 1.0, absolute(z)) - LOG_2 - lgamma(a) - absolute(z),
        lambda z, a: where(
            less(z, 0.0), 0.5 * gammaincc(a, absolute(z)), 0.5 + 0.5 * gammainc(a, absolute(z))
        ),
    ),
    Distribution(
        "dweibull", ("c",),
        lambda z, c: log(0.5 * c) + xlogy(c - 1.0, absolute(z)) - power(absolute(z), c),
        lambda z, c: where(
            less(z, 0.0), 0.5 * exp(-power(absolute(z), c)), 1.0 - 0.5 * exp(-power(absolute(z), c))
        ),
    ),
    Distribution(
        "foldnorm", ("c",), _folded, lambda z, c: ndtr(z - c) + ndtr(z + c) - 1.0,
        lambda z, c: ndtr(c - z) + ndtr(-c - z), HALF,
    ),
    Distribution(
        "foldcauchy", ("c",), _folded_cauchy, lambda z, c: (atan(z - c) + atan(z + c)) / math.pi,
        support=HALF,
    ),
    Distribution(
        "anglit", (), lambda z: log(cos(2.0 * z)), lambda z: power(sin(z + 0.25 * math.pi), 2.0),
        support=(-0.25 * math.pi, 0.25 * math.pi), ppf=lambda q: asin(sqrt(q)) - 0.25 * math.pi,
    ),
    Distribution(
        "cosine", (), lambda z: log1p(cos(z)) - LOG_2 - LOG_PI,
        lambda z: (math.pi + z + sin(z)) / (2.0 * math.pi), support=(-math.pi, math.pi),
    ),
    Distribution(
        "erlang", ("a",), lambda z, a: xlogy(a - 1.0, z) - z - lgamma(a),
        lambda z, a: gammainc(a, z), lambda z, a: gammaincc(a, z), HALF,
        ppf=lambda q, a: gammaincinv(a, q), isf=lambda q, a: gammainccinv(a, q),
    ),
    Distribution(
        "gibrat", (), lambda z: _normal(log(z)) - log(z), lambda z: ndtr(log(z)),
        lambda z: ndtr(-log(z)), HALF, ppf=lambda q: exp(ndtri(q)),
    ),
    Distribution(
        "invgauss", ("mu",), _wald, _wald_share, lambda z, mu: 1.0 - _wald_share(z, mu), HALF
    ),
    Distribution(
        "wald", (), lambda z: _wald(z, 1.0), lambda z: _wald_share(z, 1.0),
        lambda z: 1.0 - _wald_share(z, 1.0), HALF,
    ),
    Distribution(
        "laplace_asymmetric", ("kappa",), _two_slopes, _two_slopes_share,
        lambda z, kappa: 1.0 - _two_slopes_share(z, kappa),
    ),
    Distribution(
        "powernorm", ("c",), lambda z, c: log(c) + _normal(z) + (c - 1.0) * log_ndtr(-z),
        lambda z, c: -expm1(c * log_ndtr(-z)), lambda z, c: exp(c * log_ndtr(-z)),
        ppf=lambda q, c: -ndtri(power(1.0 - q, 1.0 / c)),
    ),
    Distribution(
        "powerlognorm", ("c", "s"),
        lambda z, c, s: log(c / s) - log(z) + _normal(log(z) / s)
        + (c - 1.0) * log_ndtr(-(log(z) / s)),
        lambda z, c, s: -expm1(c * log_ndtr(-(log(z) / s))),
        lambda z, c, s: exp(c * log_ndtr(-(log(z) / s))), HALF,
    ),
    Distribution(
        "triang", ("c",),
        lambda z, c: LOG_2 + log(where(less(z, c), z / c, (1.0 - z) / (1.0 - c))),
        lambda z, c: where(less(z, c), z * z / c, 1.0 - (1.0 - z) * (1.0 - z) / (1.0 - c)),
        support=UNIT,
        ppf=lambda q, c: where(less(q, c), sqrt(c * q), 1.0 - sqrt((1.0 - c) * (1.0 - q))),
    ),
    Distribution(
        "skewcauchy", ("a",), _skewed_cauchy,
        lambda z, a: 0.5 * (1.0 - a) + _side(z, a) * atan(z / _side(z, a)) / math.pi,
    ),
    Distribution(
        "johnsonsb", ("a", "b"),
        lambda z, a, b: log(b) - log(z) - log1p(-z) + _normal(a + b * logit(z)),
        lambda z, a, b: ndtr(a + b * logit(z)), lambda z, a, b: ndtr(-(a + b * logit(z))), UNIT,
        ppf=lambda q, a, b: expit((ndtri(q) - a) / b),
    ),
    Distribution(
        "alpha", ("a",), lambda z, a: -2.0 * log(z) - log_ndtr(a) + _normal(a - 1.0 / z),
        lambda z, a: ndtr(a - 1.0 / z) / ndtr(a), support=HALF,
        ppf=lambda q, a: 1.0 / (a - ndtri(q * ndtr(a))),
    ),
    Distribution(
        "fatiguelife", ("c",), _birth, lambda z, c: ndtr(_birth_place(z, c)),
        lambda z, c: ndtr(-_birth_place(z, c)), HALF,
    ),
    Distribution(
        "exponnorm", ("K",), lambda z, k: _behind_normal(z, k) - log(k),
        lambda z, k: ndtr(z) - exp(_behind_normal(z, k)),
        lambda z, k: ndtr(-z) + exp(_behind_normal(z, k)),
    ),
    Distribution(
        "rdist", ("c",),
        lambda z, c: xlog1py(0.5 * c - 1.0, -(z * z)) - betaln(0.5, 0.5 * c),
        lambda z, c: betainc(0.5 * c, 0.5 * c, 0.5 * (z + 1.0)), support=(-1.0, 1.0),
    ),
    Distribution(
        "exponpow", ("b",),
        lambda z, b: log(b) + xlogy(b - 1.0, z) + 1.0 + power(z, b) - exp(power(z, b)),
        lambda z, b: -expm1(-expm1(power(z, b))), lambda z, b: exp(-expm1(power(z, b))), HALF,
        ppf=lambda q, b: power(log1p(-log1p(-q)), 1.0 / b),
    ),
    Distribution(
        "mielke", ("k", "s"),
        lambda z, k, s: log(k) + (k - 1.0) * log(z) - (1.0 + k / s) * log1p(power(z, s)),
        lambda z, k, s: power(z, k) * exp(-(k / s) * log1p(power(z, s))), support=HALF,
    ),
    Distribution(
        "ncx2", ("df", "nc"), _spread_square, lambda z, df, nc: chndtr(z, df, nc),
        lambda z, df, nc: 1.0 - chndtr(z, df, nc), HALF,
    ),
)  # fmt: skip
