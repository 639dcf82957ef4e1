"""One field of every record in a list, read out of the list: ``[flow.cash for flow in flows]``."""

from __future__ import annotations

import re

from chainrule.graph.node import Node
from chainrule.graph.types import Type
from chainrule.primitives.effect import VERBATIM

COLUMN = re.compile(r"\[(\w+)(\.\w+|\[[^\[\]]+\]) for \1 in _0_\]")


def column(records: Node, entry: str, access: str, type: Type) -> Node:
    """The list of what is read by ``access`` of every entry, of which one is called ``entry``."""
    text = f"[{entry}{access} for {entry} in _0_]"
    return records.graph.cursor.add(VERBATIM, (records,), (text, type, None), type)


def records_of(node: Node) -> Node | None:
    """The list of records that a list is a field of."""
    known = node.op is VERBATIM and len(node.args) == 1 and COLUMN.fullmatch(str(node.params[0]))
    return node.args[0] if known else None
