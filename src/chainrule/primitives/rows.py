"""Rows of nested lists: made longer and shorter where they stand, and replaced by others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.types import Array, Sequence, Type
from chainrule.primitives.declare import Cost, register
from chainrule.primitives.list_lengths import ListLengths
from chainrule.primitives.sequence import (
    SequenceOp,
    filled,
    index,
    length,
    written_tangent,
    zero_of,
)
from chainrule.primitives.written import append_type

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker


def _append_in_type(types: tuple[Type, ...]) -> Type:
    base, value, depth = types[0], types[-1], len(types) - 2
    return _with_row(base, depth, lambda row: append_type((row, value)))


def _with_row(base: Type, depth: int, change: Callable[[Type], Type]) -> Type:
    """The type of nested lists of which a row, ``depth`` deep, is of another type."""
    if depth == 0 or not isinstance(base, Sequence):
        return change(base)
    return Sequence(_with_row(base.item, depth - 1, change), base.kind)


def _pull_append_in(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, *path, value = node.args
    cursor = node.graph.cursor
    if walker.active(value):
        last = node.graph.constant(-1)
        walker.accumulate(value, cursor.add(index, (out_bar, *path, last)))
    if walker.active(base):
        walker.accumulate(base, cursor.add(drop_last_in, (out_bar, *path)))


# base[i][j].append(value) of a row of nested lists.
append_in = register(SequenceOp("append_in", _append_in_type, _pull_append_in, None, cost=Cost.ADD))
append_in.tangent_rule = written_tangent


def _pull_drop_last_in(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, *path = node.args
    cursor = node.graph.cursor
    last = cursor.add(index, (base, *path, node.graph.constant(-1)))
    walker.accumulate(base, cursor.add(append_in, (out_bar, *path, zero_of(last))))


# base[i][j].pop() of a row of nested lists.
drop_last_in = register(
    SequenceOp("drop_last_in", lambda types: types[0], _pull_drop_last_in, (0,), cost=Cost.ADD)
)


def zero_of_row(old: Node, new: Node) -> Node:
    """The adjoint that a row begins with where another replaces it, which may be longer."""
    assert isinstance(old.type, Sequence)
    if isinstance(old.type.item, (Sequence, Array)):
        return zero_of(old)
    lengths = ListLengths()
    if lengths.of(old) == lengths.of(new):
        return zero_of(new)
    cursor = old.graph.cursor
    return cursor.add(filled, (cursor.add(length, (old,)), old.graph.constant(0.0)))
