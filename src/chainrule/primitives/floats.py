"""Derivatives are floats: integers among what they are made of are made floats where it matters.

NumPy's integers wrap around, its booleans have no differences, and of small integers its functions
give short floats.  What f does with them is f's own; what derivative code does is in floats.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    Array,
    dtype_of,
    promoted,
    unit_axes_of,
)
from chainrule.primitives.declare import TABLE, Primitive, constant_value, is_constant

LARGEST = sys.float_info.max
# Numbers of so many digits are read as they are.
FEW_DIGITS = 6


def integral(node: Node) -> bool:
    """Whether a value may be of an integer or boolean type, in which NumPy wraps around."""
    if isinstance(node.op, Primitive) and node.op.keeps_integers and all(map(integral, node.args)):
        return True
    if isinstance(node.type, Array):
        return not node.type.differentiable
    return node.type in (INT, BOOL)


def as_float(node: Node) -> Node:
    """``node`` as a floating number or array: what stands alone in the place of a derivative."""
    if not integral(node) and not _is_of_other_kind(node):
        return node
    if node.op.name == "array_copy" and node.type == FLOAT and node.params[0] is None:
        return as_float(node.args[0])
    if is_constant(node):
        value = constant_value(node)
        # Of an int beyond all floats f itself tells when it is run.
        return node if abs(value) > LARGEST else node.graph.constant(float(value))
    if unit_axes_of(node.type):
        astype: Any = TABLE["astype"]
        widened: Node = astype(node, dtype="float64")
        return widened
    made: Node = TABLE["to_float"](node)
    return made


def _is_of_other_kind(node: Node) -> bool:
    """Whether only f's own run tells the kind of a number, or it is an array without axes."""
    return node.type in (DYNAMIC, OPAQUE) or (node.type == FLOAT and _is_boxed(node))


def _is_boxed(node: Node) -> bool:
    """Whether a number is an array without axes: one that is made, given or looks into another."""
    op = node.op
    while isinstance(op, Primitive) and op.keeps_boxes and op.name != "section":
        node = node.args[0]
        if unit_axes_of(node.type):
            return True
        op = node.op
    if op.name in ("section", "index"):
        # With an ellipsis NumPy gives an entry as an array.
        return any("e" in str(pattern) for pattern in node.params)
    given = node.graph.given.get(node)
    boxes = isinstance(op, Primitive) and op.boxes_numbers
    return boxes or (given is not None and given.shape == ())


def is_cast(x: Node, y: Node) -> bool:
    """Whether ``x`` is the float that derivative code makes of ``y``."""
    return x.op.name == "to_float" and x.origin.derivative and x.args[0] is y


def in_floats(op: Any, x: Node, y: Node) -> Node:
    """A sum, difference or product in floats: of two integers the first is made one."""
    found: Node = op.build(as_float(x) if integral(x) and integral(y) else x, y)
    return found


def _data_in_floats(op: Any, x: Node, y: Node) -> Node | None:
    """Arithmetic of arrays of integers in floats; positions are in wide ones, and are added."""
    if not (unit_axes_of(x.type) or unit_axes_of(y.type)) or not (integral(x) and integral(y)):
        return None
    entries = unit_axes_of(x.type) and unit_axes_of(y.type)
    if promoted((x.type, y.type)) == "int64" and not (op.name == "multiply" and entries):
        return None
    found: Node = op.build(as_float(x), y)
    return found


def _bare(x: Node, partner: Node) -> Node | None:
    """What ``x`` makes floating, where arithmetic with ``partner`` does so anyway."""
    if not x.origin.derivative or x.op.name not in ("to_float", "astype"):
        return None
    inner = x.args[0]
    floats = partner.type == FLOAT or dtype_of(partner.type) == "float64"
    return inner if integral(inner) and floats and not integral(partner) else None


def with_casts(op: Any, x: Node, y: Node) -> Node | None:
    """The operation without a conversion that it makes itself, or with one that it lacks."""
    if (inner := _bare(x, y)) is not None:
        return x.graph.cursor.add(op, (inner, y))
    if (inner := _bare(y, x)) is not None:
        return x.graph.cursor.add(op, (x, inner))
    return _data_in_floats(op, x, y)


def without_rounding(value: float, roundings: int) -> float:
    """The number of few digits that so many roundings have missed, else ``value``.

    ``1 / sqrt(2.0) / sqrt(2.0)`` comes out as 0.49999999999999994 and stands for 0.5.
    """
    short = float(f"{value:.{FEW_DIGITS}g}")
    return short if abs(short - value) <= roundings * math.ulp(short) else value
