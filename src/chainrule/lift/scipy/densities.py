"""``gaussian_kde``: estimates of densities that exist outside of the function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from chainrule.graph.types import FLOAT, Array
from chainrule.lift.arrays.updates import Arguments, Keywords
from chainrule.lift.values import ObjectBox, Value
from chainrule.primitives.arrays.densities import DENSITIES

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

NAME = "gaussian_kde"


def density_method(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """A call of a density; None where it is none that has a rule."""
    owner = args[0] if args else None
    name = getattr(found, "__name__", "")
    if not isinstance(owner, ObjectBox) or owner.type.__name__ != NAME or name not in DENSITIES:
        return None
    if owner.instance is None or keywords or len(args) != 2:
        return None
    points = self.array_node(args[1])
    plain = points.type == FLOAT or (
        isinstance(points.type, Array) and points.type.dtype == "float64"
    )
    if not plain:
        return None
    if owner.instance.d != 1 or len(getattr(points.type, "unit_axes", ())) > 1:
        raise self.unsupported(
            "a density of several variables",
            "Write it as a sum of bells: `np.exp(-0.5 * q).sum()`.",
            node,
        )
    return self.boxed(self.call_array(DENSITIES[name], (self.object_node(owner), points), ()))
