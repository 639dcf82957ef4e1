"""Numbers that comparisons alone have made: ``float(y > 0)``, ``1 - up``, signs, 1 or -1."""

from __future__ import annotations

from chainrule.graph.block import ITEM, Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, item_sources
from chainrule.primitives.declare import is_constant
from chainrule.primitives.elementary import copysign

MADE_OF_FLAGS = ("to_float", "add", "subtract", "negative", "multiply", "divide", "not")


def questions(flag: Node, body: Block) -> list[Node]:
    """What is asked in a body to make a flag; nothing where it is none."""
    found: dict[Node, None] = {}
    stack = [flag]
    while stack:
        node = stack.pop()
        if is_constant(node):
            continue
        if not inside(node, body):
            return []
        if node.type == BOOL or node.op.name == "sign":
            found[node] = None
        elif node.op is copysign and is_constant(node.args[0]):
            found[node.args[1]] = None
        elif node.op is ITEM and node.args[0].op is IF:
            found[node.args[0].args[0]] = None
            stack.extend(item_sources(node))
        elif node.op.name in MADE_OF_FLAGS:
            stack.extend(node.args)
        else:
            return []
    return list(found)


def chosen_by_flags(node: Node, body: Block) -> tuple[list[Node], list[Node]] | None:
    """``(values, questions)`` of ``up * a + (1 - up) * b`` or ``a + up * (b - a)``."""
    if node.op not in (arithmetic.add, arithmetic.subtract):
        return None
    values, asked = list[Node](), list[Node]()
    plain: list[Node] = []
    for term in node.args:
        value, own = _flagged(term, body)
        asked.extend(own)
        (values if own else plain).append(value)
    if not values or len(plain) > 1:
        return None
    if plain:
        (moved,) = values
        if moved.op is not arithmetic.subtract or plain[0] not in moved.args:
            return None
        return list(moved.args), asked
    return values, asked


def _flagged(term: Node, body: Block) -> tuple[Node, list[Node]]:
    """A value and what decides whether it is felt."""
    if term.op is arithmetic.multiply:
        for flag, value in (term.args, term.args[::-1]):
            asked = questions(flag, body)
            if asked:
                return value, asked
    return term, []
