"""Straight lines through points and the correlation of two samples, of :mod:`scipy.stats`."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Record, Type
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.records import results
from chainrule.primitives.arrays.reductions import array_sum, mean
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.elementary import sqrt
from chainrule.primitives.special import betainc


def _moments(x: Node, y: Node) -> tuple[Any, Any, Any]:
    """Sums of squares about the means, and of products."""
    across, up = x - mean(x), y - mean(y)
    return array_sum(across * across), array_sum(up * up), array_sum(across * up)


def _chance(r: Any, freedom: Any) -> Any:
    """How likely uncorrelated samples are as far from 0: Student's test of both sides."""
    return betainc(0.5 * freedom, 0.5, (1.0 - r) * (1.0 + r))


def _line(x: Type, y: Type) -> Type:
    return Record((FLOAT,) * 5)


@array_defined("linregress", "scipy.stats.linregress", signature="x, y", arrays=2, typed=_line)
def linregress(x: Node, y: Node) -> Node:
    """Slope, intercept, correlation, its p-value and the error of the slope."""
    xx, yy, xy = _moments(x, y)
    slope, r = xy / xx, xy / sqrt(xx * yy)
    freedom = 1.0 * dimension(x, axis=0) - 2.0
    error = sqrt((1.0 - r) * (1.0 + r) * yy / xx / freedom)
    return results(slope, mean(y) - slope * mean(x), r, _chance(r, freedom), error)


@array_defined(
    "pearsonr", "scipy.stats.pearsonr", signature="x, y", arrays=2,
    typed=lambda x, y: Record((FLOAT, FLOAT)),
)  # fmt: skip
def pearsonr(x: Node, y: Node) -> Node:
    """Correlation of two samples, and its p-value."""
    xx, yy, xy = _moments(x, y)
    r = xy / sqrt(xx * yy)
    return results(r, _chance(r, 1.0 * dimension(x, axis=0) - 2.0))
