"""Surfaces of :mod:`scipy.interpolate`: splines of two variables, as objects that exist.

The slope along an axis is the partial derivative that SciPy computes of them.  Beyond their outer
knots they go on as they are there: flat.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Type, array_of, unit_axes_of
from chainrule.primitives.arithmetic import greater, less
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.declare import TABLE
from chainrule.primitives.effect import VERBATIM

# What is known of a surface: its degrees.
SIGNATURE = "surface, x, y, degrees, dx=0, dy=0"


def _along(surface: Type, x: Type, y: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(x))


def _across(surface: Type, x: Type, y: Type, **statics: Any) -> Type:
    return array_of("float64", (*(unit_axes_of(x) or (True,)), *(unit_axes_of(y) or (True,))))


def _knot(surface: Node, axis: int, at: str) -> Node:
    text = f"_0_.get_knots()[{axis}][{at}]"
    return surface.graph.cursor.add(VERBATIM, (surface,), (text, FLOAT, None), FLOAT)


def _slope(node: Node, args: Any, axis: int, grid: bool, statics: dict[str, Any]) -> Node:
    """The slope along an axis, as the surface has it at all places."""
    orders = {**statics, "dx": statics["dx"] + (axis == 0), "dy": statics["dy"] + (axis == 1)}
    if orders["dx" if axis == 0 else "dy"] >= statics["degrees"][axis]:
        raise UnsupportedError(
            "a surface that is differentiated as often as its degree",
            remedy="Make it of a higher degree (kx, ky).",
            position=node.origin.position,
        )
    surface, place = args[0], args[1 + axis]
    slope = OPS[grid, True](*args, **orders)
    beyond = TABLE["logical_or"](
        less(place, _knot(surface, axis, "0")), greater(place, _knot(surface, axis, "-1"))
    )
    if grid and unit_axes_of(place.type):
        beyond = expand_dims(beyond, axis=(1 - axis,))
    found: Node = TABLE["where"](beyond, 0.0, slope)
    return found


def _spread(dot: Node, axis: int, grid: bool) -> Node:
    """What belongs to the places along one axis, beside those along the other."""
    if grid and unit_axes_of(dot.type):
        return expand_dims(dot, axis=(1 - axis,))
    return dot


def _surface(name: str, written: str, grid: bool) -> ArrayRule:
    @array_rule(name, signature=SIGNATURE, arrays=3, typed=_across if grid else _along,
                written=written)  # fmt: skip
    def surface_at(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
        """Heights of a surface."""
        for axis, place in enumerate(node.args[1:]):
            if walker.active(place):
                bar = out_bar * _slope(node, node.args, axis, grid, statics)
                if grid:
                    several = bool(unit_axes_of(place.type))
                    bar = array_sum(bar, axis=1 - axis) if several else array_sum(bar)
                walker.accumulate(place, bar)

    def tangent(node: Node, args: Any, dots: Any, out: Node, **statics: Any) -> Node | None:
        total: Node | None = None
        for axis, dot in enumerate(dots[1:]):
            if dot is not None:
                slope = _slope(node, args, axis, grid, statics)
                term = _spread(dot, axis, grid) * slope
                total = term if total is None else total + term
        return total

    surface_at.tangent_rule = tangent
    return surface_at


# By whether the places are those of a grid, and whether a partial derivative is asked for.
OPS = {
    (False, False): _surface("surface_at", "_0_.ev(_1_, _2_)", False),
    (False, True): _surface("partial_at", "_0_.ev(_1_, _2_, dx=_dx_, dy=_dy_)", False),
    (True, False): _surface("surface_on", "_0_(_1_, _2_)", True),
    (True, True): _surface("partial_on", "_0_(_1_, _2_, dx=_dx_, dy=_dy_)", True),
}
