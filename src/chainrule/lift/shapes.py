"""What a loop carries under a name: the shapes of values from step to step."""

from __future__ import annotations

from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.values import Either, ListBox, Value, View
from chainrule.primitives import sequence
from chainrule.primitives.arrays import creation
from chainrule.records import dataclass


@dataclass(frozen=True)
class Keep:
    """The value does not change in the loop."""


@dataclass(frozen=True)
class Scalar:
    """One node of this type; ``late`` when it has no value before the loop."""

    type: Type
    late: bool = False


@dataclass(frozen=True)
class Layout:
    """A container of fixed layout: ``kind`` is tuple, list or dict."""

    kind: str
    parts: tuple[Any, ...]
    keys: tuple[Any, ...] = ()
    named: type | None = None


@dataclass(frozen=True)
class Fresh:
    """A name that is bound to another list in each step; the list has this type.

    It may be one of the ``lenders``, which exist before the loop; it is ``alone`` where no other
    name of the loop can be bound to it at the same time.
    """

    type: Type
    lenders: tuple[ListBox, ...] = ()
    alone: bool = True


@dataclass(frozen=True)
class Unknown:
    """Values of different kinds; using it is refused."""


@dataclass(frozen=True)
class MaybeBound:
    """A value of this shape that may not be there yet, and a bool that tells whether it is."""

    shape: Any


KEEP = Keep()
HELD = (ListBox, View)
Shape = Any
NOTHING: dict[Type, float] = {FLOAT: 0.0, INT: 0, BOOL: False}


def nothing_of(graph: Graph, type: Type) -> Node:
    """What stands for a value of this type that is not there yet, and counts for nothing.

    It is of the type, so that what a derivative does with any value can be done with it.
    """
    if isinstance(type, SequenceType):
        return graph.cursor.add(sequence.display, (), (type.kind,))
    if isinstance(type, Array) and type.unit_axes:
        sizes = [graph.constant(int(unit)) for unit in type.unit_axes]
        dtype = None if type.dtype == "float64" else type.dtype
        return graph.cursor.add(creation.zeros, tuple(sizes), (dtype, "function"))
    return graph.constant(NOTHING.get(type))


def is_late(shape: Shape) -> bool:
    """Whether no part of the shape has a value before the loop."""
    if isinstance(shape, Scalar):
        return shape.late
    if isinstance(shape, Layout):
        return bool(shape.parts) and all(map(is_late, shape.parts))
    return False


def in_time(shape: Shape) -> Shape:
    """The shape with a place for a value before the loop."""
    if isinstance(shape, Scalar):
        return Scalar(shape.type)
    if isinstance(shape, Layout):
        return Layout(shape.kind, tuple(map(in_time, shape.parts)), shape.keys, shape.named)
    return shape


def bound_part(value: Value) -> Value:
    """What a value is where it is bound."""
    return value.then if isinstance(value, Either) else value
