"""Descriptive statistics of :mod:`scipy.stats` and the density of the multivariate normal."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arithmetic import power
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.linear_algebra import matmul, slogdet, solve
from chainrule.primitives.arrays.records import result_of
from chainrule.primitives.arrays.reductions import array_sum, mean, reduced_axes, std
from chainrule.primitives.arrays.shaping import dimension, transpose
from chainrule.primitives.elementary import exp, sqrt
from chainrule.primitives.special import entr, rel_entr


def _reduced(a: Type, axis: Any = 0, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(real_promoted(a), reduced_axes(a, axis, keepdims))


def _kept(a: Type, **statics: Any) -> Type:
    return array_of(real_promoted(a), unit_axes_of(a))


def _centred(a: Node, axis: Any) -> Node:
    found: Node = a - _along(mean, a, axis)
    return found


def _along(reduction: Any, a: Node, axis: Any, **statics: Any) -> Any:
    """A reduction that can be put beside the array: of a vector it is a number."""
    if len(unit_axes_of(a.type)) == 1:
        return reduction(a, **statics)
    return reduction(a, axis=axis, keepdims=True, **statics)


def _count(a: Node, axis: Any) -> Node:
    whole: Any = dimension(a, axis=0 if axis is None else axis)
    if axis is None:
        for k in range(1, len(unit_axes_of(a.type))):
            whole = whole * dimension(a, axis=k)
    return 1.0 * whole  # type: ignore[no-any-return]


def _ratio_of_moments(a: Node, order: int, **along: Any) -> Any:
    """A central moment, by that power of the standard deviation."""
    deviation = _centred(a, along["axis"])
    spread = mean(deviation * deviation, **along)
    return mean(power(deviation, order), **along) / power(spread, 0.5 * order)


@array_defined("zscore", "scipy.stats.zscore", signature="a, axis=0, ddof=0", typed=_kept,
               lengths=as_first)  # fmt: skip
def zscore(a: Node, axis: Any, ddof: int) -> Node:
    """Distances from the mean in standard deviations."""
    found: Node = _centred(a, axis) / _along(std, a, axis, ddof=ddof)
    return found


@array_defined("skew", "scipy.stats.skew", signature="a, axis=0, bias=True, keepdims=False",
               typed=_reduced)  # fmt: skip
def skew(a: Node, axis: Any, bias: bool, keepdims: bool) -> Node:
    """Third central moment, by the cube of the standard deviation."""
    found = _ratio_of_moments(a, 3, axis=axis, keepdims=keepdims)
    if not bias:
        n = _count(a, axis)
        found = found * (sqrt(n * (n - 1.0)) / (n - 2.0))
    return found  # type: ignore[no-any-return]


@array_defined(
    "kurtosis", "scipy.stats.kurtosis",
    signature="a, axis=0, fisher=True, bias=True, keepdims=False", typed=_reduced,
)  # fmt: skip
def kurtosis(a: Node, axis: Any, fisher: bool, bias: bool, keepdims: bool) -> Node:
    """Fourth central moment, by the square of the variance; less 3 unless asked otherwise."""
    found = _ratio_of_moments(a, 4, axis=axis, keepdims=keepdims)
    if not bias:
        n = _count(a, axis)
        found = ((n + 1.0) * found - 3.0 * (n - 1.0)) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) + 3.0
    return found - 3.0 if fisher else found  # type: ignore[no-any-return]


@array_defined("sem", "scipy.stats.sem", signature="a, axis=0, ddof=1, keepdims=False",
               typed=_reduced)  # fmt: skip
def sem(a: Node, axis: Any, ddof: int, keepdims: bool) -> Node:
    """Standard error of the mean."""
    spread: Node = std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    found: Node = spread / sqrt(_count(a, axis))
    return found


@array_defined("variation", "scipy.stats.variation", signature="a, axis=0, ddof=0, keepdims=False",
               typed=_reduced)  # fmt: skip
def variation(a: Node, axis: Any, ddof: int, keepdims: bool) -> Node:
    """Standard deviation, by the mean."""
    spread: Node = std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return spread / mean(a, axis=axis, keepdims=keepdims)


@array_defined("entropy", "scipy.stats.entropy", signature="pk, base=None, axis=0, keepdims=False",
               typed=lambda pk, base, axis, keepdims: _reduced(pk, axis, keepdims))  # fmt: skip
def entropy(pk: Node, base: Any, axis: Any, keepdims: bool) -> Node:
    """Entropy of frequencies."""
    share = pk / _along(array_sum, pk, axis)
    found = array_sum(entr(share), axis=axis, keepdims=keepdims)
    return found if base is None else found / math.log(base)


@array_defined(
    "relative_entropy", "scipy.stats.entropy", arrays=2,
    signature="pk, qk, base=None, axis=0, keepdims=False",
    typed=lambda pk, qk, base, axis, keepdims: _reduced(pk, axis, keepdims),
)  # fmt: skip
def relative_entropy(pk: Node, qk: Node, base: Any, axis: Any, keepdims: bool) -> Node:
    """Relative entropy of frequencies."""
    share, other = (each / _along(array_sum, each, axis) for each in (pk, qk))
    found = array_sum(rel_entr(share, other), axis=axis, keepdims=keepdims)
    return found if base is None else found / math.log(base)


# --- the multivariate normal --------------------------------------------------------------


def _one_each(x: Type, mean: Type, cov: Type) -> Type:
    return array_of(real_promoted(x, mean, cov), unit_axes_of(x)[:-1])


def _log_density(x: Node, mean: Node, cov: Node) -> Node:
    deviation = x - mean
    if len(unit_axes_of(deviation.type)) == 1:
        distance = matmul(deviation, solve(cov, deviation))
    else:
        solved = transpose(solve(cov, transpose(deviation)))
        distance = array_sum(deviation * solved, axis=1)
    volume = result_of(slogdet(cov), 1)
    constant = math.log(2.0 * math.pi) * dimension(cov, axis=0)
    return -0.5 * (distance + volume + constant)


NORMAL: dict[str, Any] = {
    "arrays": 3, "signature": "x, mean, cov", "typed": _one_each, "uniform": "taken",
}  # fmt: skip
normal_logpdf = array_defined(
    "multivariate_normal_logpdf", spelled="scipy.stats.multivariate_normal.logpdf", **NORMAL
)(_log_density)
normal_pdf = array_defined(
    "multivariate_normal_pdf", spelled="scipy.stats.multivariate_normal.pdf", **NORMAL
)(lambda x, mean, cov: exp(_log_density(x, mean, cov)))
