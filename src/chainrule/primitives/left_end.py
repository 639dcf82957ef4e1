"""The left end of lists whose length is known at run time: queues and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.primitives.declare import Cost, register
from chainrule.primitives.sequence import (
    SequenceOp,
    append_type,
    fill_like,
    index,
    written_tangent,
    zero_of,
)

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker


def _pull_prepend(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, value = node.args
    cursor = node.graph.cursor
    if out_bar.op is fill_like:
        # All entries have the same adjoint: no list is needed to tell.
        walker.accumulate(value, out_bar.args[1])
        if walker.active(base):
            walker.accumulate(base, cursor.add(fill_like, (base, out_bar.args[1])))
        return
    if walker.active(value):
        walker.accumulate(value, cursor.add(index, (out_bar, node.graph.constant(0))))
    if walker.active(base):
        walker.accumulate(base, cursor.add(drop_first, (out_bar,)))


# x.insert(0, value)
prepend = register(
    SequenceOp("prepend", append_type, _pull_prepend, None, cost=Cost.ADD, raises=False)
)
prepend.tangent_rule = written_tangent


def _pull_drop_first(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    (base,) = node.args
    first = node.graph.cursor.add(index, (base, node.graph.constant(0)))
    walker.accumulate(base, node.graph.cursor.add(prepend, (out_bar, zero_of(first))))


# x.pop(0)
drop_first = register(
    SequenceOp("drop_first", lambda types: types[0], _pull_drop_first, None, cost=Cost.ADD)
)
