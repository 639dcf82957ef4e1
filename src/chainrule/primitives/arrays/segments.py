"""Sums of stretches of an array: ``np.add.reduceat``."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import array_linear
from chainrule.primitives.arrays.creation import arange
from chainrule.primitives.arrays.rearranging import at_positions, searchsorted
from chainrule.primitives.arrays.reductions import array_any
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.arrays.statistics import diff
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.declare import TABLE


def _summed(array: Type, indices: Type, axis: int = 0) -> Type:
    units = list(unit_axes_of(array))
    units[axis] = all(unit_axes_of(indices))
    return array_of("int64" if dtype_of(array) == "bool" else dtype_of(array), tuple(units))


@array_linear(
    "add_reduceat", spelled="numpy.add.reduceat", signature="array, indices, axis=0", arrays=2,
    typed=_summed,
)  # fmt: skip
def add_reduceat(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
    """The sum from each position up to the next; every entry gets the adjoint of its stretch."""
    array, indices = node.args
    backwards = array_any(TABLE["less_equal"](diff(indices), 0))
    message = "the positions of np.add.reduceat do not increase: its slope is that of other sums"
    raise_where(backwards, raised(node.graph, message))
    rank = len(unit_axes_of(array.type))
    places = arange(dimension(array, axis=axis % rank))
    stretch = searchsorted(indices, places, side="right") - 1
    found = at_positions(out_bar, TABLE["maximum"](stretch, 0), axis)
    inside: Node = TABLE["greater_equal"](stretch, 0)
    behind = rank - 1 - axis % rank
    if behind:
        inside = expand_dims(inside, axis=tuple(range(1, behind + 1)))
    walker.accumulate(array, found * inside)


add_reduceat.linear_in = (0,)
