"""Inverses of distribution functions in :mod:`scipy.special`, and what they invert.

The slope of an inverse is one over the density at its result, taken as the exponential of a
difference of logarithms, which neither over- nor underflows before the slope itself does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.primitives.declare import REAL, Elementwise, Interval, elementwise
from chainrule.primitives.elementary import exp, log, log1p
from chainrule.primitives.special import (
    betaln,
    lgamma,
    unknown,
    xlog1py,
    xlogy,
)

SHAPE = Interval(0.5, 10.0)
LOG_PI = math.log(math.pi)


# What SymPy does not know is proved by differences, and looked up by name.
INVERSES: dict[str, Elementwise] = {}


def unproved(
    name: str, arity: int, kind: type[Elementwise] = Elementwise
) -> Callable[[Callable[..., Any]], Elementwise]:
    """Declare a function of :mod:`scipy.special` by its partials, outside of the table."""

    def declare(partials: Callable[..., Any]) -> Elementwise:
        found = INVERSES[name] = kind(
            name,
            (f"scipy.special.{name}",),
            domain=(REAL,) * arity,
            raises=False,
            doc=partials.__doc__ or "",
        )
        found.partials = partials
        return found

    return declare


@unproved("gammaincinv", 2)
def gammaincinv(x: Any, y: Any, out: Any) -> Any:
    """Inverse of gammainc in its second argument."""
    return unknown("gammaincinv", "exponent"), exp(out - xlogy(x - 1.0, out) + lgamma(x))


@unproved("gammainccinv", 2)
def gammainccinv(x: Any, y: Any, out: Any) -> Any:
    """Inverse of gammaincc in its second argument."""
    return unknown("gammainccinv", "exponent"), -exp(out - xlogy(x - 1.0, out) + lgamma(x))


@unproved("betaincinv", 3)
def betaincinv(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Inverse of betainc in its third argument."""
    exponent = unknown("betaincinv", "exponents")
    slope = exp(betaln(x, y) - xlogy(x - 1.0, out) - xlog1py(y - 1.0, -out))
    return exponent, exponent, slope


def _log_density(df: Any, t: Any) -> Any:
    """Logarithm of Student's density."""
    half = 0.5 * (df + 1.0)
    return lgamma(half) - lgamma(0.5 * df) - 0.5 * (log(df) + LOG_PI) - half * log1p(t * t / df)


@elementwise(
    "scipy.special.stdtr",
    domain=(SHAPE, Interval(-20.0, 20.0)),
    raises=False,
    ulps=400,
    sympy="1/2 + y*gamma((x + 1)/2)*hyper([1/2, (x + 1)/2], [3/2], -y**2/x)"
    "/(sqrt(pi*x)*gamma(x/2))",
)
def stdtr(x: Any, y: Any, out: Any) -> Any:
    """Distribution function of Student's t with x degrees of freedom."""
    return unknown("stdtr", "degrees of freedom"), exp(_log_density(x, y))


@unproved("stdtrit", 2)
def stdtrit(x: Any, y: Any, out: Any) -> Any:
    """Inverse of stdtr in its second argument."""
    return unknown("stdtrit", "degrees of freedom"), exp(-_log_density(x, out))


@elementwise(
    "scipy.special.fdtr",
    domain=(SHAPE, SHAPE, Interval(0.1, 20.0)),
    raises=False,
    ulps=4000,
    sympy="betainc_regularized(x/2, y/2, 0, x*z/(x*z + y))",
)
def fdtr(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Distribution function of F with x and y degrees of freedom."""
    freedom = unknown("fdtr", "degrees of freedom")
    ratio = x / y
    density = xlogy(0.5 * x, ratio) + xlogy(0.5 * x - 1.0, z)
    density = density - 0.5 * (x + y) * log1p(ratio * z) - betaln(0.5 * x, 0.5 * y)
    return freedom, freedom, exp(density)


@unproved("hyperu", 3)
def hyperu(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Confluent hypergeometric function of the second kind (DLMF 13.3.22)."""
    parameter = unknown("hyperu", "parameters")
    return parameter, parameter, -x * hyperu(x + 1.0, y + 1.0, z)
