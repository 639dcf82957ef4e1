"""Where a slope is infinite, and which factors of what it is the slope of are 0 there.

``sqrt(x * y)`` has an infinite slope where y is 0, and is flat in x there: an adjoint that is
infinite is multiplied by y, and is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import divide, equal, multiply, negative, power
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.control import choice_of
from chainrule.primitives.declare import constant_value, is_constant

# They are 0 where their first argument is.
ZERO_WITH = ("square", "negative", "sqrt", "divide")


def zero_with(value: Node) -> set[Node]:
    """The factors of ``value``: where one of them is 0, so is ``value``."""
    found: set[Node] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if node.op is multiply:
            stack += node.args
        elif node.op.name in ZERO_WITH or (node.op is power and _is_positive(node.args[1])):
            stack.append(node.args[0])
        found.add(node)
    return found - {value}


def _is_positive(exponent: Node) -> bool:
    return is_constant(exponent) and constant_value(exponent) > 0


def may_be_nothing(bar: Node, factor: Node) -> bool:
    """Whether a number by which an adjoint is multiplied may be 0 where that is infinite.

    Where the adjoint is nothing but such a slope, what it is multiplied by goes inside it.
    """
    if bar.type != FLOAT or factor.type != FLOAT or bounds_of(factor).excludes_zero:
        return False
    return any(factor in zero_with(value) for value in _steep_at(bar))


def _steep_at(bar: Node) -> Iterator[Node]:
    """The values at whose zeros an adjoint, which is a number, is infinite."""
    stack = [bar]
    while stack:
        node = stack.pop()
        found = choice_of(node) if node.origin.derivative else None
        if found is not None:
            predicate, then, orelse = found
            root = predicate.args[0] if predicate.op is equal else None
            if root is not None and root.op.name == "sqrt" and not is_constant(then):
                yield root.args[0]
            stack.append(orelse)
        elif node.op in (multiply, divide, negative) and node.origin.derivative:
            stack += node.args[:1] if node.op is divide else node.args
