"""What a list holds once an entry was written: also arrays where it was made with numbers.

A list is often made with as many numbers, or None, as it will have arrays::

    a = [0.0] * n
    for i in range(n):
        a[i] = W[i] @ x

No derivative flows through what is written in the code, so the list is one of arrays, with holes.
Where it is any other number, an entry may have axes or none, and nothing is computed of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from collections.abc import Sequence as Items

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    FLOAT,
    INT,
    OPAQUE,
    Sequence,
    Type,
    Varying,
    join,
    join_entries,
    unit_axes_of,
)

# What may stand where an array will be.
HOLES = (FLOAT, INT, BOOL, OPAQUE)


def is_of_literals(node: Node) -> bool:
    """Whether a list holds nothing but what is written in the code, or does so at first."""
    if node in node.graph.of_literals:
        return True
    name = getattr(node.op, "name", "")
    if name == "zeros_like":
        return isinstance(node.type, Sequence) and node.type.item in HOLES
    entries = {"filled": node.args[1:], "display": node.args, "copy": node.args}.get(name, ())
    if name == "copy":
        return is_of_literals(node.args[0])
    return bool(entries) and all(entry.op is CONSTANT for entry in entries)


def written_type(base: Node, depth: int, value: Node) -> Type:
    """The type of ``base`` where an entry ``depth`` deep is ``value`` from now on."""
    held = base.type
    if not isinstance(held, Sequence):
        return held
    if depth == 1:
        return with_entry(held, value, is_of_literals(base))
    return _within(held, depth, value.type)


def with_entry(held: Sequence, value: Node, literal: bool = False) -> Sequence:
    """The type of a list, of entries that are ``literal``, which has ``value`` as an entry too."""
    axes = unit_axes_of(value.type)
    if axes and (held.item == OPAQUE or (literal and held.item in HOLES)):
        return Sequence(value.type, held.kind, True)
    if unit_axes_of(held.item) and value.op is CONSTANT and value.type in HOLES:
        return Sequence(held.item, held.kind, True)
    return Sequence(join_entries(held.item, value.type), held.kind, held.holes)


def may_be_hole(node: Node) -> bool:
    """Whether an entry of a list of arrays may still be what the list was filled with."""
    held = node.args[0].type if getattr(node.op, "name", "") == "index" else None
    for _ in node.args[1:]:
        if isinstance(held, Sequence) and held.holes:
            return True
        held = getattr(held, "item", None)
    return False


def appended_type(base: Node, value: Node) -> Type:
    """The type of a list with one more entry."""
    held = base.type
    if base.graph.origin.derivative and isinstance(held, Sequence) and held.item != OPAQUE:
        # What is recorded is read where it has the type that it had.
        return Sequence(join(held.item, value.type), held.kind, held.holes)
    if isinstance(held, Sequence) and (is_of_literals(base) or unit_axes_of(held.item)):
        return with_entry(held, value, is_of_literals(base))
    return append_type((held, value.type))


def append_type(types: tuple[Type, ...]) -> Type:
    """The type of a list of one type with one more entry of another."""
    base, value = types
    if isinstance(base, Sequence):
        held = value if base.item == OPAQUE else join_entries(base.item, value)
        return Sequence(held, base.kind, base.holes)
    return Sequence(value)


def _within(held: Type, depth: int, value: Type) -> Type:
    """The type of nested lists where an entry is an array that was a number."""
    if depth == 0 or not isinstance(held, Sequence):
        return join_entries(held, value) if unit_axes_of(value) else held
    return Sequence(_within(held.item, depth - 1, value), held.kind, held.holes)


def type_beside(first: Node, other: Type) -> Type:
    """The type of ``first`` where another path, or a later step, has a value of type ``other``."""
    arrays = isinstance(other, Sequence) and other.holes
    return other if arrays and is_of_literals(first) else first.type


def carried_type(first: object, before: Type, following: Type) -> tuple[Type, Type]:
    """The types of what a loop carries, first and after a step, where it fills a list of literals.

    In the step the list was taken for one of numbers.
    """
    if not isinstance(before, Sequence) or not isinstance(following, Sequence):
        return before, following
    if before.item not in HOLES or not isinstance(first, Node) or not is_of_literals(first):
        return before, following
    if isinstance(following.item, Varying):
        following = Sequence(following.item.array, following.kind, True)
    return type_beside(first, following), following


def display_type(types: Iterable[Type], kind: str) -> Sequence:
    """The type of a list or tuple with entries of these types."""
    entries = list(types)
    # An empty list has entries of no type yet.
    return Sequence(functools.reduce(join_entries, entries) if entries else OPAQUE, kind)


def display_of(entries: Items[Node], kind: str) -> Sequence:
    """The type of a list or tuple of these entries."""
    written = (entry.type for entry in entries if entry.op is CONSTANT)
    return filled_type((entry.type for entry in entries if entry.op is not CONSTANT), written, kind)


def filled_type(entries: Iterable[Type], written: Iterable[Type], kind: str) -> Sequence:
    """The type of a list with entries of these types, of which some are written in the code."""
    held, holes = list(entries), list(written)
    if held and holes and all(map(unit_axes_of, held)) and all(each in HOLES for each in holes):
        return Sequence(display_type(held, kind).item, kind, True)
    return display_type((*held, *holes), kind)
