"""Quantiles, percentiles and medians: weighted means of neighbours in the sorted order."""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import FLOATING, Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.creation import astype, full_like, literal
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import Lengths, Of, reduced
from chainrule.primitives.arrays.rearranging import at_positions, sort, take_along_axis
from chainrule.primitives.arrays.reductions import array_sum, mean, reduced_axes
from chainrule.primitives.arrays.shaping import (
    dimension,
    expand_dims,
    moveaxis,
    reshape,
    squeeze,
    transpose,
)
from chainrule.primitives.declare import TABLE

# The constants by which these methods place a quantile (Hyndman and Fan, 1996).
ENDS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "median_unbiased": (1 / 3.0, 1 / 3.0),
    "normal_unbiased": (3 / 8.0, 3 / 8.0),
}
STEPS = ("inverted_cdf", "averaged_inverted_cdf")
SIGNATURE = "a, q, axis=None, method='linear', keepdims=False"


def merged(a: Node, axis: Any) -> Node:
    """``a`` with the axes that are reduced as one, the last."""
    rank = len(unit_axes_of(a.type))
    if rank == 0:
        return a.graph.cursor.add(literal, (a,), ((1,), None))
    if rank == 1:
        return a
    if axis is None:
        return reshape(a, a.graph.constant(-1))
    gone = axes_of(axis, rank)
    kept = [k for k in range(rank) if k not in gone]
    if len(gone) == 1:
        return a if gone[0] == rank - 1 else moveaxis(a, source=gone[0], destination=-1)
    turned = transpose(a, axes=(*kept, *gone))
    sizes = [dimension(a, axis=k) for k in kept]
    return reshape(turned, *sizes, a.graph.constant(-1))


def _quantile_type(
    a: Type, q: Type, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Type:
    dtype = dtype_of(a) if dtype_of(a) in FLOATING else "float64"
    return array_of(dtype, unit_axes_of(q) + reduced_axes(a, axis, keepdims))


def _place(q: Node, last: Node, method: str) -> Node:
    """Where a quantile stands between the positions of the entries, as NumPy computes it."""
    place: Node = q * last
    if method in ENDS:
        low, high = ENDS[method]
        place = (last + 1) * q + (low + q * (1 - low - high)) - 1
    elif method in STEPS:
        place = (last + 1) * q - 1
    return place


def _share(place: Node, low: Node, method: str) -> Node:
    """How much of the entry above the place goes into the quantile."""
    if method == "linear" or method in ENDS:
        found: Node = place - low
        return found
    between: Node = TABLE["less"](low, place)
    parts = SHARES.get(method)
    if parts is not None:
        chosen: Node = TABLE["where"](between, *parts)
        return chosen
    if method == "nearest":
        # Of two that are as near the one at an even position.
        many = bool(unit_axes_of(place.type))
        near: Node = TABLE["float_round" if many else "round"](place)
        return near - low
    raise UnsupportedError(
        f"quantiles by the method {method!r}",
        remedy="Use another method, such as linear, hazen or inverted_cdf.",
        position=place.graph.origin.position,
    )


# How much goes in where the place is between two entries, and where it is at one.
SHARES = {
    "higher": (1.0, 0.0),
    "midpoint": (0.5, 0.0),
    "inverted_cdf": (1.0, 0.0),
    "averaged_inverted_cdf": (1.0, 0.5),
}


def _between(ordered: Node, place: Node, last: Node, method: str) -> Node:
    """Entries of the sorted last axis at a place between positions."""
    many = bool(unit_axes_of(place.type))
    below: Node = TABLE["float_floor" if many else "floor"](place)
    low = astype(below, dtype="int64") if many else below
    least, most = ("minimum", "maximum") if many else ("python_min", "python_max")
    high = TABLE[least](low + 1, last)
    if method in ENDS or method in STEPS:
        # These may place it before the first entry, and behind the last.
        low, high = TABLE[most](TABLE[least](low, last), 0), TABLE[most](high, 0)
    first = _at(ordered, low)
    if method == "lower":
        return moveaxis(first, source=-1, destination=0) if _is_spread(first, place) else first
    share, second = _share(place, below, method), _at(ordered, high)
    if _is_spread(first, place):
        first, second = (moveaxis(each, source=-1, destination=0) for each in (first, second))
        share = expand_dims(share, axis=tuple(range(1, len(unit_axes_of(first.type)))))
    return first + (second - first) * share


def _is_spread(found: Node, place: Node) -> bool:
    """Whether several quantiles are taken along one of several axes."""
    rank = len(unit_axes_of(place.type))
    return 0 < rank < len(unit_axes_of(found.type))


def _at(ordered: Node, positions: Node) -> Node:
    from chainrule.primitives.arrays.indexing import section
    from chainrule.primitives.sequence import index

    if unit_axes_of(positions.type):
        return at_positions(ordered, positions, -1)
    cursor = ordered.graph.cursor
    rank = len(unit_axes_of(ordered.type))
    if rank == 1:
        return cursor.add(index, (ordered, positions))
    return cursor.add(section, (ordered, positions), ("ei",))


def _quantile_lengths(node: Node, of: Of) -> Lengths:
    return (*of(node.args[1]), *reduced(node, of))


@array_defined("quantile", "numpy.quantile", arrays=2, signature=SIGNATURE, typed=_quantile_type,
               lengths=_quantile_lengths)  # fmt: skip
def quantile(a: Node, q: Node, axis: Any, method: str, keepdims: bool) -> Node:
    """The entry below which a share ``q`` of the entries lies."""
    ordered = sort(merged(a, axis), axis=-1)
    last = dimension(ordered, axis=len(unit_axes_of(ordered.type)) - 1) - 1
    place = _place(q, last, method)
    if unit_axes_of(q.type) and not unit_axes_of(place.type):
        # Of one entry.
        place = full_like(q, place)
    found = _between(ordered, place, last, method)
    if not keepdims:
        return found
    rank = len(unit_axes_of(a.type))
    extra = len(unit_axes_of(q.type))
    return expand_dims(found, axis=tuple(k + extra for k in axes_of(axis, rank)))


@array_defined("percentile", "numpy.percentile", arrays=2, signature=SIGNATURE,
               typed=_quantile_type, lengths=_quantile_lengths)  # fmt: skip
def percentile(a: Node, q: Node, axis: Any, method: str, keepdims: bool) -> Node:
    """The entry below which ``q`` per cent of the entries lie."""
    return quantile(a, q / 100.0, axis=axis, method=method, keepdims=keepdims)


@array_defined(
    "median", "numpy.median", signature="a, axis=None, keepdims=False", lengths=reduced,
    typed=lambda a, axis=None, keepdims=False: _quantile_type(
        a, array_of("float64", ()), axis, "linear", keepdims
    ),
)  # fmt: skip
def median(a: Node, axis: Any, keepdims: bool) -> Node:
    """The entry in the middle, or the mean of the two there."""
    ordered = sort(merged(a, axis), axis=-1)
    count = dimension(ordered, axis=len(unit_axes_of(ordered.type)) - 1)
    half = TABLE["floor_divide"](count, 2)
    low = TABLE["floor_divide"](count - 1, 2)
    found = mean(part_along(ordered, -1, low, half + 1), axis=-1)
    if not keepdims:
        return found
    return expand_dims(found, axis=axes_of(axis, len(unit_axes_of(a.type))))


# --- entries that are no numbers left out -------------------------------------------------


@array_defined("nanquantile", "numpy.nanquantile", arrays=2, signature=SIGNATURE,
               typed=_quantile_type)  # fmt: skip
def nanquantile(a: Node, q: Node, axis: Any, method: str, keepdims: bool) -> Node:
    """The quantile of the entries that are numbers."""
    if unit_axes_of(q.type):
        raise UnsupportedError(
            "several quantiles of entries that may be missing",
            remedy="Ask for one quantile at a time.",
            position=a.graph.origin.position,
        )
    if method in ENDS or method in STEPS:
        raise UnsupportedError(
            f"quantiles by the method {method!r} of entries that may be missing",
            remedy="Take the entries that are there: `a[~np.isnan(a)]`.",
            position=a.graph.origin.position,
        )
    # What is no number is sorted to the end.
    ordered = sort(merged(a, axis), axis=-1)
    present = TABLE["equal"](ordered, ordered)
    place = q * (array_sum(present, axis=-1, keepdims=True) - 1)
    below: Node = TABLE["float_floor"](place)
    low = astype(below, dtype="int64")
    high = astype(TABLE["float_ceil"](place), dtype="int64")
    first = take_along_axis(ordered, low, axis=-1)
    second = take_along_axis(ordered, high, axis=-1)
    found = first
    if method != "lower":
        found = first + (second - first) * _share(place, below, method)
    found = squeeze(found, axis=-1)
    if not keepdims:
        return found
    return expand_dims(found, axis=axes_of(axis, len(unit_axes_of(a.type))))


@array_defined("nanpercentile", "numpy.nanpercentile", arrays=2, signature=SIGNATURE,
               typed=_quantile_type)  # fmt: skip
def nanpercentile(a: Node, q: Node, axis: Any, method: str, keepdims: bool) -> Node:
    """The percentile of the entries that are numbers."""
    return nanquantile(a, q / 100.0, axis=axis, method=method, keepdims=keepdims)


@array_defined(
    "nanmedian", "numpy.nanmedian", signature="a, axis=None, keepdims=False", lengths=reduced,
    typed=lambda a, axis=None, keepdims=False: _quantile_type(
        a, array_of("float64", ()), axis, "linear", keepdims
    ),
)  # fmt: skip
def nanmedian(a: Node, axis: Any, keepdims: bool) -> Node:
    """The median of the entries that are numbers."""
    half = a.graph.constant(0.5)
    return nanquantile(a, half, axis=axis, method="linear", keepdims=keepdims)
