"""Convolution and interpolation of vectors."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.rearranging import at_positions, searchsorted
from chainrule.primitives.arrays.shaping import dimension, flip
from chainrule.primitives.declare import TABLE


def _slid(a: Type, v: Type, mode: str = "full") -> Type:
    return array_of(promoted((a, v)), (False,))


@array_rule("convolve", "numpy.convolve", signature="a, v, mode='full'", arrays=2, typed=_slid)
def convolve(walker: Any, node: Node, out_bar: Node, mode: str) -> None:
    """Convolution of two vectors; of the shorter one's length where mode is valid."""
    a, v = node.args
    full = _full_adjoint(out_bar, a, v, mode, node)
    # full has an entry for every sum i + j of positions.
    if walker.active(a):
        walker.accumulate(a, convolve(full, flip(v, axis=0), mode="valid"))
    if walker.active(v):
        walker.accumulate(v, convolve(full, flip(a, axis=0), mode="valid"))


def _full_adjoint(out_bar: Node, a: Node, v: Node, mode: str, node: Node) -> Node:
    """The adjoint with zeros where the mode has cut entries off."""
    from chainrule.errors import UnsupportedError
    from chainrule.primitives.arrays.creation import zeros
    from chainrule.primitives.arrays.indexing import section_set

    if mode == "full":
        return out_bar
    n, m = dimension(a, axis=0), dimension(v, axis=0)
    none = node.graph.constant(None)
    whole = zeros(n + m - 1)
    if mode != "valid":
        raise UnsupportedError(
            "np.convolve in mode 'same'",
            remedy="Use mode='full' and a slice.",
            position=node.origin.position,
        )
    start = TABLE["minimum"](n, m) - 1
    stop = start + dimension(out_bar, axis=0)
    return node.graph.cursor.add(section_set, (whole, start, stop, none, out_bar), ("s",))


def _convolve_tangent(node: Node, args: Any, dots: Any, out: Node, mode: str) -> Node | None:
    a, v = args
    total: Node | None = None
    for left, right in ((dots[0], v), (a, dots[1])):
        if left is not None and right is not None:
            term = convolve(left, right, mode=mode)
            total = term if total is None else total + term
    return total


convolve.tangent_rule = _convolve_tangent


@array_defined(
    "correlate", "numpy.correlate", signature="a, v, mode='valid'", arrays=2, typed=_slid
)
def correlate(a: Node, v: Node, mode: str) -> Node:
    """Correlation of two vectors."""
    return convolve(a, flip(v, axis=0), mode=mode)


def _interpolated(x: Type, xp: Type, fp: Type) -> Type:
    return array_of(promoted((x, xp, fp)), unit_axes_of(x))


@array_defined("interp", "numpy.interp", signature="x, xp, fp", arrays=3, typed=_interpolated)
def interp(x: Node, xp: Node, fp: Node) -> Node:
    """Piecewise linear interpolation, constant outside; at a knot the slope to its left."""
    last = dimension(xp, axis=0) - 1
    where, clip = TABLE["where"], TABLE["clip"]
    right = clip(searchsorted(xp, x), 1, last)
    left = right - 1

    def at(base: Node, positions: Node) -> Node:
        if unit_axes_of(positions.type):
            return at_positions(base, positions, 0)
        from chainrule.primitives.sequence import index

        return base.graph.cursor.add(index, (base, positions))

    low, high = at(xp, left), at(xp, right)
    weight = (x - low) / (high - low)
    inside = at(fp, left) * (1.0 - weight) + at(fp, right) * weight
    first = at(fp, fp.graph.constant(0))
    final = at(fp, fp.graph.constant(-1))
    below = TABLE["less"](x, at(xp, xp.graph.constant(0)))
    above = TABLE["greater"](x, at(xp, xp.graph.constant(-1)))
    found: Node = where(below, first, where(above, final, inside))
    return found
