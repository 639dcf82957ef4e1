"""The special functions of :mod:`math` and :mod:`scipy.special`, in their real arguments.

SciPy is named here and never imported.  Derivatives are those of the NIST Digital Library of
Mathematical Functions (cited by section as DLMF).  Where the textbook formula cancels, one that
does not is used instead.  A derivative in a parameter that has no closed form, such as the order
of a Bessel function, is refused.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import absolute, equal, greater, less
from chainrule.primitives.control import choose
from chainrule.primitives.declare import (
    NONNEGATIVE,
    POSITIVE,
    REAL,
    Interval,
    Kink,
    elementwise,
)
from chainrule.primitives.elementary import INSIDE_UNIT, exp, log1p, sin
from chainrule.primitives.partials import Refusal

SQRT_PI = math.sqrt(math.pi)
ERF_SLOPE = 2.0 / SQRT_PI
NORMAL_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)

INSIDE_PROBABILITY = Interval(0.0, 1.0, open_low=True, open_high=True)
BELOW_ONE = Interval(-math.inf, 1.0, open_high=True)
SMALL_POSITIVE = Interval(0.0, 30.0, open_low=True)
ORDINARY = Interval(0.1, 100.0)


def unknown(function: str, parameter: str) -> Refusal:
    """The refusal of a derivative that has no closed form."""
    return Refusal(
        f"cannot differentiate `{function}` with respect to its {parameter}",
        f"That derivative has no closed form. Keep the {parameter} constant, or pass it in as a "
        "parameter that is not differentiated.",
    )


# --- error function and normal distribution (DLMF 7) ------------------------------------


@elementwise(
    "math.erf", "scipy.special.erf", raises=False, sympy="erf(x)", bounds=bounds.always(bounds.UNIT)
)
def erf(x: Any, out: Any) -> Any:
    """Error function."""
    return ERF_SLOPE * exp(-(x * x))


@elementwise("math.erfc", "scipy.special.erfc", raises=False, sympy="erfc(x)")
def erfc(x: Any, out: Any) -> Any:
    """1 - erf(x) without cancellation."""
    return -ERF_SLOPE * exp(-(x * x))


# Coefficients of -sqrt(pi) x**2 erfcx'(x) in powers of 1 / x**2 (DLMF 7.12.1).
_ERFCX_TAIL = (1.0, -1.5, 3.75, -13.125, 59.0625, -324.84375, 2111.484375, -15836.1328125)


@elementwise("scipy.special.erfcx", raises=False, ulps=2000, sympy="exp(x**2)*erfc(x)")
def erfcx(x: Any, out: Any) -> Any:
    """exp(x**2) erfc(x); far out the slope is summed, as the closed form cancels."""
    return choose(
        greater(x, 20.0),
        lambda: -horner(_ERFCX_TAIL, 1.0 / (x * x)) / (SQRT_PI * x * x),
        lambda: 2.0 * x * out - ERF_SLOPE,
    )


def horner(coefficients: tuple[float, ...], x: Any) -> Any:
    """The polynomial with these coefficients, that of x**0 first."""
    total: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = coefficient + x * total
    return total


@elementwise("scipy.special.erfinv", domain=(INSIDE_UNIT,), raises=False, sympy="erfinv(x)")
def erfinv(x: Any, out: Any) -> Any:
    """Inverse of erf."""
    return (0.5 * SQRT_PI) * exp(out * out)


@elementwise(
    "scipy.special.erfcinv",
    domain=(Interval(0.0, 2.0, open_low=True, open_high=True),),
    raises=False,
    sympy="erfcinv(x)",
)
def erfcinv(x: Any, out: Any) -> Any:
    """Inverse of erfc; exp(out*out) is erfcx(out) / x, which does not magnify the error of out."""
    return -(0.5 * SQRT_PI) * erfcx(out) / x


@elementwise("scipy.special.erfi", domain=(Interval(-20.0, 20.0),), raises=False, sympy="erfi(x)")
def erfi(x: Any, out: Any) -> Any:
    """Imaginary error function."""
    return ERF_SLOPE * exp(x * x)


@elementwise("scipy.special.dawsn", raises=False, ulps=64, sympy="sqrt(pi)/2*exp(-x**2)*erfi(x)")
def dawsn(x: Any, out: Any) -> Any:
    """Dawson's integral; 1 - 2 x out would cancel for large x."""
    return hyp1f1(1.0, 0.5, -(x * x))


@elementwise("scipy.special.ndtr", raises=False, sympy="erfc(-x/sqrt(2))/2")
def ndtr(x: Any, out: Any) -> Any:
    """Distribution function of the normal distribution."""
    return NORMAL_DENSITY * exp(-0.5 * x * x)


@elementwise(
    "scipy.special.ndtri",
    domain=(INSIDE_PROBABILITY,),
    raises=False,
    sympy="-sqrt(2)*erfcinv(2*x)",
)
def ndtri(x: Any, out: Any) -> Any:
    """Quantile of the normal distribution."""
    return math.sqrt(0.5 * math.pi) * erfcx(-math.sqrt(0.5) * out) / x


@elementwise("scipy.special.log_ndtr", raises=False, sympy="log(erfc(-x/sqrt(2))/2)")
def log_ndtr(x: Any, out: Any) -> Any:
    """Logarithm of ndtr; exp(-x*x/2 - out) would cancel for x far below 0."""
    return math.sqrt(2.0 / math.pi) / erfcx(-math.sqrt(0.5) * x)


# --- gamma function and its kin (DLMF 5, 8) ---------------------------------------------


@elementwise("math.gamma", "scipy.special.gamma", domain=(POSITIVE,), sympy="gamma(x)")
def gamma(x: Any, out: Any) -> Any:
    """Gamma function."""
    return out * digamma(x)


@elementwise(
    "math.lgamma",
    "scipy.special.gammaln",
    "scipy.special.loggamma",
    domain=(POSITIVE,),
    sympy="loggamma(x)",
)
def lgamma(x: Any, out: Any) -> Any:
    """Logarithm of the magnitude of gamma(x)."""
    return digamma(x)


@elementwise("scipy.special.rgamma", domain=(POSITIVE,), raises=False, sympy="1/gamma(x)")
def rgamma(x: Any, out: Any) -> Any:
    """Reciprocal of gamma."""
    return -(out * digamma(x))


@elementwise("scipy.special.digamma", domain=(POSITIVE,), raises=False, sympy="digamma(x)")
def digamma(x: Any, out: Any) -> Any:
    """Logarithmic derivative of gamma."""
    return zeta(2.0, x)


@elementwise(
    "scipy.special.polygamma",
    domain=(Interval(0, 4), POSITIVE),
    raises=False,
    sympy="polygamma(x, y)",
)
def polygamma(x: Any, y: Any, out: Any) -> Any:
    """Derivative of order x of digamma."""
    return unknown("polygamma", "order"), polygamma(x + 1, y)


@elementwise(
    "scipy.special.zeta",
    domain=(Interval(1.5, 20.0), POSITIVE),
    raises=False,
    sympy="zeta(x, y)",
)
def zeta(x: Any, y: Any, out: Any) -> Any:
    """Zeta function of Hurwitz, the sum of (y + k)**-x."""
    return unknown("zeta", "exponent"), -x * zeta(x + 1.0, y)


@elementwise("scipy.special.zeta", domain=(Interval(1.5, 20.0),), raises=False, sympy="zeta(x)")
def riemann_zeta(x: Any, out: Any) -> Any:
    """Zeta function of Riemann."""
    return unknown("zeta", "exponent")


@elementwise(
    "scipy.special.beta",
    domain=(ORDINARY, ORDINARY),
    raises=False,
    ulps=10000,
    sympy="beta(x, y)",
)
def beta(x: Any, y: Any, out: Any) -> Any:
    """Beta function; loses digits where one argument is far larger than the other."""
    both = digamma(x + y)
    return out * (digamma(x) - both), out * (digamma(y) - both)


@elementwise(
    "scipy.special.betaln",
    domain=(ORDINARY, ORDINARY),
    raises=False,
    ulps=10000,
    sympy="loggamma(x) + loggamma(y) - loggamma(x + y)",
)
def betaln(x: Any, y: Any, out: Any) -> Any:
    """Logarithm of beta; loses digits where one argument is far larger than the other."""
    both = digamma(x + y)
    return digamma(x) - both, digamma(y) - both


@elementwise(
    "scipy.special.gammainc",
    domain=(SMALL_POSITIVE, SMALL_POSITIVE),
    raises=False,
    ulps=300,
    sympy="lowergamma(x, y)/gamma(x)",
)
def gammainc(x: Any, y: Any, out: Any) -> Any:
    """Share of gamma(x) that is below y."""
    return unknown("gammainc", "exponent"), exp(xlogy(x - 1.0, y) - y - lgamma(x))


@elementwise(
    "scipy.special.gammaincc",
    domain=(SMALL_POSITIVE, SMALL_POSITIVE),
    raises=False,
    ulps=300,
    sympy="uppergamma(x, y)/gamma(x)",
)
def gammaincc(x: Any, y: Any, out: Any) -> Any:
    """Share of gamma(x) that is above y."""
    return unknown("gammaincc", "exponent"), -exp(xlogy(x - 1.0, y) - y - lgamma(x))


@elementwise(
    "scipy.special.betainc",
    domain=(SMALL_POSITIVE, SMALL_POSITIVE, INSIDE_PROBABILITY),
    raises=False,
    ulps=300,
    sympy="betainc_regularized(x, y, 0, z)",
)
def betainc(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Share of beta(x, y) that is below z."""
    exponent = unknown("betainc", "exponents")
    density = exp(xlogy(x - 1.0, z) + xlog1py(y - 1.0, -z) - betaln(x, y))
    return exponent, exponent, density


# --- logistic functions -----------------------------------------------------------------


@elementwise(
    "scipy.special.expit", raises=False, sympy="1/(1 + exp(-x))", bounds=bounds.always(bounds.SHARE)
)
def expit(x: Any, out: Any) -> Any:
    """Logistic function; 1 - out would cancel where out is near 1."""
    return out * expit(-x)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else math.exp(x)


@elementwise(
    name="logistic",
    raises=False,
    sympy="1/(1 + exp(-x))",
    evaluate=_logistic,
    bounds=bounds.always(bounds.SHARE),
)
def logistic(x: Any, out: Any) -> Any:
    """Logistic function of derivative code, which needs no SciPy for it."""
    return out * logistic(-x)


logistic.formula = {"": "1.0 / (1.0 + exp(-_0_))"}


@elementwise(
    "scipy.special.logit", domain=(INSIDE_PROBABILITY,), raises=False, sympy="log(x/(1 - x))"
)
def logit(x: Any, out: Any) -> Any:
    """Inverse of expit."""
    return 1.0 / (x * (1.0 - x))


@elementwise("scipy.special.log_expit", raises=False, sympy="-log(1 + exp(-x))")
def log_expit(x: Any, out: Any) -> Any:
    """Logarithm of expit."""
    return expit(-x)


@elementwise("scipy.special.softplus", raises=False, sympy="log(1 + exp(x))")
def softplus(x: Any, out: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return expit(x)


# --- products with logarithms, differences of exponentials ------------------------------


@elementwise(
    "scipy.special.xlogy",
    domain=(REAL, POSITIVE),
    raises=False,
    sympy="x*log(y)",
    kinks=(Kink("x == 0 and y == 0", (-math.inf, 0.0), "0 log(y) is flat in y"),),
)
def xlogy(x: Any, y: Any, out: Any) -> Any:
    """x log(y), 0 where x is 0."""
    slope = choose(equal(y, 0.0), lambda: -math.inf, lambda: xlogy(1.0, y))
    return slope, choose(equal(x, 0.0), lambda: 0.0, lambda: x / y)


@elementwise(
    "scipy.special.xlog1py",
    domain=(REAL, Interval(-1.0, math.inf, open_low=True)),
    raises=False,
    sympy="x*log(1 + y)",
    kinks=(Kink("x == 0 and y == -1", (-math.inf, 0.0), "0 log(1 + y) is flat in y"),),
)
def xlog1py(x: Any, y: Any, out: Any) -> Any:
    """x log(1 + y), 0 where x is 0."""
    slope = choose(equal(y, -1.0), lambda: -math.inf, lambda: xlog1py(1.0, y))
    return slope, choose(equal(x, 0.0), lambda: 0.0, lambda: x / (1.0 + y))


@elementwise(
    "scipy.special.entr",
    domain=(NONNEGATIVE,),
    raises=False,
    sympy="-x*log(x)",
    kinks=(Kink("x == 0", (math.inf,), "the one-sided slope is infinite"),),
)
def entr(x: Any, out: Any) -> Any:
    """-x log(x), 0 at 0."""
    return choose(equal(x, 0.0), lambda: math.inf, lambda: -xlogy(1.0, x) - 1.0)


@elementwise(
    "scipy.special.rel_entr",
    domain=(NONNEGATIVE, POSITIVE),
    raises=False,
    sympy="x*log(x/y)",
    kinks=(Kink("x == 0", (-math.inf, 0.0), "the one-sided slope is infinite"),),
)
def rel_entr(x: Any, y: Any, out: Any) -> Any:
    """x log(x / y), 0 where x is 0."""
    empty = equal(x, 0.0)
    return (
        choose(empty, lambda: -math.inf, lambda: out / x + 1.0),
        choose(empty, lambda: 0.0, lambda: -(x / y)),
    )


@elementwise(
    "scipy.special.kl_div",
    domain=(NONNEGATIVE, POSITIVE),
    raises=False,
    sympy="x*log(x/y) - x + y",
    kinks=(Kink("x == 0", (-math.inf, 1.0), "the one-sided slope is infinite"),),
)
def kl_div(x: Any, y: Any, out: Any) -> Any:
    """x log(x / y) - x + y, the divergence of Kullback and Leibler."""
    empty = equal(x, 0.0)
    return (
        choose(empty, lambda: -math.inf, lambda: rel_entr(x, y) / x),
        choose(empty, lambda: 1.0, lambda: (y - x) / y),
    )


@elementwise("scipy.special.exprel", raises=False, sympy="(exp(x) - 1)/x")
def exprel(x: Any, out: Any) -> Any:
    """(exp(x) - 1) / x, 1 at 0; (exp(x) - out) / x would cancel near 0."""
    return 0.5 * hyp1f1(2.0, 3.0, x)


@elementwise(
    "scipy.special.boxcox",
    domain=(ORDINARY, Interval(-5.0, 5.0)),
    raises=False,
    ulps=64,
    sympy="(x**y - 1)/y",
)
def boxcox(x: Any, y: Any, out: Any) -> Any:
    """(x**y - 1) / y, log(x) at y = 0."""
    logarithm = xlogy(1.0, x)
    return (
        exp((y - 1.0) * logarithm),
        0.5 * logarithm * logarithm * hyp1f1(2.0, 3.0, y * logarithm),
    )


@elementwise(
    "scipy.special.boxcox1p",
    domain=(ORDINARY, Interval(-5.0, 5.0)),
    raises=False,
    ulps=64,
    sympy="((1 + x)**y - 1)/y",
)
def boxcox1p(x: Any, y: Any, out: Any) -> Any:
    """boxcox of 1 + x."""
    logarithm = log1p(x)
    return (
        exp((y - 1.0) * logarithm),
        0.5 * logarithm * logarithm * hyp1f1(2.0, 3.0, y * logarithm),
    )


@elementwise(
    "scipy.special.inv_boxcox",
    domain=(Interval(0.0, 5.0), Interval(0.0, 5.0)),
    raises=False,
    ulps=64,
    sympy="(1 + x*y)**(1/y)",
)
def inv_boxcox(x: Any, y: Any, out: Any) -> Any:
    """Inverse of boxcox in its first argument."""
    growth = x * y
    by_parameter = choose(
        less(absolute(growth), 0.5),
        lambda: -0.5 * out * x * x * hyp2f1(2.0, 2.0, 3.0, -growth),
        lambda: out * (growth / (1.0 + growth) - log1p(growth)) / (y * y),
    )
    return out / (1.0 + growth), by_parameter


# --- trigonometric functions of degrees -------------------------------------------------


@elementwise("scipy.special.sindg", raises=False, sympy="sin(pi*x/180)")
def sindg(x: Any, out: Any) -> Any:
    """Sine of an angle in degrees."""
    return math.radians(1.0) * cosdg(x)


@elementwise("scipy.special.cosdg", raises=False, ulps=16, sympy="cos(pi*x/180)")
def cosdg(x: Any, out: Any) -> Any:
    """Cosine of an angle in degrees."""
    return -math.radians(1.0) * sindg(x)


@elementwise("scipy.special.tandg", raises=False, sympy="tan(pi*x/180)")
def tandg(x: Any, out: Any) -> Any:
    """Tangent of an angle in degrees."""
    return math.radians(1.0) * (1.0 + out * out)


@elementwise(
    "scipy.special.cotdg", domain=(Interval(1.0, 179.0),), raises=False, sympy="cot(pi*x/180)"
)
def cotdg(x: Any, out: Any) -> Any:
    """Cotangent of an angle in degrees."""
    return -math.radians(1.0) * (1.0 + out * out)


@elementwise("scipy.special.cosm1", raises=False, sympy="cos(x) - 1")
def cosm1(x: Any, out: Any) -> Any:
    """cos(x) - 1 without cancellation."""
    return -sin(x)


# --- elliptic, hypergeometric and other integrals ---------------------------------------


@elementwise(
    "scipy.special.ellipk", domain=(BELOW_ONE,), raises=False, ulps=64, sympy="elliptic_k(x)"
)
def ellipk(x: Any, out: Any) -> Any:
    """Complete elliptic integral of the first kind; the form by differences cancels near 0."""
    return choose(
        less(absolute(x), 0.5),
        lambda: (math.pi / 8.0) * hyp2f1(1.5, 1.5, 2.0, x),
        lambda: (ellipe(x) / (1.0 - x) - out) / (2.0 * x),
    )


@elementwise(
    "scipy.special.ellipe",
    domain=(Interval(-math.inf, 1.0),),
    raises=False,
    ulps=64,
    sympy="elliptic_e(x)",
    kinks=(Kink("x == 1", (-math.inf,), "the one-sided slope is infinite"),),
)
def ellipe(x: Any, out: Any) -> Any:
    """Complete elliptic integral of the second kind."""
    return choose(
        less(absolute(x), 0.5),
        lambda: -(math.pi / 8.0) * hyp2f1(0.5, 1.5, 2.0, x),
        lambda: choose(equal(x, 1.0), lambda: -math.inf, lambda: (out - ellipk(x)) / (2.0 * x)),
    )


@elementwise(
    "scipy.special.hyp1f1",
    domain=(Interval(0.5, 3.0), Interval(0.5, 5.0), Interval(-100.0, 100.0)),
    raises=False,
    ulps=64,
    sympy="hyper([x], [y], z)",
)
def hyp1f1(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Confluent hypergeometric function (DLMF 13.3.15)."""
    parameter = unknown("hyp1f1", "parameters")
    return parameter, parameter, x / y * hyp1f1(x + 1.0, y + 1.0, z)


@elementwise(
    "scipy.special.hyp2f1",
    domain=(
        Interval(0.5, 2.0),
        Interval(0.5, 2.0),
        Interval(1.0, 3.0),
        Interval(-0.9, 0.9),
    ),
    raises=False,
    ulps=64,
    sympy="hyper([x, y], [z], w)",
)
def hyp2f1(x: Any, y: Any, z: Any, w: Any, out: Any) -> Any:
    """Hypergeometric function of Gauss (DLMF 15.5.1)."""
    parameter = unknown("hyp2f1", "parameters")
    slope = x * y / z * hyp2f1(x + 1.0, y + 1.0, z + 1.0, w)
    return parameter, parameter, parameter, slope


@elementwise(
    "scipy.special.spence",
    domain=(NONNEGATIVE,),
    raises=False,
    sympy="polylog(2, 1 - x)",
    kinks=(Kink("x == 0", (-math.inf,), "the one-sided slope is infinite"),),
)
def spence(x: Any, out: Any) -> Any:
    """Dilogarithm of 1 - x; the closed form of the slope is 0 / 0 at 1."""
    return choose(
        less(absolute(x - 1.0), 0.5),
        lambda: -hyp2f1(1.0, 1.0, 2.0, 1.0 - x),
        lambda: choose(equal(x, 0.0), lambda: -math.inf, lambda: xlogy(1.0, x) / (1.0 - x)),
    )


@elementwise("scipy.special.expi", domain=(POSITIVE,), raises=False, sympy="Ei(x)")
def expi(x: Any, out: Any) -> Any:
    """Exponential integral Ei."""
    return exp(x) / x


@elementwise("scipy.special.exp1", domain=(POSITIVE,), raises=False, sympy="expint(1, x)")
def exp1(x: Any, out: Any) -> Any:
    """Exponential integral E1."""
    return -(exp(-x) / x)
