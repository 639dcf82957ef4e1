"""Sums of squares, whose roots are lengths: their slope is 0 where they are."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.primitives.control import choose, select
from chainrule.primitives.declare import TABLE, constant_value, is_constant

# They add up or rearrange what they are given.
ADDING_UP = {
    "array_sum", "mean", "expand_dims", "reshape", "ravel", "section", "index", "transpose",
}  # fmt: skip

# Of one number, or of the distances from a mean.
SQUARES = ("square", "var", "var_where", "nanvar")


def is_sum_of_squares(node: Node, depth: int = 8) -> bool:
    """Whether a value is a sum of squares of numbers or entries of arrays, or a multiple of one.

    It is flat wherever it is 0.
    """
    op, args = node.op, node.args
    if op.name in ("dot", "matmul", "multiply") and args[0] is args[1]:
        return True
    if op.name == "einsum":
        terms = str(node.params[0]).partition("->")[0].split(",")
        return len(args) == 2 and args[0] is args[1] and terms[0] == terms[1]
    if op.name in SQUARES:
        return True
    if op.name == "power" and is_constant(args[1]):
        exponent = constant_value(args[1])
        return bool(exponent > 0 and exponent % 2 == 0)
    if op.name in ADDING_UP and depth:
        return is_sum_of_squares(args[0], depth - 1)
    added = args if op.name == "add" and depth else ()
    if op.name == "divide" and depth:
        # It is 0 where what is divided is, whatever by.
        added = args[:1]
    if op.name == "multiply" and depth:
        # c * a and a * c
        added = tuple(arg for arg in args if not _is_scale(arg))
        if len(added) == 2:
            return False
    return bool(added) and all(is_sum_of_squares(arg, depth - 1) for arg in added)


def _is_scale(node: Node) -> bool:
    """Whether a value is a positive number."""
    return is_constant(node) and bool(0.0 < constant_value(node) < math.inf)


def not_zero(node: Node) -> Node:
    """``node`` with 1 in the place of 0."""
    found: Node = select(TABLE["equal"](node, 0.0), lambda: 1.0, lambda: node)
    return found


def per_length(value: Any, length: Node) -> Any:
    """``value / length`` for a length whose own slope vanishes at 0: anything finite there."""
    if isinstance(length.type, Array):
        return value / not_zero(length)
    return choose(TABLE["equal"](length, 0.0), lambda: 0.0, lambda: value / length)
