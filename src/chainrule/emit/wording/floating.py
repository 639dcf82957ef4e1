"""Which arrays certainly hold floating-point numbers when the code runs.

The type of ``k**2`` says float64, since a power of integers need not be one; NumPy gives integers
where ``k`` holds such.  Only what is certain may be written over with fractions.
"""

from __future__ import annotations

from operator import attrgetter

from chainrule.emit.dead import STRUCTURED, Needed, column_values
from chainrule.graph.block import ITEM, PARAMETER, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOATING, Array, Sequence, Type
from chainrule.primitives.control import LOOP
from chainrule.primitives.declare import Primitive

# Their entries, or where they write to, decide; else one argument of floats is enough.
BY_FIRST = ("section_set", "section_add", "index_set", "index_add", "slice_set")
BY_ALL = ("display", "append", "concatenate", "index_set")
# Arrays that are made of numbers take their kind.
BY_NUMBERS = ("array_literal", "array_of_list", "full", "arange", "full_like")


def certainly_floating(needed: Needed) -> set[Node]:
    """The arrays, and lists of arrays, of floating-point numbers whatever the arguments."""
    # What a value is made of comes before it, but for the states of loops.
    held = sorted(filter(_holds_floating, needed.nodes), key=attrgetter("serial"))
    sure = set(held)
    changed = True
    while changed:
        changed = False
        for node in held:
            if node in sure and not _follows(node, needed, sure):
                sure.discard(node)
                changed = True
    return sure


def _holds_floating(node: Node) -> bool:
    return _is_floating(node.type)


def _is_floating(type: Type) -> bool:
    while isinstance(type, Sequence):
        type = type.item
    return isinstance(type, Array) and type.dtype in FLOATING


def _follows(node: Node, needed: Needed, sure: set[Node]) -> bool:
    """Whether a node holds floats if those in ``sure`` do."""
    op = node.op
    if node in needed.states:
        sources = column_values(*needed.states[node])
        return all(each in sure for each in sources if each is not node and _has_entries(each))
    if op is ITEM and node.args[0].op in STRUCTURED:
        sources = column_values(node.args[0], result_number(node))
        return all(each in sure for each in sources if _has_entries(each))
    if op is PARAMETER:
        owner = node.block.owner
        # A row of what a loop goes over; or an argument, whose dtype the code is made for.
        return owner is None or (owner.op is LOOP and owner.args[0] in sure)
    if not isinstance(op, Primitive):
        # What an argument, or a global, holds has the dtype that the code is made for.
        return node in node.graph.given
    arrays = [arg for arg in node.args if isinstance(arg.type, (Array, Sequence))]
    if op.name in BY_FIRST and isinstance(node.type, Array):
        return node.args[0] in sure
    if op.name in BY_ALL:
        return all(arg in sure for arg in arrays if _has_entries(arg))
    if op.name == "astype" or (not arrays and op.name not in BY_NUMBERS):
        return True
    return any(arg in sure for arg in arrays)


def _has_entries(node: Node) -> bool:
    return not (node.op.name == "display" and not node.args)
