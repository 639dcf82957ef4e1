"""Curves of ``scipy.interpolate.interp1d``: straight pieces, or a spline, and what fills beyond."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.rearranging import argsort, at_positions, searchsorted
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.curves import Recipe, curve_at
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.effect import VERBATIM


def _line_type(
    curve: Type, x: Type, xp: Type, fp: Type, below: Type, above: Type, **statics: Any
) -> Type:
    return array_of("float64", unit_axes_of(x))


@array_defined(
    "interp1d", signature="curve, x, xp, fp, below, above, extrapolated=False, ordered=True",
    arrays=6, typed=_line_type, written="_0_(_1_)", cost=Cost.FUNCTION, raises=False,
)  # fmt: skip
def line_at(
    curve: Node, x: Node, xp: Node, fp: Node, below: Node, above: Node, extrapolated: bool,
    ordered: bool,
) -> Node:  # fmt: skip
    """Value of an ``interp1d`` of straight pieces; at a knot the slope to its left."""
    xp, fp = _in_order(xp, fp, ordered)
    last = dimension(xp, axis=0) - 1
    behind = TABLE["clip"](searchsorted(xp, x), 1, last)
    before = behind - 1
    low, high = read_at(xp, before), read_at(xp, behind)
    weight = (x - low) / (high - low)
    inside = read_at(fp, before) * (1.0 - weight) + read_at(fp, behind) * weight
    return inside if extrapolated else _filled(x, xp, inside, below, above)


@array_defined(
    "interp1d_spline", arrays=6, typed=_line_type, written="_0_(_1_)", cost=Cost.FUNCTION,
    raises=False,
    signature="curve, x, xp, fp, below, above, degree=3, extrapolated=False, ordered=True",
)  # fmt: skip
def spline_at(
    curve: Node, x: Node, xp: Node, fp: Node, below: Node, above: Node, degree: int,
    extrapolated: bool, ordered: bool,
) -> Node:  # fmt: skip
    """Value of an ``interp1d`` that is a spline: the one that `make_interp_spline` makes."""
    from scipy.interpolate import make_interp_spline

    xp, fp = _in_order(xp, fp, ordered)
    graph = x.graph
    maker = graph.reference(("scipy.interpolate", "make_interp_spline"), make_interp_spline)
    recipe = Recipe(f"_0_(_1_, _2_, k={degree})", (2,))
    spline = graph.cursor.add(VERBATIM, (maker, xp, fp), (recipe.template, OPAQUE, None), OPAQUE)
    inside = graph.cursor.add(curve_at, (spline, x, maker, xp, fp), (0, degree, 0, recipe))
    return inside if extrapolated else _filled(x, xp, inside, below, above)


def _in_order(xp: Node, fp: Node, ordered: bool) -> tuple[Node, Node]:
    if ordered:
        return xp, fp
    places = argsort(xp)
    return at_positions(xp, places, 0, unique=True), at_positions(fp, places, 0, unique=True)


def _filled(x: Node, xp: Node, inside: Node, below: Node, above: Node) -> Node:
    """What is inside of the knots, and what is given for beyond."""
    where, less, greater = TABLE["where"], TABLE["less"], TABLE["greater"]
    first, last = (read_at(xp, xp.graph.constant(k)) for k in (0, -1))
    found: Node = where(less(x, first), below, where(greater(x, last), above, inside))
    return found


def read_at(base: Node, places: Node) -> Node:
    """Entries of an array at places that exist: one for a number, an array for an array."""
    if unit_axes_of(places.type):
        return at_positions(base, places, 0)
    from chainrule.primitives.sequence import index

    return base.graph.cursor.add(index, (base, places))
