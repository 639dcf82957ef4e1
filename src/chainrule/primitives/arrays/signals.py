"""Convolution and interpolation of vectors."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, is_complex, promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_linear, array_rule
from chainrule.primitives.arrays.complex_numbers import conjugated
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import Length, Lengths, Of, all_unknown, as_first
from chainrule.primitives.arrays.rearranging import at_positions, searchsorted
from chainrule.primitives.arrays.shaping import dimension, flip
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.floats import as_float


def _slid(a: Type, v: Type, mode: str = "full") -> Type:
    return array_of(promoted((a, v)), (False,))


def _slid_lengths(node: Node, of: Of) -> Lengths:
    measured = [of(arg) for arg in node.args]
    if () in measured:
        # A list has no axes: it is made an array by the call.
        return all_unknown(node)
    (n,), (m,) = measured
    if node.params[0] == "full":
        return (n + m + -1,)
    if n.known is None or m.known is None:
        return all_unknown(node)
    same = node.params[0] == "same"
    return (Length(max(n.known, m.known) if same else abs(n.known - m.known) + 1),)


@array_rule("convolve", "numpy.convolve", signature="a, v, mode='full'", arrays=2, typed=_slid,
            vectors=True, lengths=_slid_lengths)  # fmt: skip
def convolve(walker: Any, node: Node, out_bar: Node, mode: str) -> None:
    """Convolution of two vectors; of the shorter one's length where mode is valid."""
    a, v = node.args
    full = _full_adjoint(out_bar, node, mode)
    # full has an entry for every sum i + j of positions.
    if walker.active(a):
        walker.accumulate(a, convolve(full, flip(conjugated(v), axis=0), mode="valid"))
    if walker.active(v):
        walker.accumulate(v, convolve(full, flip(conjugated(a), axis=0), mode="valid"))


def _full_adjoint(out_bar: Node, node: Node, mode: str) -> Node:
    """The adjoint with zeros where the mode has cut entries off."""
    from chainrule.primitives.arrays.creation import zeros
    from chainrule.primitives.arrays.indexing import section_set

    if mode == "full":
        return out_bar
    n, m = (dimension(arg, axis=0) for arg in node.args)
    whole = zeros(n + m - 1, dtype=dtype_of(out_bar.type) if is_complex(out_bar.type) else None)
    count = dimension(node, axis=0)
    # The modes same and valid cut off as much on both sides, or one more behind; of a correlation
    # with something longer, which is done the other way round, one more before.
    cut = n + m - 1 - count
    if node.op is correlate:
        cut = cut + TABLE["less"](n, m)
    start = TABLE["floor_divide"](cut, 2)
    none = node.graph.constant(None)
    return node.graph.cursor.add(section_set, (whole, start, start + count, none, out_bar), ("s",))


def _bilinear(node: Node, args: Any, dots: Any, out: Node, mode: str) -> Node | None:
    a, v = args
    total: Node | None = None
    for left, right in ((dots[0], v), (a, dots[1])):
        if left is not None and right is not None:
            term: Node = node.graph.cursor.add(node.op, (left, right), node.params)
            total = term if total is None else total + term
    return total


convolve.tangent_rule = _bilinear


@array_rule(
    "correlate", "numpy.correlate", signature="a, v, mode='valid'", arrays=2,
    typed=_slid,
)  # fmt: skip
def correlate(walker: Any, node: Node, out_bar: Node, mode: str) -> None:
    """Correlation of two vectors, in full the convolution with the conjugate turned."""
    a, v = node.args
    full = _full_adjoint(out_bar, node, mode)
    if walker.active(a):
        walker.accumulate(a, convolve(full, v, mode="valid"))
    if walker.active(v):
        back = convolve(full, flip(conjugated(a), axis=0), mode="valid")
        walker.accumulate(v, flip(conjugated(back), axis=0))


correlate.tangent_rule = _bilinear


def _interpolated(x: Type, xp: Type, fp: Type, **statics: Any) -> Type:
    return array_of(promoted((x, xp, fp)), unit_axes_of(x))


@array_defined(
    "interp", "numpy.interp", signature="x, xp, fp, left=None, right=None", arrays=3,
    typed=_interpolated, lengths=as_first,
)  # fmt: skip
def interp(x: Node, xp: Node, fp: Node, left: Any, right: Any) -> Node:
    """Piecewise linear interpolation, constant outside; at a knot the slope to its left."""
    last = dimension(xp, axis=0) - 1
    where, clip = TABLE["where"], TABLE["clip"]
    behind = clip(searchsorted(xp, x), 1, last)
    before = behind - 1

    def at(base: Node, positions: Node) -> Node:
        if unit_axes_of(positions.type):
            return at_positions(base, positions, 0)
        from chainrule.primitives.sequence import index

        return base.graph.cursor.add(index, (base, positions))

    low, high = as_float(at(xp, before)), as_float(at(xp, behind))
    weight = (x - low) / (high - low)
    inside = at(fp, before) * (1.0 - weight) + at(fp, behind) * weight
    first = at(fp, fp.graph.constant(0)) if left is None else float(left)
    final = at(fp, fp.graph.constant(-1)) if right is None else float(right)
    below = TABLE["less"](x, at(xp, xp.graph.constant(0)))
    above = TABLE["greater"](x, at(xp, xp.graph.constant(-1)))
    found: Node = where(below, first, where(above, final, inside))
    return found


@array_linear(
    "detrend", "scipy.signal.detrend", signature="data, axis=-1, type='linear', bp=0",
    typed=lambda data, **statics: data, lengths=as_first, cost=Cost.FUNCTION,
)  # fmt: skip
def detrend(walker: Any, node: Node, out_bar: Node, axis: int, type: str, bp: Any) -> None:
    """A signal without its mean or its line of best fit: a projection, its own adjoint."""
    walker.accumulate(node.args[0], detrend(out_bar, axis=axis, type=type, bp=bp))
