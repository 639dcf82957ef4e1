"""Derivative values that are one of their arguments, now that a branch is known: ``1.0 * x``."""

from __future__ import annotations

from chainrule.emit.plan import Value
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL, Array
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract


def simplified(value: Value) -> Value | None:
    """The argument that a derivative value is equal to now that one of its arguments is known."""
    if value.op is negative and _is_number(value.args[0], 0.0):
        return value.args[0]
    if len(value.args) != 2 or isinstance(value.type, Array):
        # An array may be needed in its full shape.
        return None
    left, right = value.args
    if value.op is multiply:
        for one, other in ((left, right), (right, left)):
            if _is_number(one, 1.0):
                return other
            if _is_number(one, 0.0):
                return one
    if value.op is add:
        return right if _is_number(left, 0.0) else left if _is_number(right, 0.0) else None
    if value.op is subtract and _is_number(right, 0.0):
        return left
    if value.op is divide and (_is_number(right, 1.0) or _is_number(left, 0.0)):
        return left
    return None


def _is_number(value: Value, number: float) -> bool:
    return value.op is CONSTANT and value.type != BOOL and value.params[0] == number
