"""Sums and differences the other way round: ``-(a - b) * c`` is ``(b - a) * c``."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.floats import in_floats


def opposite_sum(node: Node) -> Node | None:
    """The opposite of a sum or difference where it takes no operation more."""
    if node.op is subtract:
        first, second = node.args
        lowered = lowered_part(first)
        if lowered is None:
            return in_floats(subtract, second, first)
        return in_floats(add, lowered, second)
    if node.op is add:
        for part, other in (node.args, node.args[::-1]):
            lowered = lowered_part(part)
            if lowered is not None:
                return in_floats(subtract, lowered, other)
    return None


def lowered_part(node: Node) -> Node | None:
    """``c * x`` of ``-c * x``, also in a ratio, and of constants; None of anything else."""
    if is_constant(node):
        value = constant_value(node)
        return node.graph.constant(-value) if value < 0 else None
    if not node.origin.derivative or node.op not in (divide, multiply, negative):
        return None
    numerator = node.args[0]
    if node.op is negative:
        return numerator
    # The constant of a product; in a ratio also what has no name.
    apart = is_constant(numerator) if node.op is multiply else numerator not in node.graph.names
    first = lowered_part(numerator) if apart else None
    return None if first is None else in_floats(node.op, first, node.args[1])
