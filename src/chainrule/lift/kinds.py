"""Of which kind a value is, and what tells the kinds apart that a name may hold.

What is of one of many kinds is an :class:`~chainrule.lift.values.Either` of one of them and of the
rest, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chainrule.graph.block import CONSTANT, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, Sequence, Type, Varying, unit_axes_of
from chainrule.lift.values import (
    ENTRIES,
    UNBOUND,
    ArrayBox,
    DictBox,
    Either,
    ListBox,
    Static,
    TupleValue,
    Value,
    View,
    alternatives_of,
    is_made,
)
from chainrule.primitives.arithmetic import logical_not
from chainrule.primitives.effect import VERBATIM

BOTH = "_0_ and _1_"
AS_BOOL = "bool(_0_)"
LISTS = (ListBox, ArrayBox)


def kind_of(value: Value) -> Any:
    """What values have in common that can be joined; None for what is no value of a name."""
    if isinstance(value, Node):
        return kind_of_type(value.type)
    if isinstance(value, Static) and isinstance(value.value, (str, bool, type(None))):
        return "node"
    if isinstance(value, TupleValue):
        return ("tuple", len(value.items))
    if isinstance(value, ListBox):
        return ("array", value.rank) if isinstance(value, ArrayBox) else "list"
    if isinstance(value, Static):
        return ("static", id(value.value))
    if isinstance(value, ENTRIES):
        return ("entry", id(value.records))
    if is_made(value):
        return ("dict", None) if isinstance(value, DictBox) else ("object", value.type)
    return None if isinstance(value, (list, dict)) else ("one", id(value))


def kind_of_type(type: Type) -> Any:
    """The kind of a value of this type: an entry of a list may be an array or a number."""
    rank = len(unit_axes_of(type))
    return ("row", rank) if rank else "node"


def is_of_node(kind: Any) -> bool:
    """Whether values of this kind are nodes themselves, as no box is."""
    return kind == "node" or (isinstance(kind, tuple) and kind[0] == "row")


def are_apart(types: Iterable[Type]) -> bool:
    """Whether some of these are the types of arrays, and others of numbers, None or other axes.

    Truths are asked, whatever axes they have.
    """
    told = list(types)
    if DYNAMIC in told or any(isinstance(each, (Sequence, Varying)) for each in told):
        return False
    if all(each == BOOL or getattr(each, "dtype", None) == "bool" for each in told):
        return False
    return len(set(map(kind_of_type, told))) > 1


def change_rank(before: Type, after: Type) -> bool:
    """Whether a step of a loop makes an array with another number of axes out of an array."""
    ranks = {len(unit_axes_of(each)) for each in (before, after)}
    return len(ranks) > 1 and 0 not in ranks


def identity_of(value: Value) -> Any:
    """The kind of a value; of a list, a dict or an object which one it is."""
    return ("one", id(value)) if is_made(value) or type(value) in (*LISTS, View) else kind_of(value)


def split_by_kind(
    graph: Graph, value: Value, kind: Any, tell: Callable[[Value], Any] = kind_of
) -> tuple[Node, Value, Value] | None:
    """Whether a value is of this kind, the value if it is, the value if it is not.

    None where several of its alternatives are.
    """
    found = [part for part in alternatives_of(value) if part is not UNBOUND and tell(part) == kind]
    if not found:
        return graph.constant(False), None, value
    if not isinstance(value, Either):
        return graph.constant(True), value, None
    if len(found) > 1:
        return None
    inside = found[0] in alternatives_of(value.then)
    parts = split_by_kind(graph, value.then if inside else value.orelse, kind, tell)
    if parts is None:
        return None
    told, held, others = parts
    way = value.tag if inside else negated(value.tag)
    beside = value.orelse if inside else value.then
    if others is not None:
        arms = (others, beside) if inside else (beside, others)
        beside = Either(value.tag, *arms, value.refusal)
    return both(way, told), held, beside


def negated(tag: Node) -> Node:
    """The opposite of a bool, computed where that is."""
    return tag.block.add(logical_not, (tag,), (), BOOL)


def as_bool(tag: Node) -> Node:
    """What tells two kinds apart as a bool, as a loop hands it on: computed where it is."""
    if tag.type == BOOL:
        return tag
    return tag.block.add(VERBATIM, (tag,), (AS_BOOL, BOOL, None), BOOL)


def both(one: Node, other: Node) -> Node:
    """Whether both of two bools hold; the second need not be known where the first does not."""
    if other.op is CONSTANT and other.params[0] is True:
        return one
    inner = one.block if other.block.encloses(one.block) else other.block
    return inner.add(VERBATIM, (one, other), (BOTH, BOOL, None), BOOL)


def is_both(value: Node) -> bool:
    """Whether a bool tells whether :func:`both` of two hold."""
    return value.op is VERBATIM and value.params[0] == BOTH
