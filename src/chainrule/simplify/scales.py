"""Constants that every user of a value puts in front: they go to the constant that it has.

``0.5 * (0.0 if p else c * x)`` takes one operation more than ``0.0 if p else 0.5 * c * x``, and
with ``t = 3.0 * x`` both ``2.0 * t * y`` and ``2.0 * t * z`` one more than with ``t = 6.0 * x``.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.block import ITEM
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import divide, equal, multiply
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant


def scales_of(nodes: Iterable[Node], uses: dict[Node, int]) -> dict[Node, float]:
    """The constants by which products and results of branches are multiplied wherever used."""
    users: dict[Node, list[Node]] = {}
    user_of: dict[Node, Node] = {}
    for node in nodes:
        for arg in node.args:
            if _can_be_scaled(arg, uses):
                users.setdefault(arg, []).append(node)
            if arg.op is multiply and uses.get(arg) == 1:
                user_of[arg] = node
    found: dict[Node, float] = {}
    for value, by in users.items():
        if uses.get(value) == len(by) and _takes_constant(value):
            scale = _common_scale([_whole(user, user_of) for user in by])
            if scale is not None:
                found[value] = scale
    return found


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
    position = int(str(value.params[0]))
    return all(
        block.completes and _has_constant(block.results[position])
        for block in owned_blocks(value.args[0])
    )


def _has_constant(value: Node) -> bool:
    while value.op is divide and value.origin.derivative:
        value = value.args[0]
    product = value.op is multiply and value.origin.derivative
    return is_constant(value) or (product and is_constant(value.args[0]))


def _whole(node: Node, user_of: dict[Node, Node]) -> Node:
    """The product that a factor is part of, up to where its constant stands."""
    while node.op is multiply and node.origin.derivative and not is_constant(node.args[0]):
        user = user_of.get(node)
        if user is None or user.op is not multiply or user.block is not node.block:
            break
        node = user
    return node


def _common_scale(users: list[Node]) -> float | None:
    """The constant in front of all these products; tests for zero do not mind."""
    found: set[float] = set()
    for user in users:
        if not user.origin.derivative:
            return None
        if user.op is equal and is_constant(user.args[1], 0):
            continue
        if user.op is not multiply or not is_constant(user.args[0]):
            return None
        scale = float(constant_value(user.args[0]))
        if abs(scale) != float("inf"):
            found.add(scale)
    only = found.pop() if len(found) == 1 else None
    return only if only not in (None, 0.0, 1.0, -1.0) else None
