"""Positions, counts and orders of entries: no derivative flows through them.

Where a call gives several arrays of positions, its node is a record of them.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    Record,
    Type,
    array_of,
    dtype_of,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import array_flat, array_linear
from chainrule.primitives.arrays.creation import axes_of_sizes, linspace
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import (
    Lengths,
    Of,
    as_first,
    in_common,
    named,
    number,
)
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.shaping import reshape
from chainrule.primitives.declare import Cost

LIST = array_of("int64", (False,))


def _pairs(*types: Type, **statics: Any) -> Type:
    return Record((LIST, LIST))


nonzero = array_flat(
    "nonzero", "numpy.nonzero", signature="a", method="nonzero",
    typed=lambda a: Record((LIST,) * len(unit_axes_of(a))), lengths=in_common,
    doc="Positions of the entries that are not 0, axis by axis.",
)  # fmt: skip
flatnonzero = array_flat(
    "flatnonzero", "numpy.flatnonzero", signature="a", typed=lambda a: LIST,
    doc="Positions, in the flat array, of the entries that are not 0.",
)  # fmt: skip
argwhere = array_flat(
    "argwhere", "numpy.argwhere", signature="a",
    typed=lambda a: array_of("int64", (False, len(unit_axes_of(a)) == 1)),
    doc="Positions of the entries that are not 0, a row for each.",
)  # fmt: skip
unravel_index = array_flat(
    "unravel_index", "numpy.unravel_index", signature="indices, shape", sizes="shape",
    typed=lambda indices, sizes: Record((array_of("int64", unit_axes_of(indices)),) * len(sizes)),
    lengths=as_first,
    doc="Positions in the flat array as positions along the axes.",
)  # fmt: skip
tril_indices = array_flat(
    "tril_indices", "numpy.tril_indices", signature="n, k=0, m=None", arrays=0, sizes="n",
    typed=_pairs, lengths=in_common, doc="Positions of the lower triangle.",
)  # fmt: skip
triu_indices = array_flat(
    "triu_indices", "numpy.triu_indices", signature="n, k=0, m=None", arrays=0, sizes="n",
    typed=_pairs, lengths=in_common, doc="Positions of the upper triangle.",
)  # fmt: skip
diag_indices = array_flat(
    "diag_indices", "numpy.diag_indices", signature="n, ndim=2", arrays=0, sizes="n",
    typed=lambda sizes, ndim=2: Record((LIST,) * ndim), lengths=in_common,
    doc="Positions of the diagonal.",
)  # fmt: skip
tril_indices_from = array_flat(
    "tril_indices_from", "numpy.tril_indices_from", signature="arr, k=0", typed=_pairs,
    lengths=in_common,
    doc="Positions of the lower triangle of a matrix.",
)  # fmt: skip
triu_indices_from = array_flat(
    "triu_indices_from", "numpy.triu_indices_from", signature="arr, k=0", typed=_pairs,
    lengths=in_common,
    doc="Positions of the upper triangle of a matrix.",
)  # fmt: skip
diag_indices_from = array_flat(
    "diag_indices_from", "numpy.diag_indices_from", signature="arr",
    typed=lambda arr: Record((LIST,) * len(unit_axes_of(arr))),
    doc="Positions of the diagonal of a matrix.",
)  # fmt: skip
# The positions that these give are all different along each axis,
DIAGONAL = (diag_indices, diag_indices_from)
# and these along all axes together.
DISTINCT = (nonzero, tril_indices, triu_indices, tril_indices_from, triu_indices_from, *DIAGONAL)

indices = array_flat(
    "indices", "numpy.indices", signature="dimensions", arrays=0, sizes="dimensions",
    typed=lambda sizes: array_of("int64", (len(sizes) == 1, *axes_of_sizes(sizes))),
    doc="The positions of every entry of a shape.",
)  # fmt: skip
tri = array_flat(
    "tri", "numpy.tri", signature="N, M=None, k=0", arrays=0, sizes="N",
    typed=lambda sizes, M=None, k=0: array_of("float64", (False, False)),
    doc="Ones at and below a diagonal.",
)  # fmt: skip


def _like(dtype: str) -> Any:
    return lambda x, *others, **statics: array_of(dtype, unit_axes_of(x))


digitize = array_flat(
    "digitize", "numpy.digitize", signature="x, bins, right=False", arrays=2, typed=_like("int64"),
    lengths=as_first,
    doc="In which bin each entry lies.",
)  # fmt: skip
lexsort = array_flat(
    "lexsort", "numpy.lexsort", signature="keys", spread=True, typed=lambda *keys: LIST,
    doc="The order by several keys, the last one first.",
)  # fmt: skip
isin = array_flat(
    "isin", "numpy.isin", signature="element, test_elements", arrays=2, typed=_like("bool"),
    lengths=as_first,
    doc="Which entries occur among others.",
)  # fmt: skip
array_round = array_flat(
    "array_round", "numpy.round", "numpy.around", signature="a, decimals=0", method="round",
    typed=lambda a, decimals=0: a, lengths=as_first, doc="Entries rounded to decimals.",
)  # fmt: skip
allclose = array_flat(
    "allclose", "numpy.allclose", signature="a, b, rtol=1e-05, atol=1e-08, equal_nan=False",
    arrays=2, typed=lambda *types, **statics: BOOL, doc="Whether two arrays are nearly equal.",
)  # fmt: skip
matrix_rank = array_flat(
    "matrix_rank", "numpy.linalg.matrix_rank", signature="A, tol=None",
    typed=lambda A, tol=None: array_of("int64", unit_axes_of(A)[:-2]), doc="Rank of a matrix.",
)  # fmt: skip


def _counts_and_edges(a: Type, bins: Any = None, range: Any = None) -> Type:
    return Record((LIST, array_of("float64", (False,))))


@array_defined(
    "histogram", "numpy.histogram", signature="a, bins=10, range=None", typed=_counts_and_edges
)
def histogram(a: Node, bins: Any, range: Any) -> Node:
    """How many entries lie in each of so many bins; the edges reach from the least to the last."""
    from chainrule.primitives.arrays.reductions import array_max, array_min

    nothing = a.graph.constant(0.0)
    if range is not None:
        return results(nothing, nothing)
    return results(nothing, linspace(array_min(a), array_max(a), a.graph.constant(bins + 1)))


@array_defined(
    "histogram_over", "numpy.histogram", signature="a, bins", arrays=2,
    typed=lambda a, bins: Record((LIST, bins)),
)  # fmt: skip
def histogram_over(a: Node, bins: Node) -> Node:
    """How many entries lie in given bins; the edges of the bins."""
    return results(a.graph.constant(0.0), bins)


def _extreme(a: Type, axis: Any = None, keepdims: bool = False) -> Type:
    from chainrule.primitives.arrays.reductions import reduced_axes

    return array_of("int64", reduced_axes(a, axis, keepdims))


nanargmax = array_flat(
    "nanargmax", "numpy.nanargmax", signature="a, axis=None", typed=_extreme,
    doc="Position of the largest entry that is a number.",
)  # fmt: skip
nanargmin = array_flat(
    "nanargmin", "numpy.nanargmin", signature="a, axis=None", typed=_extreme,
    doc="Position of the smallest entry that is a number.",
)  # fmt: skip


def _unique_types(
    ar: Type, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Type:
    counts = (return_index, return_inverse, return_counts)
    return Record((array_of(dtype_of(ar), (False,)), *(LIST for wanted in counts if wanted)))


_first_ones = array_flat(
    "unique_positions", "numpy.unique", signature="ar, return_index=True", typed=_unique_types,
    always={"return_index": True}, doc="The different entries, and where each stands first.",
)  # fmt: skip


@array_defined(
    "unique", "numpy.unique", signature="ar", typed=lambda ar: array_of(dtype_of(ar), (False,))
)
def unique(ar: Node) -> Node:
    """The different entries in ascending order; of equal ones the first counts."""
    flat = ar if len(unit_axes_of(ar.type)) == 1 else reshape(ar, ar.graph.constant(-1))
    return at_positions(flat, result_of(_first_ones(ar), 1), 0, unique=True)


@array_defined(
    "unique_with", "numpy.unique",
    signature="ar, return_index=False, return_inverse=False, return_counts=False",
    typed=_unique_types,
)  # fmt: skip
def unique_with(ar: Node, **wanted: bool) -> Node:
    """The different entries, where they stand and how often."""
    nothing = ar.graph.constant(0.0)
    return results(unique.definition(ar), *(nothing for each in wanted.values() if each))


def _as_counts(node: Node, of: Of) -> Lengths:
    """The length that all counts and sums over the same positions have."""
    return (named("counts", node.args[0].serial, number(node.args[-1], of)),)


bincount = array_flat(
    "bincount", "numpy.bincount", signature="x, weights=None, minlength=0",
    sizes="minlength", typed=lambda x, weights, sizes: LIST, lengths=_as_counts,
    doc="How often each number occurs.",
)  # fmt: skip


@array_linear(
    "bincount_weighted", "numpy.bincount", signature="x, weights, minlength=0", arrays=2,
    sizes="minlength", typed=lambda x, weights, sizes: array_of("float64", (False,)),
    lengths=_as_counts, cost=Cost.ADD,
)  # fmt: skip
def bincount_weighted(walker: Any, node: Node, out_bar: Node) -> None:
    """Sums of the weights of the entries that are 0, 1, ...; each weight enters one of these."""
    x, weights, *_ = node.args
    walker.accumulate(weights, at_positions(out_bar, x, 0))


bincount_weighted.linear_in = (1,)
