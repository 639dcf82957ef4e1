"""Numbers that Python makes complex: powers of negative bases, and what is made of them."""

from __future__ import annotations

from chainrule.graph.block import ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant

ARITHMETIC = (add, subtract, multiply, divide, negative)


def is_complex_below_zero(node: Node) -> bool:
    """Whether a number is a power that is complex where its base is negative, as it may be."""
    if node.op is not power or node.type != FLOAT:
        return False
    base, exponent = node.args
    whole = is_constant(exponent) and float(constant_value(exponent)).is_integer()
    return exponent.type == FLOAT and not whole and not bounds_of(base).low >= 0.0


def may_be_complex(number: Node) -> bool:
    """Whether a number is made of a power that Python makes complex for some arguments."""
    stack, seen = [number], {number}
    while stack:
        node = stack.pop()
        if node.type != FLOAT:
            continue
        parts: tuple[Node, ...] = ()
        if node.op is power:
            if is_complex_below_zero(node):
                return True
            parts = node.args[:1]
        elif node.op in ARITHMETIC:
            parts = node.args
        elif node.op is ITEM and node.args[0].op is IF:
            arms = owned_blocks(node.args[0])
            parts = tuple(arm.results[result_number(node)] for arm in arms if arm.completes)
        stack += [part for part in parts if part not in seen]
        seen.update(parts)
    return False
