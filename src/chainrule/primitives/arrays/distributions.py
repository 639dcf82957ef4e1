"""Densities and distribution functions of SciPy's distributions.

Each is declared once in its standard form; location and scale are the same for all.  Outside the
support a density is 0 and stays so: what stands for the point there is inside, and not felt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes, promoted, unit_axes_of
from chainrule.primitives.arithmetic import absolute, less, power
from chainrule.primitives.arrays.call import ArrayCall, ArrayRule, array_rule
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.distribution import (
    HALF,
    LOG_2,
    LOG_PI,
    LOG_ROOT,
    Distribution,
    Formula,
)
from chainrule.primitives.arrays.elementary_distributions import ELEMENTARY
from chainrule.primitives.arrays.lengths import broadcast
from chainrule.primitives.bessel import i0e
from chainrule.primitives.choices import where
from chainrule.primitives.cumulative import bdtr, bdtrc, betainccinv, fdtri, owens_t, pdtr, pdtrc
from chainrule.primitives.declare import constant_value, fitted, is_constant
from chainrule.primitives.elementary import (
    asinh,
    atan,
    cos,
    exp,
    expm1,
    log,
    log1p,
    logaddexp,
    sinh,
    sqrt,
    tan,
)
from chainrule.primitives.inverses import (
    betaincinv,
    fdtr,
    gammainccinv,
    gammaincinv,
    stdtr,
    stdtrit,
)
from chainrule.primitives.rounding import float_floor, floor
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


def _typed(*types: Type) -> Type:
    return array_of(promoted(types), broadcast_axes(types))


def _student(z: Any, df: Any) -> Any:
    half = 0.5 * (df + 1.0)
    return lgamma(half) - lgamma(0.5 * df) - 0.5 * (log(df) + LOG_PI) - half * log1p(z * z / df)


def _fisher(z: Any, dfn: Any, dfd: Any) -> Any:
    ratio = dfn / dfd
    return (
        xlogy(0.5 * dfn, ratio) + xlogy(0.5 * dfn - 1.0, z)
        - 0.5 * (dfn + dfd) * log1p(ratio * z) - betaln(0.5 * dfn, 0.5 * dfd)
    )  # fmt: skip


def _log_normal(z: Any, s: Any) -> Any:
    ratio = log(z) / s
    return -0.5 * (ratio * ratio) - log(s * z) - LOG_ROOT


def _binomial(k: Any, n: Any, p: Any) -> Any:
    ways = lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)
    return ways + xlogy(k, p) + xlog1py(n - k, -p)


def _negative_binomial(k: Any, n: Any, p: Any) -> Any:
    ways = lgamma(k + n) - lgamma(k + 1.0) - lgamma(n)
    return ways + n * log(p) + xlog1py(k, -p)


def _two_sided(z: Any) -> Any:
    return where(less(z, 0.0), 0.5 * exp(z), 1.0 - 0.5 * exp(-z))


def _two_sided_quantile(q: Any) -> Any:
    below = less(q, 0.5)
    return where(below, log(2.0 * q), -log(2.0 * (1.0 - q)))


def _exponentiated(z: Any, a: Any, c: Any) -> Any:
    raised = power(z, c)
    return log(a * c) + (a - 1.0) * log(-expm1(-raised)) - raised + (c - 1.0) * log(z)


def _bent_normal(z: Any, a: Any, b: Any) -> Any:
    normal = a + b * asinh(z)
    return log(b) - 0.5 * log1p(z * z) - 0.5 * (normal * normal) - LOG_ROOT


CONTINUOUS = (
    Distribution(
        "norm", (), lambda z: -0.5 * (z * z) - LOG_ROOT, ndtr, lambda z: ndtr(-z),
        ppf=ndtri, isf=lambda q: -ndtri(q),
    ),
    Distribution(
        "gamma", ("a",), lambda z, a: xlogy(a - 1.0, z) - z - lgamma(a),
        lambda z, a: gammainc(a, z), lambda z, a: gammaincc(a, z), HALF,
        ppf=lambda q, a: gammaincinv(a, q), isf=lambda q, a: gammainccinv(a, q),
    ),
    Distribution(
        "beta", ("a", "b"),
        lambda z, a, b: xlogy(a - 1.0, z) + xlog1py(b - 1.0, -z) - betaln(a, b),
        lambda z, a, b: betainc(a, b, z), lambda z, a, b: betainc(b, a, 1.0 - z), (0.0, 1.0),
        ppf=lambda q, a, b: betaincinv(a, b, q), isf=lambda q, a, b: betainccinv(a, b, q),
    ),
    Distribution(
        "expon", (), lambda z: -z, lambda z: -expm1(-z), lambda z: exp(-z), HALF,
        ppf=lambda q: -log1p(-q), isf=lambda q: -log(q),
    ),
    Distribution(
        "lognorm", ("s",), _log_normal, lambda z, s: ndtr(log(z) / s),
        lambda z, s: ndtr(-(log(z) / s)), HALF, ppf=lambda q, s: exp(s * ndtri(q)),
        isf=lambda q, s: exp(-(s * ndtri(q))),
    ),
    Distribution(
        "t", ("df",), _student, lambda z, df: stdtr(df, z), lambda z, df: stdtr(df, -z),
        ppf=lambda q, df: stdtrit(df, q), isf=lambda q, df: -stdtrit(df, q),
    ),
    Distribution(
        "f", ("dfn", "dfd"), _fisher, lambda z, n, d: fdtr(n, d, z),
        lambda z, n, d: fdtr(d, n, 1.0 / z), HALF, ppf=lambda q, n, d: fdtri(n, d, q),
        isf=lambda q, n, d: 1.0 / fdtri(d, n, q),
    ),
    Distribution(
        "chi2", ("df",),
        lambda z, df: xlogy(0.5 * df - 1.0, z) - 0.5 * z - lgamma(0.5 * df) - 0.5 * df * LOG_2,
        lambda z, df: gammainc(0.5 * df, 0.5 * z), lambda z, df: gammaincc(0.5 * df, 0.5 * z),
        HALF, ppf=lambda q, df: 2.0 * gammaincinv(0.5 * df, q),
        isf=lambda q, df: 2.0 * gammainccinv(0.5 * df, q),
    ),
    Distribution(
        "uniform", (), lambda z: 0.0 * z, lambda z: z, lambda z: 1.0 - z, (0.0, 1.0),
        ppf=lambda q: q, isf=lambda q: 1.0 - q,
    ),
    Distribution(
        "cauchy", (), lambda z: -log1p(z * z) - LOG_PI, lambda z: 0.5 + atan(z) / math.pi,
        lambda z: 0.5 - atan(z) / math.pi, ppf=lambda q: tan(math.pi * (q - 0.5)),
        isf=lambda q: tan(math.pi * (0.5 - q)),
    ),
    Distribution(
        "laplace", (), lambda z: -absolute(z) - LOG_2, _two_sided, lambda z: _two_sided(-z),
        ppf=_two_sided_quantile, isf=lambda q: -_two_sided_quantile(q),
    ),
    Distribution(
        "logistic", (), lambda z: -z - 2.0 * logaddexp(0.0, -z), expit, lambda z: expit(-z),
        ppf=logit, isf=lambda q: -logit(q),
    ),
    Distribution(
        "weibull_min", ("c",), lambda z, c: log(c) + xlogy(c - 1.0, z) - power(z, c),
        lambda z, c: -expm1(-power(z, c)), lambda z, c: exp(-power(z, c)), HALF,
        ppf=lambda q, c: power(-log1p(-q), 1.0 / c), isf=lambda q, c: power(-log(q), 1.0 / c),
    ),
    Distribution(
        "pareto", ("b",), lambda z, b: log(b) - (b + 1.0) * log(z),
        lambda z, b: 1.0 - power(z, -b), lambda z, b: power(z, -b), (1.0, math.inf),
        ppf=lambda q, b: power(1.0 - q, -1.0 / b), isf=lambda q, b: power(q, -1.0 / b),
    ),
    Distribution(
        "invgamma", ("a",), lambda z, a: -(a + 1.0) * log(z) - lgamma(a) - 1.0 / z,
        lambda z, a: gammaincc(a, 1.0 / z), lambda z, a: gammainc(a, 1.0 / z), HALF,
        ppf=lambda q, a: 1.0 / gammainccinv(a, q), isf=lambda q, a: 1.0 / gammaincinv(a, q),
    ),
    Distribution(
        "rayleigh", (), lambda z: log(z) - 0.5 * (z * z), lambda z: -expm1(-0.5 * (z * z)),
        lambda z: exp(-0.5 * (z * z)), HALF, ppf=lambda q: sqrt(-2.0 * log1p(-q)),
    ),
    Distribution(
        "gumbel_r", (), lambda z: -z - exp(-z), lambda z: exp(-exp(-z)),
        lambda z: -expm1(-exp(-z)), ppf=lambda q: -log(-log(q)), isf=lambda q: -log(-log1p(-q)),
    ),
    Distribution(
        "gumbel_l", (), lambda z: z - exp(z), lambda z: -expm1(-exp(z)), lambda z: exp(-exp(z)),
        ppf=lambda q: log(-log1p(-q)), isf=lambda q: log(-log(q)),
    ),
    Distribution(
        "halfnorm", (), lambda z: LOG_2 - LOG_ROOT - 0.5 * (z * z), lambda z: 2.0 * ndtr(z) - 1.0,
        lambda z: 2.0 * ndtr(-z), HALF, ppf=lambda q: ndtri(0.5 * (1.0 + q)),
        isf=lambda q: -ndtri(0.5 * q),
    ),
    Distribution(
        "maxwell", (), lambda z: LOG_2 - LOG_ROOT + 2.0 * log(z) - 0.5 * (z * z),
        lambda z: gammainc(1.5, 0.5 * (z * z)), lambda z: gammaincc(1.5, 0.5 * (z * z)), HALF,
        ppf=lambda q: sqrt(2.0 * gammaincinv(1.5, q)),
        isf=lambda q: sqrt(2.0 * gammainccinv(1.5, q)),
    ),
    Distribution(
        "powerlaw", ("a",), lambda z, a: log(a) + xlogy(a - 1.0, z), lambda z, a: power(z, a),
        lambda z, a: 1.0 - power(z, a), (0.0, 1.0), ppf=lambda q, a: power(q, 1.0 / a),
        isf=lambda q, a: power(1.0 - q, 1.0 / a),
    ),
    Distribution(
        "exponweib", ("a", "c"), _exponentiated, lambda z, a, c: power(-expm1(-power(z, c)), a),
        lambda z, a, c: 1.0 - power(-expm1(-power(z, c)), a), HALF,
        ppf=lambda q, a, c: power(-log1p(-power(q, 1.0 / a)), 1.0 / c),
        isf=lambda q, a, c: power(-log1p(-power(1.0 - q, 1.0 / a)), 1.0 / c),
    ),
    Distribution(
        "fisk", ("c",), lambda z, c: log(c) + (c - 1.0) * log(z) - 2.0 * log1p(power(z, c)),
        lambda z, c: 1.0 / (1.0 + power(z, -c)), lambda z, c: 1.0 / (1.0 + power(z, c)), HALF,
        ppf=lambda q, c: power(q / (1.0 - q), 1.0 / c),
        isf=lambda q, c: power((1.0 - q) / q, 1.0 / c),
    ),
    Distribution(
        "skewnorm", ("a",),
        lambda z, a: LOG_2 - LOG_ROOT - 0.5 * (z * z) + log_ndtr(a * z),
        lambda z, a: ndtr(z) - 2.0 * owens_t(z, a), lambda z, a: ndtr(-z) + 2.0 * owens_t(z, a),
    ),
    Distribution(
        "johnsonsu", ("a", "b"), _bent_normal, lambda z, a, b: ndtr(a + b * asinh(z)),
        lambda z, a, b: ndtr(-(a + b * asinh(z))), ppf=lambda q, a, b: sinh((ndtri(q) - a) / b),
        isf=lambda q, a, b: sinh((-ndtri(q) - a) / b),
    ),
    Distribution(
        "vonmises", ("kappa",), lambda z, k: k * (cos(z) - 1.0) - 2.0 * LOG_ROOT - log(i0e(k))
    ),
    *ELEMENTARY,
)  # fmt: skip
DISCRETE = (
    Distribution(
        "poisson", ("mu",), lambda k, mu: xlogy(k, mu) - lgamma(k + 1.0) - mu, pdtr, pdtrc, HALF,
        discrete=True,
    ),
    Distribution("binom", ("n", "p"), _binomial, bdtr, bdtrc, HALF, discrete=True),
    Distribution(
        "bernoulli", ("p",), lambda k, p: xlogy(k, p) + xlog1py(1.0 - k, -p), support=(0.0, 1.0),
        discrete=True,
    ),
    Distribution(
        "geom", ("p",), lambda k, p: log(p) + xlog1py(k - 1.0, -p),
        lambda k, p: -expm1(k * log1p(-p)), lambda k, p: exp(k * log1p(-p)), (1.0, math.inf),
        discrete=True,
    ),
    Distribution(
        "nbinom", ("n", "p"), _negative_binomial, lambda k, n, p: betainc(n, k + 1.0, p),
        lambda k, n, p: betainc(k + 1.0, n, 1.0 - p), HALF, discrete=True,
    ),
)  # fmt: skip


def _inside(z: Node, support: tuple[float, float]) -> Node | None:
    """Where a point is inside the support; None for the whole line."""
    low, high = support
    if low == -math.inf:
        return None
    inside: Node = z >= low
    if high != math.inf:
        inside = where(inside, z <= high, False)
    return inside


def _restricted(
    own: Distribution, of: Formula, outside: float
) -> Callable[[Node, tuple[Node, ...]], Node]:
    """``of`` inside the support, a constant outside."""

    def value(z: Node, shapes: tuple[Node, ...]) -> Node:
        if own.inside is not None:
            inside: Node | None = own.inside(z, *shapes)
            point = own.within(*shapes) if callable(own.within) else own.within
        else:
            inside = _inside(z, own.support)
            point = 1.0 if own.support[1] > 1.0 else 0.5 if own.support[0] >= 0.0 else 0.0
        if inside is None:
            return of(z, *shapes)  # type: ignore[no-any-return]
        found: Node = where(inside, of(where(inside, z, point), *shapes), outside)
        return found

    return value


def _whole(count: Node) -> Node:
    """The int below, which is known of a constant."""
    if is_constant(count):
        return count.graph.constant(math.floor(constant_value(count)))
    below: Node = float_floor(count) if unit_axes_of(count.type) else floor(count)
    return below


# What all distributions have where nothing is given.
DEFAULTS = {"loc": 0.0, "scale": 1.0}


def call_signature(names: tuple[str, ...]) -> str:
    """The signature of a method, in which place and scale may be left out."""
    return ", ".join(f"{name}={DEFAULTS[name]}" if name in DEFAULTS else name for name in names)


def _declared(own: Distribution, method: str, of: Formula) -> ArrayCall:
    @array_defined(
        f"{own.name}_{method}", spelled=f"scipy.stats.{own.name}.{method}",
        signature=call_signature(own.parameters), arrays=len(own.parameters), typed=_typed,
        uniform="taken", lengths=broadcast,
    )  # fmt: skip
    def primitive(x: Node, *others: Node) -> Node:
        shapes, loc = others[: len(own.shapes)], others[len(own.shapes)]
        if own.discrete:
            found: Node = of(_whole(x - loc), shapes)
            return found
        scale = others[-1]
        return of((x - loc) / scale, shapes, scale)  # type: ignore[no-any-return]

    primitive.__doc__ = f"The {method} of the {own.name} distribution."
    return primitive


def _methods(own: Distribution) -> dict[str, Formula]:
    """The methods of a distribution, as functions of the standard point, shapes and scale."""
    logarithm = _restricted(own, own.log_density, -math.inf)
    density = _restricted(own, lambda *args: exp(own.log_density(*args)), 0.0)
    if own.discrete:
        counts: dict[str, Formula] = {"logpmf": logarithm, "pmf": density}
        for name, of, outside in (("cdf", own.cdf, 0.0), ("sf", own.sf, 1.0)):
            if of is not None:
                counts[name] = _restricted(own, of, outside)
        return counts
    found: dict[str, Formula] = {
        "logpdf": lambda z, shapes, scale: logarithm(z, shapes) - log(scale),
        "pdf": lambda z, shapes, scale: density(z, shapes) / scale,
    }
    for name, of, outside in (("cdf", own.cdf, 0.0), ("sf", own.sf, 1.0)):
        if of is not None:
            part = _restricted(own, of, outside)
            found[name] = lambda z, shapes, scale, part=part: part(z, shapes)
    if own.name == "norm":
        found["logcdf"] = lambda z, shapes, scale: log_ndtr(z)
        found["logsf"] = lambda z, shapes, scale: log_ndtr(-z)
    return found


def _quantile(own: Distribution, method: str, of: Formula) -> ArrayCall:
    @array_defined(
        f"{own.name}_{method}", spelled=f"scipy.stats.{own.name}.{method}",
        signature=call_signature(own.quantile_parameters), arrays=len(own.parameters), typed=_typed,
        uniform="taken", lengths=broadcast,
    )  # fmt: skip
    def primitive(q: Node, *others: Node) -> Node:
        *shapes, loc, scale = others
        return loc + scale * of(q, *shapes)  # type: ignore[no-any-return]

    primitive.__doc__ = f"The quantiles of the {own.name} distribution."
    return primitive


class _Without:
    """The walk outside, for which one node is a constant."""

    def __init__(self, walker: Any, node: Node) -> None:
        self.walker = walker
        self.node = node

    def active(self, node: Node) -> bool:
        return node is not self.node and bool(self.walker.active(node))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.walker, name)


def _turned_around(own: Distribution, share: ArrayCall, density: ArrayCall) -> ArrayRule:
    """The quantiles where there is no formula for them: what the distribution function turns back.

    The slope by the share is one over the density, and by the others what the share at the
    quantile does not change by.
    """

    @array_rule(
        f"{own.name}_ppf", spelled=f"scipy.stats.{own.name}.ppf",
        signature=call_signature(own.quantile_parameters), arrays=len(own.parameters),
        typed=_typed, lengths=broadcast,
    )  # fmt: skip
    def primitive(walker: Any, node: Node, out_bar: Node) -> None:
        felt = out_bar / density(node, *node.args[1:])
        walker.accumulate(node.args[0], fitted(felt, node, node.args[0]))
        if any(map(walker.active, node.args[1:])):
            there = share(node, *node.args[1:])
            share.pull(_Without(walker, node), there, -felt)

    def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        change: Any = dots[0]
        if any(dot is not None for dot in dots[1:]):
            there = share(out, *args[1:])
            moved: Any = share.tangent(there, there.args, [None, *dots[1:]], there)
            change = -moved if change is None else change - moved
        found: Node = change / density(out, *args[1:])
        return found

    primitive.tangent_rule = tangent
    primitive.__doc__ = f"The quantiles of the {own.name} distribution."
    return primitive


# By the name of the distribution and of its method, with the names of its parameters.
DISTRIBUTIONS: dict[tuple[str, str], tuple[ArrayCall, tuple[str, ...]]] = {
    (own.name, method): (_declared(own, method, of), own.parameters)
    for own in (*CONTINUOUS, *DISCRETE)
    for method, of in _methods(own).items()
}
DISTRIBUTIONS |= {
    (own.name, method): (_quantile(own, method, of), own.quantile_parameters)
    for own in CONTINUOUS
    for method, of in (("ppf", own.ppf), ("isf", own.isf))
    if of is not None
}
DISTRIBUTIONS |= {
    (own.name, "ppf"): (
        _turned_around(own, DISTRIBUTIONS[own.name, "cdf"][0], DISTRIBUTIONS[own.name, "pdf"][0]),
        own.quantile_parameters,
    )
    for own in CONTINUOUS
    if own.ppf is None and own.cdf is not None
}
