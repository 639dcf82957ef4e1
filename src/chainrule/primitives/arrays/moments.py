"""Means, variances, deviations, medians and entropies of SciPy's distributions, by parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes, promoted
from chainrule.primitives.arithmetic import greater
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.distribution import LOG_2, LOG_ROOT, Distribution
from chainrule.primitives.arrays.distributions import CONTINUOUS, DISCRETE, call_signature
from chainrule.primitives.arrays.lengths import broadcast
from chainrule.primitives.choices import where
from chainrule.primitives.elementary import exp, expm1, log, sqrt
from chainrule.primitives.special import betaln, digamma, gamma, lgamma
from chainrule.records import dataclass

EULER = 0.5772156649015329
Formula = Callable[..., Any]


@dataclass(frozen=True)
class Moments:
    """The mean, the variance and the entropy of a distribution in its standard form."""

    mean: Formula
    variance: Formula
    entropy: Formula | None = None


def _beyond(least: float, of: Formula) -> Formula:
    """A moment that is infinite up to a value of the last shape, where it has no slope."""

    def moment(*shapes: Any) -> Any:
        finite = greater(shapes[-1], least)
        safe = where(finite, shapes[-1], least + 1.0)
        return where(finite, of(*shapes[:-1], safe), math.inf)

    return moment


def _beta_variance(a: Any, b: Any) -> Any:
    total = a + b
    return a * b / (total * total * (total + 1.0))


def _beta_entropy(a: Any, b: Any) -> Any:
    known = betaln(a, b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b)
    return known + (a + b - 2.0) * digamma(a + b)


def _gamma_entropy(a: Any) -> Any:
    return a + lgamma(a) + (1.0 - a) * digamma(a)


def _weibull_variance(c: Any) -> Any:
    mean = gamma(1.0 + 1.0 / c)
    return gamma(1.0 + 2.0 / c) - mean * mean


def _student_entropy(df: Any) -> Any:
    half = 0.5 * (df + 1.0)
    return half * (digamma(half) - digamma(0.5 * df)) + 0.5 * log(df) + betaln(0.5 * df, 0.5)


def _tail_variance(shape: Any) -> Any:
    below = shape - 1.0
    return 1.0 / (below * below * (shape - 2.0))


def _triangle_variance(c: Any) -> Any:
    return (1.0 - c + c * c) / 18.0


def _fisher_variance(dfn: Any, dfd: Any) -> Any:
    rest = dfd - 2.0
    return 2.0 * dfd * dfd * (dfn + rest) / (dfn * rest * rest * (dfd - 4.0))


# Without shapes these are numbers.
MOMENTS: dict[str, Moments] = {
    "norm": Moments(lambda: 0.0, lambda: 1.0, lambda: LOG_ROOT + 0.5),
    "expon": Moments(lambda: 1.0, lambda: 1.0, lambda: 1.0),
    "uniform": Moments(lambda: 0.5, lambda: 1.0 / 12.0, lambda: 0.0),
    "laplace": Moments(lambda: 0.0, lambda: 2.0, lambda: LOG_2 + 1.0),
    "logistic": Moments(lambda: 0.0, lambda: math.pi**2 / 3.0, lambda: 2.0),
    "gumbel_r": Moments(lambda: EULER, lambda: math.pi**2 / 6.0, lambda: EULER + 1.0),
    "gumbel_l": Moments(lambda: -EULER, lambda: math.pi**2 / 6.0, lambda: EULER + 1.0),
    "rayleigh": Moments(lambda: math.sqrt(0.5 * math.pi), lambda: 2.0 - 0.5 * math.pi),
    "halfnorm": Moments(lambda: math.sqrt(2.0 / math.pi), lambda: 1.0 - 2.0 / math.pi),
    "maxwell": Moments(lambda: 2.0 * math.sqrt(2.0 / math.pi), lambda: 3.0 - 8.0 / math.pi),
    "gamma": Moments(lambda a: a, lambda a: a, _gamma_entropy),
    "erlang": Moments(lambda a: a, lambda a: a, _gamma_entropy),
    "chi2": Moments(
        lambda df: df, lambda df: 2.0 * df, lambda df: _gamma_entropy(0.5 * df) + LOG_2
    ),
    "beta": Moments(lambda a, b: a / (a + b), _beta_variance, _beta_entropy),
    "lognorm": Moments(
        lambda s: exp(0.5 * s * s), lambda s: expm1(s * s) * exp(s * s),
        lambda s: LOG_ROOT + 0.5 + log(s),
    ),
    "t": Moments(
        lambda df: 0.0 * df, _beyond(2.0, lambda df: df / (df - 2.0)), _student_entropy
    ),
    "f": Moments(_beyond(2.0, lambda dfn, dfd: dfd / (dfd - 2.0)), _beyond(4.0, _fisher_variance)),
    "weibull_min": Moments(
        lambda c: gamma(1.0 + 1.0 / c), _weibull_variance,
        lambda c: EULER * (1.0 - 1.0 / c) - log(c) + 1.0,
    ),
    "pareto": Moments(
        _beyond(1.0, lambda b: b / (b - 1.0)), _beyond(2.0, lambda b: b * _tail_variance(b)),
        lambda b: 1.0 + 1.0 / b - log(b),
    ),
    "lomax": Moments(
        _beyond(1.0, lambda c: 1.0 / (c - 1.0)), _beyond(2.0, lambda c: c * _tail_variance(c)),
        lambda c: 1.0 + 1.0 / c - log(c),
    ),
    "invgamma": Moments(
        _beyond(1.0, lambda a: 1.0 / (a - 1.0)), _beyond(2.0, _tail_variance),
        lambda a: a + lgamma(a) - (1.0 + a) * digamma(a),
    ),
    "invgauss": Moments(lambda mu: mu, lambda mu: mu * mu * mu),
    "powerlaw": Moments(
        lambda a: a / (a + 1.0), lambda a: a / ((a + 2.0) * (a + 1.0) * (a + 1.0)),
        lambda a: 1.0 - 1.0 / a - log(a),
    ),
    "triang": Moments(
        lambda c: (1.0 + c) / 3.0, _triangle_variance, lambda c: 0.0 * c + 0.5 - LOG_2
    ),
    "poisson": Moments(lambda mu: mu, lambda mu: mu),
    "binom": Moments(lambda n, p: n * p, lambda n, p: n * p * (1.0 - p)),
    "bernoulli": Moments(lambda p: p, lambda p: p * (1.0 - p)),
    "geom": Moments(lambda p: 1.0 / p, lambda p: (1.0 - p) / (p * p)),
    "nbinom": Moments(lambda n, p: n * (1.0 - p) / p, lambda n, p: n * (1.0 - p) / (p * p)),
}  # fmt: skip


def _typed(*types: Type) -> Type:
    return array_of(promoted(types), broadcast_axes(types))


def _placed(own: Distribution, method: str, of: Formula) -> tuple[ArrayCall, tuple[str, ...]]:
    """A method that is given no point, and the names of its parameters."""
    names = own.parameters[1:]

    @array_defined(
        f"{own.name}_{method}", spelled=f"scipy.stats.{own.name}.{method}",
        signature=call_signature(names), arrays=len(names), typed=_typed, lengths=broadcast,
    )  # fmt: skip
    def primitive(*args: Node) -> Any:
        shapes, loc = args[: len(own.shapes)], args[len(own.shapes)]
        scale = loc.graph.constant(1.0) if own.discrete else args[-1]
        return of(shapes, loc, scale)

    primitive.__doc__ = f"The {method} of the {own.name} distribution."
    return primitive, names


def _methods(own: Distribution, known: Moments | None) -> dict[str, Formula]:
    found: dict[str, Formula] = {}
    if known is not None:
        found["mean"] = lambda shapes, loc, scale: loc + scale * known.mean(*shapes)
        found["var"] = lambda shapes, loc, scale: scale * scale * known.variance(*shapes)
        found["std"] = lambda shapes, loc, scale: scale * _root(known.variance(*shapes))
        if known.entropy is not None:
            entropy = known.entropy
            found["entropy"] = lambda shapes, loc, scale: log(scale) + entropy(*shapes)
    if own.ppf is not None and not own.discrete:
        ppf = own.ppf
        found["median"] = lambda shapes, loc, scale: (
            loc + scale * ppf(loc.graph.constant(0.5), *shapes)
        )
    return found


def _root(variance: Any) -> Any:
    return math.sqrt(variance) if isinstance(variance, float) else sqrt(variance)


# By the name of the distribution and of its method, with the names of its parameters.
OF_PARAMETERS: dict[tuple[str, str], tuple[ArrayCall, tuple[str, ...]]] = {
    (own.name, method): _placed(own, method, of)
    for own in (*CONTINUOUS, *DISCRETE)
    for method, of in _methods(own, MOMENTS.get(own.name)).items()
}
