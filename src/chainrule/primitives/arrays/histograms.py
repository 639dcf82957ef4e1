"""Sums of weights over bins: which bin an entry is in is flat, what is summed there is not."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.positions import bincount_weighted, digitize, histogram
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.shaping import dimension, reshape
from chainrule.primitives.declare import TABLE

SUMS = array_of("float64", (False,))


def _sums(a: Node, edges: Node, weights: Node) -> Node:
    """What the weights of the entries between each two edges add up to."""
    a, weights = (
        each if len(unit_axes_of(each.type)) == 1 else reshape(each, each.graph.constant(-1))
        for each in (a, weights)
    )
    count = dimension(edges, axis=0) - 1
    last = result_at(edges, count)
    place = digitize(a, edges) - 1
    # The last bin holds its upper edge.
    place = TABLE["where"](TABLE["equal"](a, last), count - 1, place)
    low, high = TABLE["greater_equal"](place, 0), TABLE["less"](place, count)
    inside = TABLE["where"](low, TABLE["where"](high, weights, 0.0), 0.0)
    place = TABLE["minimum"](TABLE["maximum"](place, 0), count - 1)
    return bincount_weighted(place, inside, count)


def result_at(edges: Node, place: Node) -> Node:
    """One entry of a list."""
    from chainrule.primitives.sequence import index

    return edges.graph.cursor.add(index, (edges, place))


def _sums_and_edges(a: Type, weights: Type, bins: Any = 10, range: Any = None) -> Type:
    return Record((SUMS, SUMS))


@array_defined(
    "histogram_weighted", "numpy.histogram", signature="a, weights, bins=10, range=None",
    arrays=2, named=1, typed=_sums_and_edges,
)  # fmt: skip
def histogram_weighted(a: Node, weights: Node, bins: Any, range: Any) -> Node:
    """What the weights of the entries in each of so many bins add up to, and the edges."""
    edges = result_of(histogram(a, bins=bins, range=range), 1)
    return results(_sums(a, edges, weights), edges)


@array_defined(
    "histogram_weighted_over", "numpy.histogram", signature="a, bins, weights",
    arrays=3, named=1, typed=lambda a, bins, weights: Record((SUMS, bins)),
)  # fmt: skip
def histogram_weighted_over(a: Node, bins: Node, weights: Node) -> Node:
    """What the weights of the entries in each of given bins add up to; the edges of the bins."""
    return results(_sums(a, bins, weights), bins)
