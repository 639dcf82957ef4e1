"""Conditions that the lengths of arrays decide: ``len(x) == 1 and m.shape == (3, 3)``.

What is told of them holds for the call for which the code is made; guards watch the lengths.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from chainrule.graph.block import ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays.measured import is_one, size_now
from chainrule.primitives.arrays.shaping import dimension, size_of
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.primitives.sequence import display

COMPARED: dict[Any, Callable[[int, int], bool]] = {
    arithmetic.equal: operator.eq,
    arithmetic.not_equal: operator.ne,
    arithmetic.less: operator.lt,
    arithmetic.less_equal: operator.le,
    arithmetic.greater: operator.gt,
    arithmetic.greater_equal: operator.ge,
}
# What these say where one number is compared with 1, if it is 1; otherwise they say the opposite.
OF_ONE = {arithmetic.equal: True, arithmetic.not_equal: False}
OF_SHAPES: dict[object, bool] = {"_0_ == _1_": True, "_0_ != _1_": False}


def told_by_lengths(predicate: Node) -> bool | None:
    """The truth of a condition on lengths alone; None where they do not decide it."""
    if is_constant(predicate):
        return bool(constant_value(predicate))
    if predicate.op is arithmetic.logical_not:
        inner = told_by_lengths(predicate.args[0])
        return None if inner is None else not inner
    if predicate.op is ITEM and predicate.args[0].op is IF:
        return _told_by_arms(predicate)
    if isinstance(predicate.op, Verbatim) and predicate.params[0] in OF_SHAPES:
        shapes = [_sizes(arg) for arg in predicate.args]
        return (
            None if None in shapes else (shapes[0] == shapes[1]) is OF_SHAPES[predicate.params[0]]
        )
    compare = COMPARED.get(predicate.op)
    if compare is None:
        return None
    left, right = predicate.args
    if predicate.op in OF_ONE and left.op is dimension and is_constant(right, 1):
        found = is_one(left.args[0], _axis(left))
        if found is not None:
            return found is OF_ONE[predicate.op]
    first, second = _size(left), _size(right)
    return None if first is None or second is None else compare(first, second)


def _told_by_arms(item: Node) -> bool | None:
    """``and``, ``or`` and flags: results of a branch."""
    branch, k = item.args[0], result_number(item)
    known = told_by_lengths(branch.args[0])
    if known is None:
        return None
    result = owned_blocks(branch)[0 if known else 1].results[k]
    return known if result is branch.args[0] else told_by_lengths(result)


def _sizes(shape: Node) -> tuple[int, ...] | None:
    """The numbers in a tuple of lengths."""
    sizes = tuple(map(_size, shape.args)) if shape.op is display else (None,)
    found = tuple(size for size in sizes if size is not None)
    return found if len(found) == len(sizes) else None


def _size(node: Node) -> int | None:
    """The number that a length or a count of entries is."""
    if is_constant(node):
        value = constant_value(node)
        return value if isinstance(value, int) else None
    if node.op is dimension:
        return size_now(node.args[0], _axis(node))
    if node.op is not size_of:
        return None
    total = 1
    for axis in range(len(unit_axes_of(node.args[0].type))):
        size = size_now(node.args[0], axis)
        if size is None:
            return None
        total *= size
    return total


def _axis(length: Node) -> int:
    axis = length.params[0]
    assert isinstance(axis, int)
    return axis
