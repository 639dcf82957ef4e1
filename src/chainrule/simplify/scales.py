"""Constants that users of a value put in front: they go to the constant that it has.

``0.5 * (0.0 if p else c * x)`` takes one operation more than ``0.0 if p else 0.5 * c * x``, and
with ``t = 3.0 * x`` both ``2.0 * t * y`` and ``2.0 * t * z`` one more than with ``t = 6.0 * x``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from chainrule.graph.block import ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, equal, multiply, negative, subtract
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant

# What is beyond leaves no room for the products that are made with it.
LARGEST = 1e100


def scales_of(
    nodes: Sequence[Node], uses: dict[Node, int], user: dict[Node, Node]
) -> dict[Node, float]:
    """The constants that products and results of branches bear from now on: that takes less.

    ``user`` has the only user of what is used once.
    """
    users: dict[Node, list[Node]] = {
        node: [] for node in nodes if _can_be_scaled(node, uses) and _takes_constant(node)
    }
    if not users:
        return {}
    for node in nodes:
        for arg in node.args:
            if arg in users:
                users[arg].append(node)
    found: dict[Node, float] = {}
    for value, by in users.items():
        seen = [_multiple(value, each, user, uses) for each in by]
        # What is handed out is as it is.
        seen += [Multiple(1.0)] * (uses.get(value, 0) - len(by))
        scale = _best_scale([one for one in seen if one is not None])
        if scale is not None:
            found[value] = scale
    return found


class Multiple(NamedTuple):
    """By what constant a value stands multiplied in a product, and whether that is a term."""

    constant: float
    is_term: bool = False

    def cost(self, scale: float) -> int:
        """Operations that the constant takes where the value bears ``scale`` already."""
        left = self.constant / scale
        return int(left != 1.0 and not (left == -1.0 and self.is_term))


def _multiple(
    value: Node, user: Node, only: dict[Node, Node], uses: dict[Node, int]
) -> Multiple | None:
    """The multiple of ``value`` that ``user`` is part of.

    None where no constant is minded: in a test whether it is zero, and in front of infinity.
    """
    if user.op is equal and is_constant(user.args[1], 0) and user.origin.derivative:
        return None
    constant, node = 1.0, value
    while user.origin.derivative and (node is value or user.block is node.block):
        if user.op is multiply and is_constant(user.args[0]):
            constant *= float(constant_value(user.args[0]))
            if math.isinf(constant):
                return None
        elif user.op is negative:
            constant = -constant
        elif user.op is not multiply and not (user.op is divide and user.args[0] is node):
            break
        node = user
        if uses.get(node) != 1 or node not in only:
            return Multiple(constant)
        user = only[node]
    return Multiple(constant, user.origin.derivative and user.op in (add, subtract))


def _can_be_scaled(node: Node, uses: dict[Node, int]) -> bool:
    if node.op is ITEM:
        branch = node.args[0]
        return branch.op is IF and branch.origin.derivative and node.type == FLOAT
    product = node.op in (multiply, divide) and node.origin.derivative
    return product and node.type == FLOAT and uses.get(node, 0) > 1


def _takes_constant(value: Node) -> bool:
    """Whether a value, in every arm, is a number, or a product with a constant in front."""
    if value.op is not ITEM:
        return _has_constant(value)
    position = result_number(value)
    return all(
        block.completes and _has_constant(block.results[position])
        for block in owned_blocks(value.args[0])
    )


def _has_constant(value: Node) -> bool:
    while value.op is divide and value.origin.derivative:
        value = value.args[0]
    product = value.op is multiply and value.origin.derivative
    return is_constant(value) or (product and is_constant(value.args[0]))


def _best_scale(seen: list[Multiple]) -> float | None:
    """The constant that saves operations when the value bears it, and the most of them."""
    now = sum(one.cost(1.0) for one in seen)
    best = None
    for scale in dict.fromkeys([*(one.constant for one in seen), -1.0]):
        if scale == 1.0 or not 1.0 / LARGEST < abs(scale) < LARGEST:
            continue
        cost = sum(one.cost(scale) for one in seen)
        if cost < now:
            best, now = scale, cost
    return best
