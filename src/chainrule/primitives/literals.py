"""Numbers that follow from literals alone: ``k / 2`` in a loop that is written out."""

from __future__ import annotations

from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.bounds import COMPARISONS
from chainrule.primitives.declare import Primitive, is_constant
from chainrule.primitives.rounding import to_float, to_int

FOLLOWED = (add, subtract, multiply, divide, negative, to_float, to_int)
# A number that takes more steps is known at run time only.
MOST_STEPS = 8


def number_of_literals(node: Node, steps: int = MOST_STEPS) -> int | float | None:
    """What Python computes here, where that is certain."""
    if node.op is CONSTANT:
        value: Any = node.params[0]
        return value if type(value) in (int, float) else None
    if node.op not in FOLLOWED or node.params or steps == 0:
        return None
    args = [number_of_literals(arg, steps - 1) for arg in node.args]
    if None in args:
        return None
    try:
        found: int | float = node.op.value(*args)
    except ArithmeticError:
        return None
    return found


def truth_of_literals(predicate: Node) -> bool | None:
    """What a comparison of numbers that follow from literals gives."""
    if is_constant(predicate):
        return bool(predicate.params[0])
    if not isinstance(predicate.op, Primitive) or predicate.op.name not in COMPARISONS:
        return None
    sides = list(map(number_of_literals, predicate.args))
    return None if None in sides else bool(predicate.op.value(*sides))
