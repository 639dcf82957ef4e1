"""Filters that begin in a state: ``lfilter`` with ``zi``, and those that run there and back.

The state of a filter is what its past adds to what is to come: a signal of its own that the
recursion alone is run over.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.creation import eye, ones, zeros
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.filters import lfilter, refuse, sosfilt
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.linear_algebra import outer, solve
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.reductions import array_sum, count_nonzero, prod
from chainrule.primitives.arrays.shaping import concatenate, dimension, flip
from chainrule.primitives.arrays.signals import convolve
from chainrule.primitives.declare import TABLE


def _vector(*types: Type, **statics: Any) -> Type:
    return array_of(real_promoted(*types), (False,))


def _signal_and_state(*types: Type) -> Type:
    return Record((_vector(*types), _vector(*types)))


def _length(vector: Node) -> Node:
    found: Node = dimension(vector, axis=0)
    return found


def _to_length(vector: Node, count: Node) -> Node:
    """A vector with zeros behind it, as long as ``count``."""
    return concatenate(vector, zeros(count - _length(vector)), axis=0)


def _first(vector: Node) -> Node:
    return part_along(vector, 0, 0, vector.graph.constant(1))


def _last(vector: Node) -> Node:
    return part_along(vector, 0, vector.graph.constant(-1), None)


@array_defined(
    "lfilter_from", "scipy.signal.lfilter", signature="b, a, x, zi", arrays=4, named=1,
    typed=_signal_and_state,
)  # fmt: skip
def lfilter_from(b: Node, a: Node, x: Node, zi: Node) -> Node:
    """A filter that begins in a state, and the state in which it ends."""
    count = _length(x)
    a_first = _first(a)
    begun = part_along(concatenate(zi, zeros(count), axis=0), 0, 0, count)
    out = lfilter(b, a, x) + lfilter(a_first, a, begun)
    # What is still to come of the signal and of the results, when both have ended.
    whole = TABLE["python_max"](_length(a), _length(b))
    fed = convolve(_to_length(b, whole) / a_first, x)
    given = convolve(_to_length(a, whole) / a_first, out)
    late = concatenate(zi, zeros(count), axis=0)
    left = part_along(fed - given + late, 0, count, None)
    return results(out, left)


@array_defined("lfilter_zi", "scipy.signal.lfilter_zi", signature="b, a", arrays=2, typed=_vector)
def lfilter_zi(b: Node, a: Node) -> Node:
    """The state in which a filter stands still at a step of height 1."""
    whole = TABLE["python_max"](_length(a), _length(b))
    b, a = _to_length(b / _first(a), whole), _to_length(a / _first(a), whole)
    tail = part_along(a, 0, 1, None)
    count = whole - 1
    start = part_along(eye(count), 0, 0, b.graph.constant(1))
    companion = outer(tail, TABLE["reshape"](start, b.graph.constant(-1)))
    system = eye(count) - eye(count, k=1) + companion
    found: Node = solve(system, part_along(b, 0, 1, None) - tail * _first(b))
    return found


def _margin(x: Node, edge: Node, padtype: Any) -> Node:
    """A signal that goes on at both ends: turned around its last entry, mirrored, or level."""
    count = _length(x)
    before = flip(part_along(x, 0, 1, edge + 1), axis=0)
    behind = flip(part_along(x, 0, count - 1 - edge, count - 1), axis=0)
    if padtype == "odd":
        before, behind = 2.0 * _first(x) - before, 2.0 * _last(x) - behind
    elif padtype == "constant":
        level: Node = ones(edge)
        before, behind = _first(x) * level, _last(x) * level
    return concatenate(before, x, behind, axis=0)


@array_defined(
    "filtfilt", "scipy.signal.filtfilt", arrays=3, typed=lambda *types, **statics: _vector(*types),
    signature="b, a, x, padtype='odd', padlen=None",
    lengths=lambda node, of: of(node.args[2]),
)  # fmt: skip
def filtfilt(b: Node, a: Node, x: Node, padtype: Any, padlen: Any) -> Node:
    """A filter that is run over a signal there and back, so that it moves no phase."""
    if len(unit_axes_of(x.type)) != 1:
        refuse(x, "`filtfilt` of several signals", "Filter each signal for itself, in a loop.")
    edge = 3 * TABLE["python_max"](_length(a), _length(b))
    if padlen is not None or padtype is None:
        edge = x.graph.constant(padlen if padtype else 0)
    padded = bool(padtype) and padlen != 0
    state = lfilter_zi(b, a)
    there = _margin(x, edge, padtype) if padded else x
    there = result_of(lfilter_from(b, a, there, state * _first(there)), 0)
    turned = flip(there, axis=0)
    back = flip(result_of(lfilter_from(b, a, turned, state * _first(turned)), 0), axis=0)
    return part_along(back, 0, edge, edge + _length(x)) if padded else back


def _zeros_in_column(sections: Node, column: int) -> Node:
    entries = part_along(sections, 1, column, sections.graph.constant(column + 1))
    found: Node = count_nonzero(TABLE["equal"](entries, 0.0))
    return found


def _levelled(sections: Node, x: Node) -> Node:
    """A filter that begins as it would stand at a signal that has ever been its first entry."""
    feeding = part_along(sections, 1, 0, sections.graph.constant(3))
    returning = part_along(sections, 1, 3, None)
    gain = prod(array_sum(feeding, axis=1) / array_sum(returning, axis=1))
    found: Node = sosfilt(sections, x - _first(x)) + gain * _first(x)
    return found


@array_defined(
    "sosfiltfilt", "scipy.signal.sosfiltfilt", arrays=2,
    signature="sos, x, padtype='odd', padlen=None",
    typed=lambda sos, x, **statics: _vector(sos, x), lengths=lambda node, of: of(node.args[1]),
)  # fmt: skip
def sosfiltfilt(sos: Node, x: Node, padtype: Any, padlen: Any) -> Node:
    """A filter in sections that is run over a signal there and back."""
    if len(unit_axes_of(x.type)) != 1:
        refuse(x, "`sosfiltfilt` of several signals", "Filter each signal for itself, in a loop.")
    absent = TABLE["python_min"](_zeros_in_column(sos, 2), _zeros_in_column(sos, 5))
    edge = 3 * (2 * _length(sos) + 1 - absent)
    if padlen is not None or padtype is None:
        edge = x.graph.constant(padlen if padtype else 0)
    padded = bool(padtype) and padlen != 0
    there = _levelled(sos, _margin(x, edge, padtype) if padded else x)
    back = flip(_levelled(sos, flip(there, axis=0)), axis=0)
    return part_along(back, 0, edge, edge + _length(x)) if padded else back
