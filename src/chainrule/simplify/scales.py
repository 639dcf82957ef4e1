"""Constants that every user of a guarded value puts in front: they go into the guard's arms.

``0.5 * (0.0 if p else c * x)`` takes one operation more than ``0.0 if p else 0.5 * c * x``.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.block import ITEM
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import divide, equal, multiply
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant


def scales_of_guards(nodes: Iterable[Node], uses: dict[Node, int]) -> dict[Node, float]:
    """The constants by which results of derivative branches are multiplied wherever used."""
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        for arg in node.args:
            if arg.op is ITEM and arg.args[0].op is IF and arg.type == FLOAT:
                users.setdefault(arg, []).append(node)
    found = {}
    for item, by in users.items():
        branch = item.args[0]
        if branch.origin.derivative and uses.get(item) == len(by) and _takes_constant(item):
            scale = _common_scale(item, by)
            if scale is not None:
                found[item] = scale
    return found


def _takes_constant(item: Node) -> bool:
    """Whether every arm gives a number, or a product with a constant in front."""
    position = int(str(item.params[0]))
    for block in owned_blocks(item.args[0]):
        if not block.completes:
            return False
        result = block.results[position]
        while result.op is divide and result.origin.derivative:
            result = result.args[0]
        product = result.op is multiply and result.origin.derivative
        if not is_constant(result) and not (product and is_constant(result.args[0])):
            return False
    return True


def _common_scale(item: Node, users: list[Node]) -> float | None:
    """The constant in front of ``item`` in all products; tests for zero do not mind."""
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
