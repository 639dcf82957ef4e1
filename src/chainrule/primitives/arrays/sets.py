"""Arrays as sets: the different entries of two arrays, in ascending order."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, promoted, unit_axes_of
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.arrays.masks import array_not
from chainrule.primitives.arrays.positions import isin, unique
from chainrule.primitives.arrays.shaping import concatenate, reshape


def _of_first(first: Type, second: Type) -> Type:
    return array_of(dtype_of(first), (False,))


def _different(a: Node) -> Node:
    found: Node = unique.definition(a)
    return found


def _chosen(entries: Node, mask: Node) -> Node:
    return entries.graph.cursor.add(section, (entries, mask), ("m",))


@array_defined(
    "setdiff1d", "numpy.setdiff1d", signature="ar1, ar2", arrays=2, typed=_of_first
)  # fmt: skip
def setdiff1d(ar1: Node, ar2: Node) -> Node:
    """The different entries of the first array that the second one does not have."""
    entries = _different(ar1)
    return _chosen(entries, array_not(isin(entries, ar2)))


@array_defined(
    "intersect1d", "numpy.intersect1d", signature="ar1, ar2", arrays=2, typed=_of_first
)  # fmt: skip
def intersect1d(ar1: Node, ar2: Node) -> Node:
    """The different entries of the first array that the second one has, too."""
    entries = _different(ar1)
    return _chosen(entries, isin(entries, ar2))


@array_defined(
    "union1d", "numpy.union1d", signature="ar1, ar2", arrays=2,
    typed=lambda ar1, ar2: array_of(promoted((ar1, ar2)), (False,)),
)  # fmt: skip
def union1d(ar1: Node, ar2: Node) -> Node:
    """The different entries of two arrays; of equal ones that of the first counts."""
    parts = [
        part if len(unit_axes_of(part.type)) == 1 else reshape(part, part.graph.constant(-1))
        for part in (ar1, ar2)
    ]
    return _different(concatenate(*parts, axis=0))
