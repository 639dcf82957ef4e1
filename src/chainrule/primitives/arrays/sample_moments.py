"""Moments and spreads of samples in :mod:`scipy.stats`, on straight lines and on circles."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes, inexact_promoted, promoted
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.quantiles import median
from chainrule.primitives.arrays.reductions import mean, reduced_axes, std
from chainrule.primitives.declare import TABLE
from chainrule.primitives.elementary import atan2, cos, exp, hypot, log, sin, sqrt


def _reduced(a: Type, axis: Any = 0, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(inexact_promoted(a), reduced_axes(a, axis, keepdims))


@array_defined("moment", "scipy.stats.moment", signature="a, order=1, axis=0", typed=_reduced)
def moment(a: Node, order: int, axis: Any) -> Node:
    """The mean of a power of the distances from the mean."""
    gaps = a - mean(a, axis=axis, keepdims=True)
    found: Node = mean(gaps**order, axis=axis)
    return found


@array_defined("gstd", "scipy.stats.gstd", signature="a, axis=0, ddof=1", typed=_reduced)
def gstd(a: Node, axis: Any, ddof: int) -> Node:
    """The factor by which a sample spreads."""
    found: Node = exp(std(log(a), axis=axis, ddof=ddof))
    return found


@array_defined(
    "zmap", "scipy.stats.zmap", signature="scores, compare, axis=0, ddof=0", arrays=2,
    typed=lambda scores, compare, **statics: array_of(
        promoted((scores, compare)), broadcast_axes((scores, compare))
    ),
)  # fmt: skip
def zmap(scores: Node, compare: Node, axis: Any, ddof: int) -> Node:
    """Distances from the mean of another sample, in its standard deviation."""
    spread = std(compare, axis=axis, ddof=ddof, keepdims=True)
    return (scores - mean(compare, axis=axis, keepdims=True)) / spread


@array_defined(
    "median_abs_deviation", "scipy.stats.median_abs_deviation", signature="x, axis=0",
    typed=_reduced,
)  # fmt: skip
def median_abs_deviation(x: Node, axis: Any) -> Node:
    """The middle of the distances from the middle."""
    gaps = TABLE["absolute"](x - median(x, axis=axis, keepdims=True))
    return median(gaps, axis=axis)


def _circular(samples: Node, high: Any, low: Any, axis: Any) -> tuple[Node, Node, float]:
    """The mean point on the circle, and how far a full turn is in the unit of the samples."""
    turn = (float(high) - float(low)) / (2.0 * math.pi)
    angles = (samples - float(low)) / turn
    return mean(cos(angles), axis=axis), mean(sin(angles), axis=axis), turn


CIRCLE = f"samples, high={2.0 * math.pi!r}, low=0, axis=None"


def _on_circle(samples: Type, high: Any = 0, low: Any = 0, axis: Any = None) -> Type:
    return _reduced(samples, axis)


@array_defined("circmean", "scipy.stats.circmean", signature=CIRCLE, typed=_on_circle)
def circmean(samples: Node, high: Any, low: Any, axis: Any) -> Node:
    """The mean direction, up to whole turns, which have no slope."""
    across, along, turn = _circular(samples, high, low, axis)
    return atan2(along, across) * turn  # type: ignore[no-any-return]


@array_defined("circvar", "scipy.stats.circvar", signature=CIRCLE, typed=_on_circle)
def circvar(samples: Node, high: Any, low: Any, axis: Any) -> Node:
    """How far the mean point is from the circle."""
    across, along, _ = _circular(samples, high, low, axis)
    return 1.0 - hypot(along, across)  # type: ignore[no-any-return]


@array_defined("circstd", "scipy.stats.circstd", signature=CIRCLE, typed=_on_circle)
def circstd(samples: Node, high: Any, low: Any, axis: Any) -> Node:
    """The standard deviation of directions."""
    across, along, turn = _circular(samples, high, low, axis)
    return turn * sqrt(-2.0 * log(hypot(along, across)))  # type: ignore[no-any-return]
