"""What a loop carries under a name: the shapes of values from step to step."""

from __future__ import annotations

import keyword
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Type, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.containers.sharing import Box
from chainrule.lift.kinds import kind_of, kind_of_type
from chainrule.lift.values import DictBox, Either, ListBox, ObjectBox, Value, View
from chainrule.primitives import sequence
from chainrule.primitives.arrays import creation
from chainrule.primitives.written import display_type
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
    """A container of fixed layout: ``kind`` is tuple, list or dict.

    Of the kind ``entry`` is a record in the list ``named``, with its place for a part, of the
    kind ``records`` a list of records like ``named``, with its columns, and of the kind ``table`` a
    dict of run-time keys like ``named``, with the dict of its places and the list of its values.
    """

    kind: str
    parts: tuple[Any, ...]
    keys: tuple[Any, ...] = ()
    named: Any = None


@dataclass(frozen=True)
class Fresh:
    """A name that is bound to another list in each step; the list has this type.

    It may be one of the ``lenders``, which exist before the loop; it is ``alone`` where no other
    name of the loop can be bound to it at the same time.
    """

    type: Type
    lenders: tuple[Box, ...] = ()
    alone: bool = True


@dataclass(frozen=True)
class Made:
    """A name that is bound to another dict, row or object of one class in each step.

    ``content`` is the layout of its entries or attributes; ``type`` is the class of objects, and
    ``list`` for rows: lists of as many numbers, or rows of them, in every step.
    ``lenders`` and ``alone`` are as for lists (:class:`Fresh`).
    """

    content: Layout
    type: Any = None
    lenders: tuple[Box, ...] = ()
    alone: bool = True

    @property
    def kind(self) -> Any:
        """The kind of its values, as :func:`kind_of` tells it."""
        if self.type is list:
            return "list"
        return ("dict", None) if self.type is None else ("object", self.type)

    def empty(self) -> DictBox | ObjectBox | ListBox:
        """A new box for such a value."""
        if self.type is list:
            return ListBox()
        return DictBox() if self.type is None else ObjectBox(None, self.type, None)

    def as_list(self) -> Any:
        """A row as a list whose length nobody knows; anything else as it is."""
        if self.type is not list:
            return self
        parts = [part.as_list() if isinstance(part, Made) else part for part in self.content.parts]
        type = display_type((part.type for part in parts), "list")
        return Fresh(type, self.lenders, self.alone)


@dataclass(frozen=True)
class Unknown:
    """Values of different kinds; using it is refused."""


@dataclass(frozen=True)
class MaybeBound:
    """A value of this shape that may not be there yet, and a bool that tells whether it is."""

    shape: Any


@dataclass(frozen=True)
class Same:
    """One of two kinds: this value, known while lifting, in every step that has it."""

    value: Any


@dataclass(frozen=True)
class Alternatives:
    """A value of the ``kind`` that ``then`` is a shape of, else of ``orelse``, and which it is."""

    kind: Any
    then: Any
    orelse: Any


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
    if isinstance(shape, Made):
        return is_late(shape.content)
    return False


def in_time(shape: Shape) -> Shape:
    """The shape with a place for a value before the loop."""
    if isinstance(shape, Scalar):
        return Scalar(shape.type)
    if isinstance(shape, Layout):
        return Layout(shape.kind, tuple(map(in_time, shape.parts)), shape.keys, shape.named)
    if isinstance(shape, Made):
        return Made(in_time(shape.content), shape.type, shape.lenders, shape.alone)
    return shape


def bound_part(value: Value) -> Value:
    """What a value is where it is bound, and no None; one of two boxes is either."""
    if not isinstance(value, Either):
        return value
    held = (*HELD, DictBox, ObjectBox)
    return value if isinstance(value.then, held) and isinstance(value.orelse, held) else value.then


def kind_of_shape(shape: Shape) -> Any:
    """The kind of the values of a shape, as :func:`kind_of`; None if that is not told."""
    if isinstance(shape, Same):
        return kind_of(shape.value)
    if isinstance(shape, Scalar):
        return None if shape.late else kind_of_type(shape.type)
    if isinstance(shape, Layout):
        if shape.kind == "entry":
            return ("entry", id(shape.named))
        return ("tuple", len(shape.parts)) if shape.kind == "tuple" else None
    if isinstance(shape, Fresh):
        rank = len(unit_axes_of(shape.type))
        return ("array", rank) if rank else "list"
    if isinstance(shape, Made):
        return shape.kind
    return None


def shapes_by_kind(shape: Shape) -> dict[Any, Shape]:
    """The shapes of all kinds of a value."""
    if not isinstance(shape, Alternatives):
        return {kind_of_shape(shape): shape}
    return {shape.kind: shape.then, **shapes_by_kind(shape.orelse)}


def name_of_tag(name: str, shape: Alternatives) -> str:
    """What the bool is called that tells which of two kinds the value ``name`` is of."""
    if isinstance(shape.orelse, Same) and getattr(shape.orelse.value, "value", 0) is None:
        return f"{name}_given"
    if isinstance(shape.then, Same):
        held = getattr(shape.then.value, "value", None)
        word = getattr(held, "__name__", "first")
        return f"{name}_is_{word if word.isidentifier() else 'first'}"
    word = shape.kind if isinstance(shape.kind, str) else shape.kind[0]
    if word == "object":
        word = shape.kind[1].__name__.lower()
    return f"{name}_is_{word}"


def names_of(shape: Layout, name: str | None, own: str) -> list[str | None]:
    """What the parts are called of what is called ``name``, and so is its part ``own``."""
    count = len(shape.parts)
    if shape.kind == "entry":
        return [name]
    if shape.kind == "records":
        fields = shape.named.layout
        return [name] if shape.named.places is not None else [fields.name(k) for k in range(count)]
    if name is not None and shape.kind == "table":
        return [f"{name}_places", f"{name}_values"]
    if name is not None and shape.kind == "list":
        return [f"{name}_{position}" for position in range(count)]
    # What an object holds as a list is called as the object.
    names = [name if key == own else _name_of(key) for key in shape.keys] or [None] * count
    if name is not None and shape.kind == "dict":
        # The attributes of an object; entries of a dict are called by their keys.
        return [part and f"{name}_{part}" for part in names]
    return names


def _name_of(key: Any) -> str | None:
    """What the entry or attribute ``key`` of a dict or an object is called."""
    plain = isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)
    return key if plain else None
