"""Adjoints and tangents of values that NumPy broadcasts.

An adjoint (or tangent) may have fewer axes than its value, or a length 1 where that has more: it
then stands for the array that NumPy broadcasts it to.  So the adjoint of ``mean(z)`` is one
number that enters the next product as it is; it is written out only where an array must be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOATING, INT, Array, dtype_of, is_complex, unit_axes_of
from chainrule.primitives.arithmetic import add, divide, equal, multiply, negative, subtract
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.creation import astype, full_like, ones_like, zeros_like
from chainrule.primitives.arrays.indexing import is_whole, new_axes, section
from chainrule.primitives.arrays.measured import may_repeat, repeated_axes, uncertain_axes
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import (
    broadcast_to,
    dimension,
    expand_dims,
    reshape,
    squeeze,
)
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE, Primitive, is_constant
from chainrule.primitives.sequence import index, zero_of


def spans(value: Node, node: Node) -> bool:
    """Whether ``value`` has every axis of ``node`` in its full length."""
    if not isinstance(node.type, Array):
        return True
    axes, wanted = unit_axes_of(value.type), node.type.unit_axes
    return len(axes) == len(wanted) and all(
        unit or not own for own, unit in zip(axes, wanted, strict=True)
    )


def widened(value: Node | None, node: Node) -> Node:
    """``value`` with the axes of ``node``; None is zero."""
    if not isinstance(node.type, Array) or not node.type.unit_axes:
        return zero_of(node) if value is None else value
    if value is None or is_constant(value, 0):
        return zeros_like(node)
    if spans(value, node):
        real = is_complex(node.type) and not is_complex(value.type)
        # Complex numbers may be written into it.
        return astype(value, dtype=dtype_of(node.type)) if real else value
    if is_complex(value.type) and not unit_axes_of(value.type):
        # NumPy may have found real numbers only.
        return add(zeros_like(node), value)  # type: ignore[no-any-return]
    if not unit_axes_of(value.type):
        return ones_like(node) if is_constant(value, 1) else full_like(node, value)
    sizes = [dimension(node, axis=k) for k in range(node.type.rank)]
    return broadcast_to(value, *sizes)


def spread(bar: Node, node: Node) -> Node:
    """An adjoint of ``node``, written out where only the run tells what NumPy has repeated there.

    One number beside an argument that may have one entry would be taken for that of one entry.
    """
    broadcasts = isinstance(node.op, Primitive) and node.op.broadcasts
    if not isinstance(node.type, Array) or not broadcasts or spans(bar, node):
        return bar
    arrays = [arg for arg in node.args if unit_axes_of(arg.type)]
    open_axes = len(arrays) > 1 and any(uncertain_axes(node, arg) for arg in arrays)
    return widened(bar, node) if open_axes else bar


def in_full(value: Node | None, node: Node) -> Node:
    """``value`` with the axes and the dtype of ``node``."""
    found = widened(value, node)
    dtype = dtype_of(node.type)
    if unit_axes_of(found.type) and not is_certainly(found, dtype):
        return astype(found, dtype=dtype)
    return found


def is_certainly(value: Node, dtype: str, depth: int = 20) -> bool:
    """Whether an array has a dtype, whatever NumPy's numbers among Python's are.

    A number that NumPy has made widens an array of a narrower dtype, a number of Python's does not.
    """
    if dtype == "float64" or dtype not in FLOATING:
        return dtype_of(value.type) == dtype
    if not isinstance(value.type, Array):
        return is_constant(value)
    if value.type.dtype != dtype or not depth:
        return False
    if not isinstance(value.op, Primitive) or value.op in OF_DTYPE:
        return True
    args = value.args[1:] if value.op.name == "where" else value.args
    numbers = (arg for arg in args if arg.type != INT or not is_constant(arg))
    return value.op.name in LOOKING or all(is_certainly(arg, dtype, depth - 1) for arg in numbers)


# These have the dtype that their type says.
OF_DTYPE = (astype, zeros_like, ones_like, full_like)
# What these give looks into the memory of their first argument.
LOOKING = ("transpose", "swapaxes", "reshape", "reshaped", "ravel", "squeeze",
           "expand_dims", "moveaxis", "broadcast_to", "section", "index", "dimension", "flip",
           "fliplr", "flipud", "rot90", "diag", "diagonal", "real_part",
           "imaginary_part")  # fmt: skip


def _as_run(value: Node, node: Node, arg: Node) -> Node:
    """The adjoint of ``arg`` where the run tells whether NumPy has repeated it in ``node``."""
    units, wide = unit_axes_of(arg.type), unit_axes_of(node.type)
    lead = len(wide) - len(units)
    open_axes = uncertain_axes(node, arg)
    value = widened(value, node)
    known = tuple(axis for axis, unit in enumerate(units, lead) if unit and not wide[axis])
    if known:
        value = array_sum(value, axis=_one_or_many(list(known)), keepdims=True)
    if lead:
        value = array_sum(value, axis=_one_or_many(list(range(lead))))
    for axis in open_axes:
        value = _summed_if_repeated(value, axis, dimension(arg, axis=axis))
    return value


def _summed_if_repeated(value: Node, axis: int, own: Node) -> Node:
    def summed() -> Node:
        sizes = [dimension(value, axis=k) for k in range(len(unit_axes_of(value.type)))]
        sizes[axis] = own
        return reshape(array_sum(value, axis=axis, keepdims=True), *sizes)

    found: Node = select(equal(own, dimension(value, axis=axis)), lambda: value, summed)
    return found


def repeated(dot: Node, node: Node, old: Node, args: Iterable[Node]) -> Node:
    """A tangent of ``node``, made whole where an argument that it comes from may be repeated.

    ``old`` is the node of the program without tangents, whose loops are complete; ``args`` are
    its arguments.
    """
    if not any(may_repeat(old, arg) for arg in args):
        return dot
    sizes = [dimension(node, axis=k) for k in range(len(unit_axes_of(node.type)))]
    return broadcast_to(dot, *sizes)


def summed_to(value: Any, node: Node, arg: Node) -> Node:
    """The adjoint of ``arg`` from a ``value`` that is an adjoint of ``node``.

    ``arg`` was broadcast to ``node``: along the axes that it lacks, or has in length 1, the
    entries of ``value`` are added up; where ``value`` is the same along such an axis it is
    multiplied by the length.
    """
    value = value if isinstance(value, Node) else node.graph.constant(value)
    if is_constant(value, 0):
        return value  # type: ignore[no-any-return]
    extra = len(unit_axes_of(arg.type)) - len(unit_axes_of(node.type))
    if extra > 0:
        # What is written into a part may have more axes than that, of length 1.
        axes = tuple(range(extra))
        expand: Any = TABLE["expand_dims"]
        value, node = expand(widened(value, node), axis=axes), expand(node, axis=axes)
    own = repeated_axes(node, arg)
    if own is None:
        return _as_run(value, node, arg)
    out_axes, have = unit_axes_of(node.type), unit_axes_of(value.type)
    rank = len(out_axes)
    kept: list[int] = []
    gone: list[int] = []
    for position in range(-rank, 0):
        lacks = len(own) < -position
        if not lacks and (out_axes[position] or not own[position]):
            continue
        has = len(have) >= -position
        if not out_axes[position] and not (has and not have[position]):
            value = value * dimension(node, axis=rank + position)
        if has and (lacks or not have[position]):
            (gone if lacks else kept).append(len(have) + position)
    if gone and len(gone) + len(kept) == len(have):
        return array_sum(value)
    if kept:
        value = array_sum(value, axis=_one_or_many(kept), keepdims=True)
    return array_sum(value, axis=_one_or_many(gone)) if gone else value


# Their arguments may lose axes instead of their results.
ENTRYWISE = (add, subtract, multiply, divide, negative)


def without_axes(value: Node, axes: Sequence[int]) -> Node:
    """``value`` without axes of length 1, which are counted from the end."""
    rank = len(unit_axes_of(value.type))
    gone = tuple(rank + axis for axis in axes if rank >= -axis)
    if not gone:
        return value
    if value.op in ENTRYWISE and value.origin.derivative:
        parts = [without_axes(arg, axes) for arg in value.args]
        return value.op.build(*parts)
    if value.op is array_sum and value.origin.derivative:
        axis, keepdims, *_ = value.params
        if keepdims and axes_of(axis, rank) == gone:
            return array_sum(
                value.args[0], axis=None if len(gone) == rank else _one_or_many(list(gone))
            )
    if value.op is section and not set(str(value.params[0])) - set("nse"):
        # x[:, None]
        kept = is_whole(value) and new_axes(value)
        if kept and tuple(rank + axis for axis in kept) == gone:
            return value.args[0]
    if value.op is expand_dims and axes_of(value.params[0], rank) == gone:
        return value.args[0]
    if len(gone) == rank:
        first = value.graph.constant(0)
        return value.graph.cursor.add(index, (value, *(first for _ in gone)))
    return squeeze(value, axis=_one_or_many(list(gone)))


def _one_or_many(axes: list[int]) -> int | tuple[int, ...]:
    return axes[0] if len(axes) == 1 else tuple(axes)
