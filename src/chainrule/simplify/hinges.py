"""Slopes of powers of hinges, which are zero where the hinge is: no guard is needed.

The derivative of ``max(0, g) ** 2`` is ``2 * max(0, g)`` on both sides and at the kink::

    t = 2.0 * max(0.0, g) if g > 0.0 else 0.0            t = 2.0 * max(0.0, g)
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.block import ITEM, Block, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arithmetic import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    multiply,
    negative,
    subtract,
)
from chainrule.primitives.arrays.call import ArrayCall, axes_of
from chainrule.primitives.arrays.norms import is_euclidean
from chainrule.primitives.arrays.shaping import dimension, expand_dims, size_of
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.choices import maximum, minimum, where
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import is_constant
from chainrule.primitives.extremes import python_max, python_min
from chainrule.primitives.sequence import length

# What a comparison of x with 0 says of x: the sign it may have, both where it is true and false.
SIGNS = {
    greater: (1, -1),
    greater_equal: (1, -1),
    less: (-1, 1),
    less_equal: (-1, 1),
    equal: (0, None),
}
FLIPPED = {greater: less, greater_equal: less_equal, less: greater, less_equal: greater_equal}
HINGES = {maximum: -1, python_max: -1, minimum: 1, python_min: 1}
# What an arm may compute that is then computed always.
PLAIN = (add, subtract, multiply, negative, *SIGNS)


def unguarded(predicate: Node, then: Node, orelse: Node) -> Node | None:
    """The arm of a choice that is right on both sides, as the other one is zero where it is."""
    for truth, kept, zero in ((True, orelse, then), (False, then, orelse)):
        if not is_constant(kept) and all(_vanishes(x, predicate, truth) for x in (zero, kept)):
            return kept
    return _lengths_cancelled(predicate, then, orelse)


def _lengths_cancelled(predicate: Node, then: Node, orelse: Node) -> Node | None:
    """where(n == 0, 0, c * n / where(n == 0, 1, n)) = where(n == 0, 0, c)."""
    if orelse.op is not divide or predicate.op is not equal:
        return None
    above, below = orelse.args
    if below.op is not where or below.args[0] is not predicate or not is_constant(below.args[1], 1):
        return None
    size = below.args[2]
    if predicate.args[0] is not size or not is_constant(predicate.args[1], 0):
        return None
    rest = _without_factor(above, size)
    return None if rest is None else where.build(predicate, then, rest)


def _without_factor(product: Node, factor: Node) -> Node | None:
    """What a product is without ``factor``; None where that is not one of its factors."""
    if product is factor:
        return product.graph.constant(1.0)
    if product.op is multiply and factor in product.args:
        return product.args[1 - product.args.index(factor)]
    if product.op is divide and (rest := _without_factor(product.args[0], factor)) is not None:
        return divide.build(rest, product.args[1])
    return None


def unguarded_arm(predicate: Node, arms: tuple[Block, ...]) -> Block | None:
    """The arm of a branch all of whose results are right on both sides."""
    for truth, kept, zero in ((True, arms[1], arms[0]), (False, arms[0], arms[1])):
        results = zip(zero.results, kept.results, strict=True)
        if (
            all(step.op in PLAIN for step in kept.steps)
            and kept.completes
            and zero.completes
            and any(not is_constant(result) for result in kept.results)
            and all(_vanishes(x, predicate, truth) for pair in results for x in pair)
        ):
            return kept
    return None


def _vanishes(x: Node, predicate: Node, truth: bool) -> bool:
    """Whether ``x`` is certainly 0 where ``predicate`` has this truth."""
    if is_constant(x):
        return is_constant(x, 0)
    if _sign(x, predicate, truth) == 0:
        return True
    if x.op is negative or x.op.name in ("sqrt", "square"):
        return _vanishes(x.args[0], predicate, truth)
    if x.op is multiply:
        first, second = x.args
        return any(
            _vanishes(zero, predicate, truth) and bounds_of(other).finite
            for zero, other in ((first, second), (second, first))
        )
    if x.op not in HINGES:
        return False
    for value, edge in (x.args, x.args[::-1]):
        if is_constant(edge, 0):
            sign = _sign(value, predicate, truth)
            return sign is not None and sign in (0, HINGES[x.op])
    return False


def _sign(value: Node, predicate: Node, truth: bool) -> int | None:
    """The only sign that ``value`` may have where ``predicate`` has this truth, if there is one."""
    op = predicate.op
    if op not in SIGNS or len(predicate.args) != 2:
        return None
    left, right = predicate.args
    if is_constant(left, 0):
        left, right, op = right, left, FLIPPED.get(op, op)
    if not is_constant(right, 0):
        return None
    opposite = (left.op is negative and left.args[0] is value) or (
        value.op is negative and value.args[0] is left
    )
    if left is not value and not opposite:
        return None
    sign = SIGNS[op][0 if truth else 1]
    return -sign if opposite and sign is not None else sign


def unguarded_length(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """x * (0.0 if n == 0 else c) = c * x for the length n of x, which is 0 only where x is."""
    for value, guard in ((x, y), (y, x)):
        widened = guard.params[0] if guard.op is expand_dims else None
        choice = guard.args[0] if guard.op is expand_dims else guard
        if choice.op is ITEM and choice.args[0].op is IF:
            predicate, k = choice.args[0].args[0], result_number(choice)
            zero, rest = (arm.results[k] for arm in owned_blocks(choice.args[0]))
        elif choice.op is where:
            predicate, zero, rest = choice.args
        else:
            continue
        if predicate.op is not equal or not is_constant(predicate.args[1], 0):
            continue
        size = predicate.args[0]
        measures = is_euclidean(size) and size.args[0] is value and _stands_beside(size, widened)
        if measures and is_constant(zero, 0) and _is_plain(rest):
            return multiply.build(rest, value)
    return None


def _is_plain(number: Node) -> bool:
    """Whether a number is finite wherever the arrays beside it have entries."""
    if number.op is divide and number.args[1].op in (length, dimension, size_of):
        number = number.args[0]
    return is_constant(number) or (not unit_axes_of(number.type) and bounds_of(number).finite)


def _stands_beside(size: Node, widened: Any) -> bool:
    """Whether lengths, given the axes ``widened``, meet the entries of which they are lengths."""
    assert isinstance(size.op, ArrayCall)
    found = size.op.statics(size.params)
    rank = len(unit_axes_of(size.args[0].type))
    if found["keepdims"]:
        return widened is None
    if not unit_axes_of(size.type):
        return True
    gone = axes_of(found["axis"], rank)
    return gone == (tuple(range(len(gone))) if widened is None else axes_of(widened, rank))
