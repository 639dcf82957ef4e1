"""The largest, or smallest, entry so far along an axis."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import Type, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall, array_flat
from chainrule.primitives.arrays.creation import arange
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.rearranging import along_axis, at_positions
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.declare import TABLE, Cost


def _same(array: Type, axis: int = 0) -> Type:
    return array


latest = array_flat(
    "latest", spelled="numpy.maximum.accumulate", signature="array, axis=0",
        typed=_same,
        lengths=as_first,
    cost=Cost.ADD,
    doc="The position of the last new extreme so far.",
)  # fmt: skip


def _extreme(name: str) -> ArrayCall:
    reached = array_flat(
        f"reached_{name}", spelled=f"numpy.{name}.accumulate", signature="array, axis=0",
        typed=_same,
        lengths=as_first,
        cost=Cost.ADD, doc=f"The {name} so far, as a number to compare with.",
    )  # fmt: skip

    @array_defined(
        f"running_{name}", spelled=f"numpy.{name}.accumulate", signature="array, axis=0",
        typed=_same,
        lengths=as_first,
        cost=Cost.ADD,
    )  # fmt: skip
    def running(array: Node, axis: int) -> Node:
        rank = len(unit_axes_of(array.type))
        axis %= rank
        count = arange(dimension(array, axis=axis), None, None)
        others = tuple(k for k in range(rank) if k != axis)
        places = expand_dims(count, axis=others) if others else count
        new = TABLE["equal"](array, reached(array, axis=axis))
        held = latest(TABLE["where"](new, places, 0), axis=axis)
        return at_positions(array, held, 0) if rank == 1 else along_axis(array, held, axis, "a")

    running.__doc__ = f"The {name} so far along an axis; of equal ones the last."
    return running


extremes_so_far = {name: _extreme(name) for name in ("maximum", "minimum", "fmax", "fmin")}
