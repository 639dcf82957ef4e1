"""Lengths of arrays: numbers that are ints because they are made of ints."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT
from chainrule.primitives import arithmetic

# `n**2` is an int or, of a negative exponent, a float, which NumPy takes for no length.
KEEPING = (
    arithmetic.add,
    arithmetic.subtract,
    arithmetic.multiply,
    arithmetic.floor_divide,
    arithmetic.remainder,
    arithmetic.negative,
    arithmetic.positive,
    arithmetic.power,
)


def is_whole(number: Node) -> bool:
    """Whether a number is an int, or one that Python refuses as a length."""
    if number.type == INT:
        return True
    return number.type == FLOAT and number.op in KEEPING and all(map(is_whole, number.args))
