"""Arrays of derivative code that a mask hides in part: what is hidden is not felt.

Neither may it be noticed: where a mask hides a division by zero, 1 stands in the divisor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE, is_constant

# They are 0 only where they underflow.
POSITIVE_OPS = {"exp", "exp2", "cosh", "expit"}


def masked(x: Node) -> bool:
    """Whether an array is 0 where a mask does not hold, by construction of derivative code."""
    return (
        x.origin.derivative
        and x.op.name == "where"
        and isinstance(x.type, Array)
        and (is_constant(x.args[2], 0) or is_constant(x.args[1], 0))
    )


def hides_nothing(x: Node) -> bool:
    """Whether what such an array hides is where a factor is 0, as beside an infinite slope."""
    predicate, then, _ = x.args
    return (
        is_constant(then, 0)
        and predicate.op.name == "equal"
        and predicate.origin.derivative
        and isinstance(predicate.type, Array)
        and is_constant(predicate.args[1], 0)
    )


def inside_mask(x: Node, change: Any) -> Node:
    """``change`` of what the mask lets through: what it hides is not felt, be it inf or nan."""
    predicate, then, orelse = x.args
    zero = x.graph.constant(0.0)
    found: Node = TABLE["where"].build(
        predicate,
        zero if is_constant(then, 0) else change(then),
        zero if is_constant(orelse, 0) else change(orelse),
    )
    return found


def laid_open(x: Node, depth: int = 6) -> Node | None:
    """A product of what a mask lets through in the form of `masked`; None where it is none."""
    if masked(x):
        return x
    if not depth or not x.origin.derivative or not is_array(x):
        return None
    name = x.op.name
    parts = {"multiply": (0, 1), "divide": (0,), "negative": (0,)}.get(name, ())
    for position in parts:
        inner = laid_open(x.args[position], depth - 1)
        if inner is not None:
            rest = x.args[1 - position] if name != "negative" else None

            def change(arm: Node, position: int = position, rest: Node | None = rest) -> Node:
                if rest is None:
                    return TABLE[name].build(arm)
                return TABLE[name].build(*((arm, rest) if position == 0 else (rest, arm)))

            return inside_mask(inner, change)
    return None


def may_stand_before(factor: Node) -> bool:
    """Whether a mask may be put before an array is multiplied by ``factor``.

    What is hidden stays 0 if the factor is finite.  A number goes inside, where numbers meet.
    """
    return bool(unit_axes_of(factor.type)) and bounds_of(factor).finite


def may_stand_before_division(divisor: Node) -> bool:
    """The same of what the array is divided by."""
    return bool(unit_axes_of(divisor.type)) and bounds_of(divisor).divides


def masked_product(x: Node, y: Node) -> Node | None:
    """A product with what a mask lets through, made inside it where it may have to be hidden."""
    if not is_array(x) and not is_array(y):
        return None
    if not may_stand_before(y) and (hidden := laid_open(x)) is not None:
        return inside_mask(hidden, lambda arm: TABLE["multiply"].build(arm, harmless(y, hidden)))
    if not may_stand_before(x) and (hidden := laid_open(y)) is not None:
        return inside_mask(hidden, lambda arm: TABLE["multiply"].build(harmless(x, hidden), arm))
    return None


def masked_quotient(x: Node, y: Node) -> Node | None:
    """The quotient of what a mask lets through."""
    hidden = laid_open(x) if is_array(x) and not may_stand_before_division(y) else None
    if hidden is None:
        return None
    return inside_mask(hidden, lambda arm: TABLE["divide"].build(arm, shown_divisor(y, hidden)))


def masked_sum(first: Node, second: Node) -> Node:
    """The sum of two adjoints; what one mask hides of both, it hides of the sum.

    What is hidden in turn, of the one where the other is shown, is a choice between the two.
    """
    left, right = laid_open(first), laid_open(second)
    if left is None or right is None or left.args[0] is not right.args[0]:
        return first + second
    sides = [is_constant(each.args[1], 0) for each in (left, right)]
    if sides[0] != sides[1]:
        shown = (left, right) if sides[1] else (right, left)
        found: Node = TABLE["where"].build(left.args[0], shown[0].args[1], shown[1].args[2])
        return found
    if masked(first) and masked(second):
        kept = 2 if sides[0] else 1
        return inside_mask(first, lambda arm: arm + second.args[kept])
    return first + second


def masked_by(bar: Node, masks: Sequence[tuple[Node, bool]]) -> Node:
    """An adjoint that is felt where all ``masks`` have their truth, in the form of `masked`."""
    if not masks or is_constant(bar) or not isinstance(bar.type, Array):
        return bar
    hidden = laid_open(bar)
    inner = bar if hidden is None else hidden
    present = []
    while masked(inner):
        side = is_constant(inner.args[2], 0)
        present.append((inner.args[0], side))
        inner = inner.args[1 if side else 2]
    zero = bar.graph.constant(0.0)
    for mask, truth in reversed(masks):
        if (mask, truth) not in present:
            bar = TABLE["where"].build(mask, *((bar, zero) if truth else (zero, bar)))
    return bar


def harmless(node: Node, mask: Node) -> Node:
    """A factor that does not warn of a division by zero where a mask hides it."""
    if not isinstance(node.type, Array) or not node.type.unit_axes or not node.origin.derivative:
        return node
    found = node
    if node.op.name == "divide":
        found = TABLE["divide"].build(node.args[0], shown_divisor(node.args[1], mask))
    elif node.op.name == "multiply":
        found = TABLE["multiply"].build(*(harmless(arg, mask) for arg in node.args))
    elif node.op.name == "power" and is_constant(node.args[1]):
        found = TABLE["power"].build(shown_divisor(node.args[0], mask), node.args[1])
    return found


def shown_divisor(node: Node, mask: Node) -> Node:
    """``node`` with 1 where a mask hides it, unless no entry is 0 anyway."""
    whole = isinstance(node.type, Array) and node.type.unit_axes
    if not whole or _never_zero(node):
        return node
    predicate, then, _ = mask.args
    if hides_nothing(mask):
        # A factor that is 0 at a point is felt beside it, and so is what it is divided by.
        here = TABLE["equal"](node, 0.0)
        if predicate is not here:
            predicate = TABLE["bitwise_and"].build(predicate, here)
    one = node.graph.constant(1.0)
    arms = (one, node) if is_constant(then, 0) else (node, one)
    found: Node = TABLE["where"].build(predicate, *arms)
    return found


def _never_zero(node: Node) -> bool:
    """Whether no entry of an array is certainly 0."""
    if node.op.name == "square":
        return _never_zero(node.args[0])
    return node.op.name in POSITIVE_OPS or bounds_of(node).excludes_zero


def chosen(mask: Any, then: Any, orelse: Any, out: Any) -> Any:
    """``then`` where a mask holds, else ``orelse``; of arrays also where the mask is one truth."""
    if is_array(out):
        return TABLE["where"](mask, then, orelse)
    return select(mask, lambda: then, lambda: orelse)


def is_array(value: Any) -> bool:
    """Whether a value is an array."""
    return isinstance(value, Node) and isinstance(value.type, Array)


def settled_choice(mask: Node, then: Node, orelse: Node) -> Node | None:
    """A choice inside a choice by the same mask is settled."""
    first, second = then, orelse
    where = TABLE["where"]
    while first.op is where and first.args[0] is mask:
        first = first.args[1]
    while second.op is where and second.args[0] is mask:
        second = second.args[2]
    if first is then and second is orelse:
        return None
    return mask.graph.cursor.add(where, (mask, first, second))
