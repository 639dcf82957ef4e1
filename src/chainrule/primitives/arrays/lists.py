"""Lists of arrays whose length is known at run time only, joined into one array."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Sequence, Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import array_linear
from chainrule.primitives.arrays.creation import array_of_list
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.shaping import moveaxis
from chainrule.primitives.declare import Cost


def _item(type: Type) -> Type:
    assert isinstance(type, Sequence)
    return type.item


def _stacked(arrays: Type, axis: int = 0) -> Type:
    units = list(unit_axes_of(_item(arrays)))
    units.insert(axis % (len(units) + 1), False)
    return array_of(dtype_of(_item(arrays)), tuple(units))


@array_defined(
    "stack_list", "numpy.stack", signature="arrays, axis=0", typed=_stacked, cost=Cost.FREE
)
def stack_list(arrays: Node, axis: int) -> Node:
    """The arrays of a list along a new axis."""
    whole = array_of_list(arrays)
    return moveaxis(whole, source=0, destination=axis) if axis != 0 else whole


def _joined(arrays: Type, axis: int = 0) -> Type:
    units = list(unit_axes_of(_item(arrays)))
    units[axis] = False
    return array_of(dtype_of(_item(arrays)), tuple(units))


@array_linear(
    "concatenate_list", "numpy.concatenate", signature="arrays, axis=0", typed=_joined,
    cost=Cost.FREE,
)  # fmt: skip
def concatenate_list(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
    """The arrays of a list one behind the other."""
    (arrays,) = node.args
    walker.accumulate(arrays, split_like(out_bar, arrays, axis=axis))


@array_linear(
    "split_like", "numpy.split", signature="a, arrays, axis=0", arrays=2,
    typed=lambda a, arrays, axis=0: arrays, cost=Cost.FREE,
    written="numpy.split(_0_, numpy.cumsum([part.shape[_axis_] for part in _1_])[:-1], _axis_)",
)  # fmt: skip
def split_like(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
    """An array taken apart into parts as long as those of a list."""
    walker.accumulate(node.args[0], concatenate_list(out_bar, axis=axis))


split_like.linear_in = (0,)
