"""What is known of the lengths of axes: which are the same, which are certainly not 1.

Types tell the axes of length 1 of what the caller gives.  A part such as ``x[:k]`` may turn out to
have length 1 when it runs, and NumPy then repeats it beside a longer array.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from chainrule.graph.block import CONSTANT, GLOBAL, PARAMETER, REFERENCE
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.declare import Primitive, is_constant

# A length: what it is counted from, and what is added to that.
Length = tuple[Hashable, int]
# Their results have the shape of the first argument.
SAME_SHAPE = ("section_set", "section_add", "index_set", "index_add", "array_zeros_like",
              "array_ones_like", "empty_like", "full_like", "array_copy", "astype", "flip", "roll",
              "stopped", "sort", "tril", "triu", "inv", "cholesky")  # fmt: skip
MADE = ("zeros", "ones", "empty")


def may_repeat(node: Node, arg: Node) -> bool:
    """Whether NumPy may repeat ``arg`` in ``node`` along an axis whose type does not tell so."""
    units = unit_axes_of(arg.type)
    if not units or all(units):
        return False
    rank = len(unit_axes_of(node.type))
    for axis, unit in enumerate(units):
        if unit:
            continue
        own = length_of(arg, axis)
        if _is_given(own):
            continue
        position = axis - len(units)
        for other in node.args:
            axes = unit_axes_of(other.type)
            if other is arg or len(axes) < -position or axes[position]:
                continue
            if length_of(other, len(axes) + position) != own:
                return True
    return rank < len(units)


def _is_given(length: Length) -> bool:
    """Whether it is the length of an array from outside, on which the code is specialised."""
    key, added = length
    return added == 0 and isinstance(key, tuple) and key[0] in ("given", "literal")


def length_of(node: Node, axis: int) -> Length:
    """The length of an axis; equal lengths are certainly the same number."""
    own: Length = (("axis", node.serial, axis), 0)
    op = node.op
    if op in (PARAMETER, GLOBAL, REFERENCE) or not isinstance(op, Primitive):
        return (("given", node.serial, axis), 0)
    if op.name == "array_literal":
        shape: Any = node.params[0]
        return (("literal", shape[axis]), 0) if axis < len(shape) else own
    if op.name in SAME_SHAPE:
        return length_of(node.args[0], axis)
    if op.name in MADE:
        return number(node.args[axis])
    if op.name == "arange" and is_constant_none(node.args[1:]):
        return number(node.args[0])
    if op.name == "section":
        return _part(node, axis, own)
    if op.name == "transpose" and node.params[0] is None:
        return length_of(node.args[0], len(unit_axes_of(node.type)) - 1 - axis)
    if op.broadcasts:
        return _broadcast(node, axis, own)
    return own


def _broadcast(node: Node, axis: int, own: Length) -> Length:
    rank = len(unit_axes_of(node.type))
    found: set[Length] = set()
    for arg in node.args:
        axes = unit_axes_of(arg.type)
        if len(axes) >= rank - axis and not axes[axis - rank]:
            found.add(length_of(arg, len(axes) + axis - rank))
    given = [length for length in found if _is_given(length)]
    if len(found) == 1:
        return found.pop()
    return given[0] if given else own


def _part(node: Node, axis: int, own: Length) -> Length:
    """The length of a slice by constants, counted from that of the whole."""
    from chainrule.primitives.arrays.indexing import parts_of

    kept = -1
    base_axis = 0
    for letter, bounds in parts_of(str(node.params[0]), node.args[1:]):
        if letter not in "sin":
            return own
        kept += letter in "sn"
        if kept == axis and letter == "s":
            return _sliced(node.args[0], base_axis, bounds, own)
        base_axis += letter in "si"
    left = axis - kept - 1
    return length_of(node.args[0], base_axis + left) if left >= 0 else own


def _sliced(base: Node, axis: int, bounds: tuple[Node, ...], own: Length) -> Length:
    start, stop, step = (bound.params[0] if bound.op is CONSTANT else "unknown" for bound in bounds)
    key, added = length_of(base, axis)
    if step not in (None, 1) and not (step == -1 and start is None and stop is None):
        return own
    if isinstance(start, int) and start < 0:
        return own
    if isinstance(start, str) or not (stop is None or (isinstance(stop, int) and stop < 0)):
        whole = start is None and isinstance(stop, str)
        # x[:k] of different arrays: as long as k where they are long enough.
        return (("first", bounds[1].serial, key, added), 0) if whole else own
    return key, added - int(start or 0) + int(stop or 0)  # type: ignore[call-overload]


def number(node: Node) -> Length:
    """The length that an int of the program is."""
    op = node.op
    if op is CONSTANT and isinstance(node.params[0], int):
        return (("literal", node.params[0]), 0)
    if op.name == "dimension":
        return length_of(node.args[0], int(str(node.params[0])))
    if op.name in ("add", "subtract") and is_constant(node.args[1]):
        step = node.args[1].params[0]
        key, added = number(node.args[0])
        assert isinstance(step, int)
        return key, added + (step if op.name == "add" else -step)
    return (("number", node.serial), 0)


def is_constant_none(nodes: tuple[Node, ...]) -> bool:
    """Whether all of these are the constant None."""
    return all(node.op is CONSTANT and node.params[0] is None for node in nodes)
