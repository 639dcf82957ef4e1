"""Orders and counts that SciPy takes for whole: of a float it leaves the fraction away."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.floats import integral
from chainrule.primitives.rounding import float_trunc


def whole(order: Any) -> Any:
    """An order as SciPy takes it."""
    if not isinstance(order, Node) or integral(order):
        return order
    if is_constant(order):
        known = float(constant_value(order))
        return order if known.is_integer() else order.graph.constant(int(known))
    return float_trunc(order)
