"""Rewrites of derivative expressions, one function each, with its law in the docstring.

Each gets the new arguments, and for each argument whether nothing else uses it: a rewrite that
takes an expression apart pays only when the expression is then gone.  None means no rewrite.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.primitives.arithmetic import (
    add,
    divide,
    equal,
    logical_not,
    multiply,
    negative,
    subtract,
)
from chainrule.primitives.control import choice_of, select
from chainrule.primitives.declare import Primitive, constant_value, is_constant
from chainrule.primitives.floats import in_floats
from chainrule.records import dataclass
from chainrule.simplify.hinges import unguarded_length
from chainrule.simplify.opposites import lowered_part
from chainrule.simplify.signs import sign_met

Rule = Callable[[Node, Node, bool, bool], Node | None]


def _scaled(node: Node, single: bool) -> bool:
    """Whether ``node`` is a constant times something, and may be taken apart."""
    return single and node.op is multiply and node.origin.derivative and is_constant(node.args[0])


def multiple(node: Node) -> tuple[float, Node] | None:
    """``(c, x)`` of a value that is ``c * x`` and has no name of the user's."""
    if node in node.graph.names and not node.origin.derivative:
        return None
    if node.op is multiply:
        for constant, other in (node.args, node.args[::-1]):
            if is_constant(constant) and not is_constant(other):
                return float(constant_value(constant)), other
    if node.op is divide and is_constant(node.args[1]) and not is_constant(node.args[0]):
        return 1.0 / float(constant_value(node.args[1])), node.args[0]
    return None


def hoist_constant(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """(c * a) * y = c * (a * y), so that constants meet."""
    if _scaled(x, x_single) and not is_constant(y):
        return multiply.build(x.args[0], multiply.build(x.args[1], y))
    if _scaled(y, y_single) and not is_constant(x):
        return multiply.build(y.args[0], multiply.build(x, y.args[1]))
    return None


def cancel_root(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """a / (c * a) = 1 / c for a value a by which f has divided already is left alone here.

    Only sqrt is cancelled: x / sqrt(x) = sqrt(x), which has the right value at 0.
    """
    if y.op.name == "sqrt" and y.args[0] is x:
        return y
    return None


def cancel_constant(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """c / (k * a) = (c / k) / a, as in the slope of log(2 * pi * a), where c / k is short."""
    found = multiple(y) if is_constant(x) else None
    if found is None or found[0] == 0.0 or not math.isfinite(found[0]):
        return None
    quotient = float(constant_value(x)) / found[0]
    if not quotient or float(f"{quotient:.4g}") != quotient:
        return None
    return divide.build(x.graph.constant(quotient), found[1])


@dataclass(frozen=True)
class GuardedRoot:
    """The slope ``inf if s == 0 else scale / s`` of ``s = sqrt(value)``."""

    value: Node
    scale: Node
    root: Node

    def limit(self) -> Node:
        """``value`` times the slope, right at the edge too."""
        return multiply.build(self.scale, self.root)


def guarded_root(slope: Node) -> GuardedRoot | None:
    """The root whose slope this is, None where it is none."""
    found = choice_of(slope)
    if found is None:
        return None
    predicate, _, other = found
    if predicate.op is not equal or not is_constant(predicate.args[1], 0):
        return None
    root = predicate.args[0]
    if root.op.name != "sqrt" or other.op is not divide or other.args[1] is not root:
        return None
    return GuardedRoot(root.args[0], other.args[0], root) if is_constant(other.args[0]) else None


def root_slope(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """x * (inf if s == 0 else c / s) = c * s for s = sqrt(x): the slope's product has a limit."""
    for value, slope in ((x, y), (y, x)):
        found = guarded_root(slope)
        if found is not None and found.value is value:
            return found.limit()
    return None


def infinite_slope(node: Node) -> tuple[Node, Node, Node] | None:
    """``(predicate, slope at the edge, slope elsewhere)`` of a guarded infinite slope."""
    found = guarded_slope(node)
    return found if found is not None and is_constant(found[1], math.inf, -math.inf) else None


def guarded_slope(node: Node) -> tuple[Node, Node, Node] | None:
    """``(predicate, slope at the edge, slope elsewhere)`` of a slope with a case for an edge."""
    found = choice_of(node)
    return found if found is not None and found[0].op is equal else None


def finite_product(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """a * (inf if s == 0 else b): nothing times an infinite slope is nothing."""
    for value, slope in ((x, y), (y, x)):
        found = infinite_slope(slope)
        if found is not None and not is_constant(value) and infinite_slope(value) is None:
            made = _taken_inside(value, *found)
            if made is not None:
                return made
    return None


def flat_product(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """a * (0 if s == 0 else 1 / s) = 0 if s == 0 else a / s."""
    for value, slope in ((x, y), (y, x)):
        found = guarded_slope(slope)
        if found is None or is_constant(value) or not is_constant(found[1], 0.0):
            continue
        predicate, _, elsewhere = found
        if elsewhere.op is divide and is_constant(elsewhere.args[0], 1.0, -1.0):
            return _inside(value, predicate, lambda: 0.0, elsewhere)
    return None


def _taken_inside(value: Node, predicate: Node, edge: Node, elsewhere: Node) -> Node | None:
    """The product of ``value`` and a guarded slope, taken inside the guard."""
    if elsewhere.op is not divide or not is_constant(elsewhere.args[0]):
        return None

    def at_edge() -> Node:
        made: Node = select(equal(value, 0.0), lambda: 0.0, lambda: value * edge)
        return made

    return _inside(value, predicate, at_edge, elsewhere)


def _inside(
    value: Node, predicate: Node, at_edge: Callable[[], Node | float], elsewhere: Node
) -> Node:
    """``value * elsewhere``, a constant over a divisor, but what there is at the edge."""

    def away() -> Node:
        made: Node = multiply(elsewhere.args[0], value) / elsewhere.args[1]
        return made

    made: Node = select(predicate, at_edge, away)
    return made


def infinite_multiple(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """inf * (c * a) is inf * a with the sign of c."""
    found = multiple(y) if is_constant(x, math.inf, -math.inf) else None
    if found is None or not math.isfinite(found[0]) or found[0] == 0.0:
        return None
    return multiply.build(x if found[0] > 0.0 else negative.build(x), found[1])


def zero_multiple(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """c * a == 0 where a == 0."""
    if not is_constant(y, 0):
        return None
    found = (-1.0, x.args[0]) if x.op is negative else multiple(x)
    if found is None or not math.isfinite(found[0]) or found[0] == 0.0:
        return None
    made: Node = equal.build(found[1], y)
    return made


def factor_sum(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """a * b + a * c = a * (b + c), and a / d + b / d = (a + b) / d."""
    return _factored(add, x, y, x_single, y_single)


def factor_difference(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """a * b - a * c = a * (b - c), and a / d - b / d = (a - b) / d."""
    return _factored(subtract, x, y, x_single, y_single)


def _factored(op: Primitive, x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    if not (x_single and y_single and x.op is y.op):
        return None
    if not (x.origin.derivative and y.origin.derivative):
        return None
    if x.op is divide and x.args[1] is y.args[1]:
        return divide.build(in_floats(op, x.args[0], y.args[0]), x.args[1])
    if x.op is not multiply:
        return None
    for left, right in ((0, 1), (1, 0)):
        for other_left, other_right in ((0, 1), (1, 0)):
            if x.args[left] is y.args[other_left]:
                inner = in_floats(op, x.args[right], y.args[other_right])
                return multiply.build(x.args[left], inner)
    return None


def subtract_scaled(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """x + (-c) * a = x - c * a, and x + (-c) * a / d = x - c * a / d."""
    if y_single and not is_constant(y) and (lowered := lowered_part(y)) is not None:
        return subtract.build(x, lowered)
    if x_single and not is_constant(x) and (lowered := lowered_part(x)) is not None:
        return subtract.build(y, lowered)
    return None


def add_scaled(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """x - (-c) * a = x + c * a, and x - (-c) * a / d = x + c * a / d."""
    if y_single and not is_constant(y) and (lowered := lowered_part(y)) is not None:
        return add.build(x, lowered)
    return None


def factor_last(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """(t + a * b) + a * c = t + a * (b + c): terms of one statement often end alike."""
    if not (x_single and y_single and x.op is add and x.origin.derivative):
        return None
    inner = factor_sum(x.args[1], y, True, True)
    return None if inner is None else add.build(x.args[0], inner)


def lower_last(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """-c + a = a - c: no sum begins with a minus sign where it need not."""
    if not is_constant(x) or is_constant(y) or not constant_value(x) < 0.0:
        return None
    return subtract.build(y, x.graph.constant(-float(constant_value(x))))


def known_truth(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """(p == True) = p, and (p == False) = not p."""
    for known, asked in ((x, y), (y, x)):
        if is_constant(known) and known.type == asked.type == BOOL:
            return asked if constant_value(known) else logical_not.build(asked)
    return None


RULES: dict[Primitive, tuple[Rule, ...]] = {
    multiply: (
        unguarded_length,
        root_slope,
        sign_met,
        finite_product,
        flat_product,
        infinite_multiple,
        hoist_constant,
    ),
    equal: (zero_multiple, known_truth),
    divide: (cancel_root, cancel_constant),
    add: (subtract_scaled, factor_sum, factor_last, lower_last),
    subtract: (add_scaled, factor_difference),
}
