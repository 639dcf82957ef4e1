"""Which of two numbers is not above the other where a comparison has one outcome."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.block import CONSTANT, ITEM, result_number
from chainrule.graph.node import Node
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.effect import Verbatim

# ``left <= right`` is known where the comparison has this outcome; True: the other way round.
ORDERS = {
    (arithmetic.less, False): True,
    (arithmetic.less_equal, True): False,
    (arithmetic.greater, False): False,
    (arithmetic.greater_equal, True): True,
}
Order = tuple[object, object]


def told_order(predicate: Node, truth: bool) -> Order | None:
    """``(left, right)`` when the outcome of a comparison tells that left <= right."""
    turned = ORDERS.get((predicate.op, truth))
    if turned is None:
        return None
    keys = list(map(_read, predicate.args))
    return (keys[1], keys[0]) if turned else (keys[0], keys[1])


def _read(node: Node) -> object:
    """What tells a value; a table's entry that is read twice is one."""
    if node.op is CONSTANT:
        return node.params[0]
    return (node.params[0], *map(_read, node.args)) if isinstance(node.op, Verbatim) else node


def joined_orders(predicate: Node, truth: bool) -> Iterator[Order]:
    """The orders of which one or more are told where comparisons are joined or turned.

    Where ``x > 0 and flag`` is false x is no more than 0, unless the flag was not set.
    """
    stack = [(predicate, truth)]
    seen: set[tuple[Node, bool]] = set()
    while stack:
        node, side = stack.pop()
        if (node, side) in seen:
            continue
        seen.add((node, side))
        if node.op is arithmetic.logical_not:
            stack.append((node.args[0], not side))
        elif node.op is ITEM and node.args[0].op is IF:
            branch, k = node.args[0], result_number(node)
            stack += [(arm.results[k], side) for arm in owned_blocks(branch) if arm.completes]
            stack.append((branch.args[0], side))
        elif node is not predicate:
            order = told_order(node, side)
            if order is not None:
                yield order
