"""``cKDTree.query``: the nearest points of a tree that exists outside of the function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.lift.arrays.positions import results_of
from chainrule.lift.arrays.updates import Arguments, Keywords
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.primitives.arrays.neighbours import nearest_points

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

TREES = ("cKDTree", "KDTree")


def tree_query(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """A query for the nearest points; None of other calls."""
    if getattr(found, "__name__", "") != "query":
        return None
    owner = args[0] if args else None
    if isinstance(owner, Static) and type(owner.value).__name__ in TREES:
        # A compiled class, of which nothing is known but the object.
        return _queried(self, self.node(owner), args[1:], keywords, node)
    if not isinstance(owner, ObjectBox) or owner.type.__name__ not in TREES:
        return None
    if owner.instance is None:
        return None
    return _queried(self, self.object_node(owner), args[1:], keywords, node)


def _queried(
    self: NumpyCalls, tree: Node, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    given = {**dict(zip(("x", "k"), args, strict=False)), **keywords}
    count = self.static_int(given.get("k", Static(1)))
    place = self.array_node(given["x"]) if "x" in given else None
    plain = place is not None and isinstance(place.type, Array) and place.type.dtype == "float64"
    if not plain or place is None or count is None or count < 1 or set(given) - {"x", "k"}:
        raise self.unsupported(
            "this query of a tree of points",
            "Call it as tree.query(x, k) with an array x of floats and a constant k.",
            node,
        )
    return results_of(self, self.call_array(nearest_points, (tree, place), (count,)))
