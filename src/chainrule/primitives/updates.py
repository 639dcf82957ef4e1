"""What writes to lists and arrays: each gives the new version of its first argument."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import ITEM, PARAMETER
from chainrule.graph.node import Node
from chainrule.primitives.arrays.indexing import section_add, section_set
from chainrule.primitives.control import LOOP, item_sources, state_sources
from chainrule.primitives.left_end import drop_first, prepend
from chainrule.primitives.rows import append_in, drop_last_in
from chainrule.primitives.sequence import append, drop_last, index_add, index_set, slice_set

# An entry more or less at an end of a list.
AT_ENDS = (append, drop_last, prepend, drop_first)
# The same at the end of a row of nested lists.
IN_ROWS = (append_in, drop_last_in)
UPDATES = (*AT_ENDS, *IN_ROWS, index_set, index_add, slice_set, section_set, section_add)


def sources_of(node: Node) -> Sequence[Node]:
    """What may be the same list; nothing where it is made or read out of another."""
    owner = node.block.owner
    if node.op in UPDATES:
        return node.args[:1]
    if node.op is ITEM:
        return item_sources(node)
    if node.op is PARAMETER and owner is not None and owner.op is LOOP:
        return state_sources(node, owner)
    return ()
