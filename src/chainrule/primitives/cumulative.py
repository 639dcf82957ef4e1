"""Distribution functions of :mod:`scipy.special` by the names of Cephes, and their complements.

Densities are taken as exponentials of sums of logarithms, which neither over- nor underflow before
they do themselves.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal, power
from chainrule.primitives.bessel import ive
from chainrule.primitives.control import select
from chainrule.primitives.elementary import exp, log, log1p, sqrt
from chainrule.primitives.inverses import unproved
from chainrule.primitives.rounding import float_floor
from chainrule.primitives.special import (
    betaln,
    erf,
    erfcx,
    lgamma,
    unknown,
    xlog1py,
    xlogy,
)
from chainrule.primitives.whole_orders import whole

FREEDOM = "degrees of freedom"


def _gamma_density(shape: Any, x: Any) -> Any:
    return exp(xlogy(shape - 1.0, x) - x - lgamma(shape))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return exp(xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b))


def _ratio_density(dfn: Any, dfd: Any, x: Any) -> Any:
    """Density of the F distribution."""
    ratio = dfn / dfd
    density = xlogy(0.5 * dfn, ratio) + xlogy(0.5 * dfn - 1.0, x)
    return exp(density - 0.5 * (dfn + dfd) * log1p(ratio * x) - betaln(0.5 * dfn, 0.5 * dfd))


@unproved("betaincc", 3)
def betaincc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Share of beta(x, y) that is above z."""
    exponent = unknown("betaincc", "exponents")
    return exponent, exponent, -_beta_density(x, y, z)


@unproved("betainccinv", 3)
def betainccinv(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Inverse of betaincc in its third argument."""
    exponent = unknown("betainccinv", "exponents")
    return exponent, exponent, -1.0 / _beta_density(x, y, out)


@unproved("chdtr", 2)
def chdtr(x: Any, y: Any, out: Any) -> Any:
    """Distribution function of chi square with x degrees of freedom."""
    return unknown("chdtr", FREEDOM), 0.5 * _gamma_density(0.5 * x, 0.5 * y)


@unproved("chdtrc", 2)
def chdtrc(x: Any, y: Any, out: Any) -> Any:
    """Complement of chdtr."""
    return unknown("chdtrc", FREEDOM), -0.5 * _gamma_density(0.5 * x, 0.5 * y)


@unproved("chdtri", 2)
def chdtri(x: Any, y: Any, out: Any) -> Any:
    """Inverse of chdtrc in its second argument."""
    return unknown("chdtri", FREEDOM), -2.0 / _gamma_density(0.5 * x, 0.5 * out)


@unproved("fdtrc", 3)
def fdtrc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Complement of fdtr."""
    freedom = unknown("fdtrc", FREEDOM)
    return freedom, freedom, -_ratio_density(x, y, z)


@unproved("fdtri", 3)
def fdtri(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Inverse of fdtr in its third argument."""
    freedom = unknown("fdtri", FREEDOM)
    return freedom, freedom, 1.0 / _ratio_density(x, y, out)


@unproved("gdtr", 3)
def gdtr(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Distribution function of gamma with rate x and shape y."""
    density = _gamma_density(y, x * z)
    return z * density, unknown("gdtr", "shape"), x * density


@unproved("gdtrc", 3)
def gdtrc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Complement of gdtr."""
    density = _gamma_density(y, x * z)
    return -z * density, unknown("gdtrc", "shape"), -x * density


@unproved("pdtr", 2)
def pdtr(x: Any, y: Any, out: Any) -> Any:
    """Distribution function of Poisson's distribution with mean y."""
    return unknown("pdtr", "count"), -_gamma_density(float_floor(x) + 1.0, y)


@unproved("pdtrc", 2)
def pdtrc(x: Any, y: Any, out: Any) -> Any:
    """Complement of pdtr."""
    return unknown("pdtrc", "count"), _gamma_density(float_floor(x) + 1.0, y)


@unproved("bdtr", 3)
def bdtr(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Distribution function of the binomial distribution with y trials of probability z."""
    counts = unknown("bdtr", "counts")
    failures = float_floor(x)
    return counts, counts, -_beta_density(failures + 1.0, whole(y) - failures, z)


@unproved("bdtrc", 3)
def bdtrc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Complement of bdtr."""
    counts = unknown("bdtrc", "counts")
    failures = float_floor(x)
    return counts, counts, _beta_density(failures + 1.0, whole(y) - failures, z)


@unproved("nbdtr", 3)
def nbdtr(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Distribution function of the negative binomial distribution."""
    counts = unknown("nbdtr", "counts")
    return counts, counts, _beta_density(1.0 * whole(y), whole(x) + 1.0, z)


@unproved("nbdtrc", 3)
def nbdtrc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Complement of nbdtr."""
    counts = unknown("nbdtrc", "counts")
    return counts, counts, -_beta_density(1.0 * whole(y), whole(x) + 1.0, z)


@unproved("pdtri", 2)
def pdtri(x: Any, y: Any, out: Any) -> Any:
    """Mean of Poisson's distribution of which pdtr is y at x."""
    return unknown("pdtri", "count"), -1.0 / _gamma_density(whole(x) + 1.0, out)


@unproved("ndtri_exp", 1)
def ndtri_exp(x: Any, out: Any) -> Any:
    """Inverse of log_ndtr."""
    return math.sqrt(0.5 * math.pi) * erfcx(-math.sqrt(0.5) * out)


@unproved("owens_t", 2)
def owens_t(x: Any, y: Any, out: Any) -> Any:
    """Owen's integral T(x, y)."""
    by_height = -exp(-0.5 * x * x) * erf(math.sqrt(0.5) * x * y) / math.sqrt(8.0 * math.pi)
    spread = 1.0 + y * y
    return by_height, exp(-0.5 * spread * x * x) / (2.0 * math.pi * spread)


@unproved("powm1", 2)
def powm1(x: Any, y: Any, out: Any) -> Any:
    """x**y - 1 for x above 0."""
    return y * (1.0 + out) / x, (1.0 + out) * log(x)


@unproved("wrightomega", 1)
def wrightomega(x: Any, out: Any) -> Any:
    """The w with w + log(w) = x."""
    return out / (1.0 + out)


@unproved("inv_boxcox1p", 2)
def inv_boxcox1p(x: Any, y: Any, out: Any) -> Any:
    """Inverse of boxcox1p by its first argument."""
    return (1.0 + out) / (1.0 + x * y), unknown("inv_boxcox1p", "exponent")


@unproved("gdtrix", 3)
def gdtrix(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Inverse of gdtr in its third argument."""
    return -out / x, unknown("gdtrix", "shape"), 1.0 / (x * _gamma_density(y, x * out))


@unproved("nrdtrimn", 3)
def nrdtrimn(x: Any, y: Any, z: Any, out: Any) -> Any:
    """The mean of the normal distribution with deviation y of which the share x is below z."""
    deviation = (z - out) / y
    return -y * math.sqrt(2.0 * math.pi) * exp(0.5 * deviation * deviation), -deviation, 1.0


@unproved("nrdtrisd", 3)
def nrdtrisd(x: Any, y: Any, z: Any, out: Any) -> Any:
    """The deviation of the normal distribution with mean x of which the share y is below z."""
    deviation = (z - x) / out
    by_share = -out / deviation * math.sqrt(2.0 * math.pi) * exp(0.5 * deviation * deviation)
    return -1.0 / deviation, by_share, 1.0 / deviation


@unproved("tklmbda", 2)
def tklmbda(x: Any, y: Any, out: Any) -> Any:
    """Distribution function of Tukey's lambda distribution with shape y."""
    gap = power(out, y - 1.0) + power(1.0 - out, y - 1.0)
    return 1.0 / gap, unknown("tklmbda", "shape")


@unproved("chndtr", 3)
def chndtr(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Distribution function of chi square with y degrees of freedom and the centre z."""
    return _spread_density(x, y, z), unknown("chndtr", FREEDOM), -_spread_density(x, y + 2.0, z)


def _spread_density(x: Any, freedom: Any, centre: Any) -> Any:
    """Density of non-central chi square (DLMF 10.25.2)."""

    def around() -> Any:
        gap = sqrt(x) - sqrt(centre)
        power_of_ratio = exp(0.25 * (freedom - 2.0) * log(x / centre) - 0.5 * gap * gap)
        return 0.5 * power_of_ratio * ive(0.5 * freedom - 1.0, sqrt(x * centre))

    return select(equal(centre, 0.0), lambda: 0.5 * _gamma_density(0.5 * freedom, 0.5 * x), around)
