"""The left end of lists whose length is known at run time: queues and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.primitives.declare import Cost, register
from chainrule.primitives.sequence import (
    SequenceOp,
    pull_added,
    pull_taken,
    written_tangent,
)
from chainrule.primitives.written import append_type

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker


def _pull_prepend(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    pull_added(walker, node, out_bar, 0, drop_first)


# x.insert(0, value)
prepend = register(
    SequenceOp("prepend", append_type, _pull_prepend, None, cost=Cost.ADD, raises=False)
)
prepend.tangent_rule = written_tangent


def _pull_drop_first(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    pull_taken(walker, node, out_bar, 0, prepend)


# x.pop(0)
drop_first = register(
    SequenceOp("drop_first", lambda types: types[0], _pull_drop_first, None, cost=Cost.ADD)
)
