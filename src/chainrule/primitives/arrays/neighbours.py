"""The nearest of many points, by a tree that exists outside of the function.

Which of them are found is a selection and has no slope; how far away they are has one: the
direction to the place that is asked for.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.declare import TABLE, Cost, is_constant
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.sequence import index


def _found(tree: Type, x: Type, k: int = 1) -> Type:
    units = (*unit_axes_of(x)[:-1], *((False,) if k > 1 else ()))
    return Record((array_of("float64", units), array_of("int64", units)))


def _directions(node: Node, tree: Node, x: Node, k: int) -> Any:
    """From each point that was found to the place, of length 1, and 0 where they are the same."""
    distances, places = result_of(node, 0), result_of(node, 1)
    type = array_of("float64", (False, False))
    data = tree.graph.cursor.add(VERBATIM, (tree,), ("_0_.data", type, None), type)
    if unit_axes_of(places.type):
        found = at_positions(data, places, 0)
    else:
        found = tree.graph.cursor.add(index, (data, places))
    gaps = (expand_dims(x, axis=-2) if k > 1 else x) - found
    same = TABLE["equal"](distances, 0.0)
    lengths: Any = TABLE["where"](same, 1.0, distances)
    return gaps / (expand_dims(lengths, axis=-1) if unit_axes_of(distances.type) else lengths)


@array_rule(
    "nearest_points", signature="tree, x, k=1", arrays=2, typed=_found, cost=Cost.FUNCTION,
    written="_0_.query(_1_, k=_k_)",
)  # fmt: skip
def nearest_points(walker: Any, node: Node, out_bar: Node, k: int) -> None:
    """The distances to the nearest points, and which these are."""
    tree, x = node.args
    bar = out_bar.args[0]
    if is_constant(bar, 0):
        return
    across = expand_dims(bar, axis=-1) if unit_axes_of(bar.type) else bar
    felt = _directions(node, tree, x, k) * across
    walker.accumulate(x, array_sum(felt, axis=-2) if k > 1 else felt)


def _tangent(node: Node, args: Any, dots: Any, out: Node, k: int) -> Node | None:
    tree, x = args
    moved = expand_dims(dots[1], axis=-2) if k > 1 else dots[1]
    change = array_sum(_directions(out, tree, x, k) * moved, axis=-1)
    return results(change, out.graph.constant(0.0))


nearest_points.tangent_rule = _tangent
