"""``scipy.interpolate.RegularGridInterpolator`` and ``interpn``: met as objects, made and read."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from chainrule.graph.guard import Route, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.containers.methods import Methods
from chainrule.lift.spelling import argument_places
from chainrule.lift.values import ObjectBox, Static, TupleValue, Value
from chainrule.primitives.grids import grid_at, grid_at_points
from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

GRID = "RegularGridInterpolator"
NAMES = ("points", "values", "method", "bounds_error", "fill_value")
# What of a table that is an argument shapes the code.
WATCHED = ("method", "values.ndim", "values.dtype.kind", "bounds_error", "fill_value")


@dataclass(frozen=True)
class Grid:
    """What is known of a table: its values and its axes.

    It may be ``filled`` beyond these; SciPy has turned them so that they ascend where it exists.
    """

    values: Node
    axes: tuple[Node, ...]
    filled: bool
    ascending: bool = False


def make_grid(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``RegularGridInterpolator(points, values)``."""
    given = bound(NAMES, args, keywords)
    axes = self.known_items(given["points"]) if "points" in given else None
    if axes is None or "values" not in given or not set(given) <= set(NAMES):
        raise self.unsupported(
            f"this call of `{GRID}`", "Give it a tuple of axes, and values.", node
        )
    told, method = self.static_value(given.get("method", Static("linear")))
    bounded, error = self.static_value(given.get("bounds_error", Static(True)))
    known, fill = self.static_value(given.get("fill_value", Static(float("nan"))))
    if not told or method != "linear" or not bounded or not known:
        raise _not_linear(self, node)
    points, values = [self.array_node(axis) for axis in axes], self.array_node(given["values"])
    if len(unit_axes_of(values.type)) != len(points):
        raise self.unsupported(
            "a table whose entries are arrays", "Make a table for each of their entries.", node
        )
    home = sys.modules["scipy.interpolate"]
    maker = self.graph.reference(("scipy.interpolate", GRID), getattr(home, GRID))
    count = len(points)
    rest = {key: self.node(each) for key, each in given.items() if key not in NAMES[:2]}
    axes_given = ", ".join(argument_places(count)) + "," * (count == 1)
    template = f"_0_({', '.join([f'({axes_given})', *argument_places(1, rest, count + 1)])})"
    parts = (maker, *points, values, *rest.values())
    table = self.verbatim(template, *parts, type=OPAQUE, carries=False)
    box = ObjectBox(None, getattr(home, GRID), table)
    self.curves[box] = Grid(values, tuple(points), not error and fill is not None)
    return box


def _not_linear(self: Any, node: ast.AST) -> Exception:
    refusal: Exception = self.unsupported(
        f"a {GRID} that is not linear, or whose options the run tells",
        "Let it be linear, with options that are written where it is made.",
        node,
    )
    return refusal


def _of_object(self: Any, owner: ObjectBox, node: ast.AST) -> Grid:
    """What is known of a table that exists."""
    found, table = owner.instance, self.object_node(owner)
    count = len(found.grid)
    if found.method != "linear" or found.values.ndim != count or found.values.dtype.kind != "f":
        raise _not_linear(self, node)
    if is_of_argument(owner.route):
        for text in WATCHED:
            known = eval(f"_0_.{text}", {"_0_": found})
            if known == known:
                route = Route(owner.route.root, f"{owner.route.text}.{text}")
                self.graph.guard(route, "is", known)
    read = [
        self.verbatim(f"_0_.{name}", table, type=self.static_type(known), pure=True)
        for name, known in (
            ("values", found.values),
            *((f"grid[{k}]", axis) for k, axis in enumerate(found.grid)),
        )
    ]
    filled = not found.bounds_error and found.fill_value is not None
    return Grid(read[0], tuple(read[1:]), filled, ascending=True)


def read_grid(
    self: NumpyCalls, owner: ObjectBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``table(points)`` or ``table((x, y))``."""
    given = bound(("xi",), args, keywords)
    if set(given) != {"xi"}:
        raise self.unsupported("this call of a table", "Call it as table(points).", node)
    if owner not in self.curves:
        self.curves[owner] = _of_object(self, owner, node)
    grid: Grid = self.curves[owner]
    count, told = len(grid.axes), (grid.filled, grid.ascending)
    known = (self.object_node(owner), grid.values, *grid.axes)
    items = self.known_items(given["xi"]) if _is_tuple(self, given["xi"]) else None
    if items is not None and len(items) == count:
        places = tuple(self.array_node(item) for item in items)
        if len({unit_axes_of(place.type) for place in places}) == 1:
            return self.boxed(self.call_array(grid_at(count), (*known, *places), told))
    elif items is None:
        points = self.array_node(given["xi"])
        if unit_axes_of(points.type) and (count > 1 or len(unit_axes_of(points.type)) > 1):
            op = grid_at_points(count)
            return self.boxed(self.call_array(op, (*known, points), told))
    raise self.unsupported(
        "places in a table that are no tuple of arrays of one shape, and no rows of an array",
        "Give it an array with a row for each point.",
        node,
    )


def _is_tuple(self: NumpyCalls, value: Value) -> bool:
    return isinstance(self.read(value), TupleValue)


# The lifter reads this; it is not typed for callers.
def interpolated(points, values, xi, method="linear", bounds_error=True, fill_value=float("nan")):  # type: ignore[no-untyped-def]
    """``interpn(...)``."""
    from scipy.interpolate import RegularGridInterpolator

    table = RegularGridInterpolator(
        points, values, method=method, bounds_error=bounds_error, fill_value=fill_value
    )
    return table(xi)


def read_once(self: Methods, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``interpn(points, values, xi)``: a table that is read once."""
    return self.call(Static(interpolated), args, keywords, node)
