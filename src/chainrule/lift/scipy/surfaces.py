"""Splines of two variables that exist outside of the function: ``surface(x, y)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.graph.guard import Route, is_of_argument
from chainrule.graph.types import unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.arrays.surfaces import OPS

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

SURFACES = ("RectBivariateSpline", "SmoothBivariateSpline", "LSQBivariateSpline")
NAMES = {"__call__": ("x", "y", "dx", "dy", "grid"), "ev": ("xi", "yi", "dx", "dy")}


def read_surface(
    self: NumpyCalls,
    owner: ObjectBox,
    name: str,
    args: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Value | None:
    """``surface(x, y)``, ``surface.ev(x, y)``; None of what has no rule."""
    given = bound(NAMES[name], args, keywords)
    if owner.instance is None or not set(NAMES[name][:2]) <= set(given) <= set(NAMES[name]):
        return None
    orders = [self.static_int(given.get(each, self.graph.constant(0))) for each in ("dx", "dy")]
    known, grid = self.static_value(given.get("grid", Static(name == "__call__")))
    places = [self.array_node(given[each]) for each in NAMES[name][:2]]
    axes = [unit_axes_of(place.type) for place in places]
    if None in orders or not known or not isinstance(grid, bool):
        return None
    if max(map(len, axes)) > 1 if grid else axes[0] != axes[1]:
        raise self.unsupported(
            "a surface at places of different shapes", "Give it two arrays of one shape.", node
        )
    degrees = owner.instance.degrees
    route = owner.route
    if route is not None and is_of_argument(route):
        for k in range(2):
            text = f"{route.text}.degrees[{k}]"
            self.graph.guard(Route(route.root, text), "is", degrees[k])
    op = OPS[grid, any(orders)]
    statics = (tuple(map(int, degrees)), *orders)
    return self.boxed(self.call_array(op, (self.object_node(owner), *places), statics))
