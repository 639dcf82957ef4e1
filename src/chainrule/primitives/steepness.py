"""Where a slope is infinite, and which factors of what it is the slope of are 0 there.

``sqrt(x * y)`` has an infinite slope where y is 0, and is flat in x there: an adjoint that is
infinite is multiplied by y, and is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from chainrule.graph.block import CONSTANT, ITEM
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import divide, equal, multiply, negative, power
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.control import choice_of, item_sources
from chainrule.primitives.declare import constant_value, is_constant

# What divides where a slope is infinite at the edge, bare or shown through a mask.
ROOTS = ("cbrt", "power", "sqrt", "where")
# They are 0 where their first argument is.
ZERO_WITH = ("square", "negative", "sqrt", "cbrt", "divide")

NOTHING: frozenset[Node] = frozenset()


def zero_with(value: Node) -> set[Node]:
    """The factors of ``value``: where one of them is 0, so is ``value``."""
    found: set[Node] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found.add(node)
        if node.op is multiply:
            stack += node.args
        elif node.op.name in ZERO_WITH or (node.op is power and _is_positive(node.args[1])):
            stack.append(node.args[0])
    return found - {value}


def _is_positive(exponent: Node) -> bool:
    return is_constant(exponent) and constant_value(exponent) > 0


def may_be_nothing(bar: Node, factor: Node) -> bool:
    """Whether a number by which an adjoint is multiplied may be 0 where that is infinite.

    Where the adjoint is nothing but such a slope, what it is multiplied by goes inside it.
    """
    if bar.type != FLOAT or factor.type != FLOAT or bounds_of(factor).excludes_zero:
        return False
    nothing = _nothing_at(bar)
    parts = [factor]
    for part in parts:
        parts += part.args if part.op is multiply else ()
    return any(each in nothing or (each.op is power and each.args[0] in nothing) for each in parts)


def is_steep(bar: Node) -> bool:
    """Whether an adjoint of an array may be infinite where f is finite: at the edge of a root."""
    stack, seen = [bar], {bar}
    while stack:
        node = stack.pop()
        if node.op is CONSTANT and node.params[0] == math.inf:
            return True
        inner = item_sources(node) if node.op is ITEM else []
        if not (inner or node.origin.derivative):
            continue
        if node.op is power and not (
            is_constant(node.args[1]) and constant_value(node.args[1]) >= 0
        ):
            return True
        if node.op is divide and any(part.op.name in ROOTS for part in _divisors(node)):
            return True
        found = [arg for arg in (*node.args, *inner) if arg not in seen]
        stack += found
        seen.update(found)
    return False


def _divisors(quotient: Node) -> Iterator[Node]:
    """The factors of what is divided by."""
    stack = [quotient.args[1]]
    while stack:
        node = stack.pop()
        yield node
        if node.op is multiply or node.op.name == "square":
            stack += node.args


def _nothing_at(bar: Node) -> frozenset[Node]:
    """What is 0 where an adjoint is infinite; what is found is kept with the graph."""
    known: dict[Node, frozenset[Node]] = bar.block.graph.steepness
    stack = [bar]
    while stack:
        node = stack[-1]
        parts, steep = _factors_of(node)
        waiting = [part for part in parts if part not in known]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        if node not in known:
            found = [known[part] for part in parts if known[part]]
            if steep is not None:
                found.append(frozenset(zero_with(steep)))
            known[node] = found[0].union(*found[1:]) if found else NOTHING
    return known[bar]


def _factors_of(bar: Node) -> tuple[tuple[Node, ...], Node | None]:
    """The adjoints of which one is a product, and the value at whose zeros it is infinite."""
    if not bar.origin.derivative:
        return (), None
    if bar.op in (multiply, divide, negative):
        return bar.args[:1] if bar.op is divide else bar.args, None
    found = choice_of(bar)
    if found is None:
        return (), None
    predicate, then, orelse = found
    while predicate.op is ITEM and predicate.args[0].params[-1:] == ("and",):
        predicate = predicate.args[0].args[0]
    if predicate.op is not equal or not is_constant(predicate.args[1], 0):
        return (orelse,), None
    value = predicate.args[0]
    if value.op.name == "sqrt":
        return (orelse,), None if is_constant(then) else value.args[0]
    return (orelse,), value if is_at_edge(then) else None


def is_at_edge(slope: Node) -> bool:
    """Whether an adjoint is the infinite slope at an edge, or a multiple of that."""
    while True:
        found = slope.args if slope.op.name == "where" else choice_of(slope)
        if found is None:
            break
        slope = found[2]
    factors = slope.args if slope.op in (multiply, divide, negative) else (slope,)
    return any(map(_is_infinite, factors))


def _is_infinite(node: Node) -> bool:
    """Whether a value is an infinite constant, or an array of such."""
    while node.op.name == "broadcast":
        node = node.args[0]
    value = constant_value(node) if is_constant(node) else 0.0
    return isinstance(value, float) and math.isinf(value)
