"""Products with a small power of two in front, which need no parentheses: ``2.0 * x * y``.

Derivatives have their constants in front of what was multiplied before.  Multiplying by a power of
two is exact, so that it makes no difference where it stands.
"""

from __future__ import annotations

from chainrule.emit.plan import Plan, Value, walk
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import multiply

EXACT = (0.125, 0.25, 0.5, 2.0, 4.0, 8.0)


def open_products(plan: Plan) -> None:
    """Write ``2.0 * (x * y)`` of derivative code as ``2.0 * x * y``."""
    seen: set[Value] = set()
    for statement in walk(plan.body):
        stack = list(statement.reads())
        if (own := getattr(statement, "value", None)) is not None:
            stack.append(own)
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if _is_closed(value):
                _open(value)
            stack += [arg for arg in value.args if arg.captive]


def _is_closed(value: Value) -> bool:
    if value.op is not multiply or value.type != FLOAT or not value.derivative:
        return False
    constant, product = value.args
    exact = constant.op is CONSTANT and constant.params[0] in EXACT
    return exact and product.captive and _is_product(product)


def _is_product(value: Value) -> bool:
    return value.op is multiply and all(each.type == FLOAT for each in (value, *value.args))


def _open(value: Value) -> None:
    """The constant moves to the first factor of all."""
    constant, product = value.args
    left, right = product.args
    product.args = [constant, left]
    value.args = [product, right]
    if left.captive and _is_product(left):
        _open(product)
