"""Through which of its arguments a derivative may flow into a node."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.primitives import sequence
from chainrule.primitives.arrays.indexing import section_add, section_set
from chainrule.primitives.declare import Flat, Linear, Primitive
from chainrule.primitives.effect import FACT, Verbatim
from chainrule.primitives.elementary import copysign
from chainrule.primitives.rows import append_in

# These write ``value`` into ``base`` at a path: the first and the last argument carry.
WRITES: tuple[Linear, ...] = (
    sequence.index_set,
    sequence.index_add,
    sequence.slice_set,
    append_in,
    section_set,
    section_add,
)


def carrying_args(node: Node) -> Sequence[Node]:
    """The arguments through which a derivative may flow into ``node``."""
    op = node.op
    if op in WRITES:
        return (node.args[0], node.args[-1])
    if isinstance(op, Flat) or op is FACT:
        return ()
    if op is copysign:
        # Of the second a sign alone is taken.
        return node.args[:1]
    if isinstance(op, Linear) and op.linear_in is not None:
        return [node.args[position] for position in op.linear_in]
    if isinstance(op, (Primitive, Verbatim)):
        return node.args
    return ()
