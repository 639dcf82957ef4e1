"""What is equal where a ``try`` has run one of its blocks to the end.

    try:                                try:
        return table[x]                     return math.sin(x) / x
    except KeyError:                    except ZeroDivisionError:
        return x * x                        return 1.0

On the left x is a key where the body has ended, on the right x is 0 where the handler has.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import Verbatim

DIVISIONS = (arithmetic.divide, arithmetic.floor_divide, arithmetic.remainder)
PLAIN = (arithmetic.add, arithmetic.subtract, arithmetic.multiply, arithmetic.negative)
DIVISION_ERRORS = {"ZeroDivisionError", "ArithmeticError", "Exception", "BaseException"}


def looked_up(block: Block) -> list[tuple[Node, ...]]:
    """What is equal where a block has found numbers among the keys of tables."""
    return [
        tuple(step.args[1::-1])
        for step in block.steps
        if step.op.name == "found_at"
        or (isinstance(step.op, Verbatim) and step.params[0] == "_0_[_1_]")
        if step.args[1].type == FLOAT
    ]


def divisors(block: Block, caught: str | None) -> tuple[list[Node], bool]:
    """What a block divides by, if a handler takes that it is 0, and whether it takes that alone."""
    names = set(re.findall(r"\w+", caught)) if caught is not None else {"BaseException"}
    if names.isdisjoint(DIVISION_ERRORS):
        return [], False
    by = [
        _divisor(step)
        for step in all_steps(block)
        if step.type == FLOAT and not step.origin.derivative
    ]
    found = dict.fromkeys(each for each in by if each is not None)
    return list(found), names == {"ZeroDivisionError"}


def _divisor(step: Node) -> Node | None:
    """What a step divides by."""
    if step.op in DIVISIONS:
        divisor = step.args[1]
        # ``c - c`` is 0 everywhere.
        always = divisor.op is arithmetic.subtract and divisor.args[0] is divisor.args[1]
        return None if always else divisor
    if step.op is arithmetic.power and is_constant(step.args[1]):
        return step.args[0] if constant_value(step.args[1]) < 0 else None
    return None


def is_plain(node: Node, body: Block) -> bool:
    """Whether a value in a body can be computed again behind it, where that has raised."""
    return not inside(node, body) or (
        node.op in PLAIN and all(is_plain(arg, body) for arg in node.args)
    )


def again_behind(body: Block, mapped: Callable[[Node], Node]) -> Callable[[Node], Node]:
    """What gives a value behind a body: by ``mapped`` what stands before it."""

    def value(node: Node) -> Node:
        if not inside(node, body):
            return mapped(node)
        args = tuple(map(value, node.args))
        return args[0].graph.cursor.add(node.op, args, node.params, node.type)

    return value
