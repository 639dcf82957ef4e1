"""Differences on a grid, and windows that slide over an array."""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, inexact_promoted, unit_axes_of
from chainrule.primitives.arrays.creation import arange
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims, moveaxis
from chainrule.primitives.declare import Cost


def _kept(f: Type, *spacing: Type, **statics: Any) -> Type:
    return array_of(inexact_promoted(f), unit_axes_of(f))


def _part(f: Node, axis: int, start: int, stop: int | None) -> Node:
    constant = f.graph.constant
    return part_along(f, axis, constant(start), None if stop is None else constant(stop))


def _sloped(f: Node, axis: int, middle: Node, ends: tuple[Any, Any], order: int) -> Node:
    """Slopes inside, and those at the two ends from neighbours at their distances."""
    if order == 1:
        first = (_part(f, axis, 1, 2) - _part(f, axis, 0, 1)) / ends[0]
        last = (_part(f, axis, -1, None) - _part(f, axis, -2, -1)) / ends[1]
    else:
        first = _three(f, axis, (0, 1, 2), (-1.5, 2.0, -0.5)) / ends[0]
        last = _three(f, axis, (-3, -2, -1), (0.5, -2.0, 1.5)) / ends[1]
    return concatenate(first, middle, last, axis=axis)


def _three(f: Node, axis: int, places: tuple[int, ...], weights: tuple[float, ...]) -> Any:
    parts = [_part(f, axis, place, place + 1 or None) for place in places]
    terms = [weight * part for weight, part in zip(weights, parts, strict=True)]
    return terms[0] + terms[1] + terms[2]


def _centred(f: Node, axis: int) -> Node:
    return _part(f, axis, 2, None) - _part(f, axis, 0, -2)


@array_defined(
    "gradient",
    "numpy.gradient",
    signature="f, axis=None, edge_order=1",
    typed=_kept,
    lengths=as_first,
)
def gradient(f: Node, axis: Any, edge_order: int) -> Node:
    """Central differences along an axis at distance 1, one-sided at the ends."""
    along = axis or 0
    return _sloped(f, along, _centred(f, along) / 2.0, (1.0, 1.0), edge_order)


@array_defined(
    "gradient_over", "numpy.gradient", signature="f, spacing, axis=None, edge_order=1", arrays=2,
    typed=_kept, lengths=as_first,
)  # fmt: skip
def gradient_over(f: Node, spacing: Node, axis: Any, edge_order: int) -> Node:
    """Differences along an axis at a distance, or between given places."""
    along = axis or 0
    rank = len(unit_axes_of(f.type))
    if not unit_axes_of(spacing.type):
        middle = _centred(f, along) / (2.0 * spacing)
        return _sloped(f, along, middle, (spacing, spacing), edge_order)
    if edge_order != 1:
        raise UnsupportedError(
            "np.gradient of second order at the ends between given places",
            remedy="Use edge_order=1.",
            position=f.graph.origin.position,
        )
    if rank > 1:
        others = tuple(k for k in range(rank) if k != along % rank)
        spacing = expand_dims(spacing, axis=others)
    width = _part(spacing, along, 1, None) - _part(spacing, along, 0, -1)
    before, behind = _part(width, along, 0, -1), _part(width, along, 1, None)
    both = before + behind
    middle = (
        -behind / (before * both) * _part(f, along, 0, -2)
        + (behind - before) / (before * behind) * _part(f, along, 1, -1)
        + before / (behind * both) * _part(f, along, 2, None)
    )
    ends = (_part(width, along, 0, 1), _part(width, along, -1, None))
    return _sloped(f, along, middle, ends, 1)


def _window_type(x: Type, window_shape: Any, axis: Any = None) -> Type:
    units = list(unit_axes_of(x))
    shape = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    for along in _window_axes(len(units), axis, shape):
        units[along] = False
    return array_of(dtype_of(x), (*units, *(length == 1 for length in shape)))


def _window_axes(rank: int, axis: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(len(shape)))
    given = axis if isinstance(axis, tuple) else (axis,)
    return tuple(each % rank for each in given)


@array_defined(
    "sliding_window_view", "numpy.lib.stride_tricks.sliding_window_view",
    signature="x, window_shape, axis=None", typed=_window_type, cost=Cost.FREE,
)  # fmt: skip
def sliding_window_view(x: Node, window_shape: Any, axis: Any) -> Node:
    """Every stretch of a length along axes, as new last axes."""
    shape = window_shape if isinstance(window_shape, tuple) else (window_shape,)
    found = x
    for along, length in zip(_window_axes(len(unit_axes_of(x.type)), axis, shape), shape,
                             strict=True):  # fmt: skip
        starts = arange(dimension(found, axis=along) - (length - 1))
        places = expand_dims(starts, axis=1) + arange(x.graph.constant(length))
        found = at_positions(found, places, along)
        found = moveaxis(found, source=along + 1, destination=-1)
    return found
