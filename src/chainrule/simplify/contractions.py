"""Sums of products of arrays without the product in between.

``np.sum(a * b)`` makes an array only to add it up; one pass over both does the same::

    (a * b).sum()                    np.vdot(a, b)
    (a * b).sum(axis=1)              np.einsum("ij,ij->i", a, b)
    (w[:, None] * a).sum(axis=0)     w @ a
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOATING, Array, unit_axes_of
from chainrule.primitives.arithmetic import divide, multiply
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.indexing import is_whole, new_axes, section
from chainrule.primitives.arrays.linear_algebra import matmul, trace
from chainrule.primitives.arrays.measured import filling, lengths_of
from chainrule.primitives.arrays.products import einsum_of, vdot
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import (
    dimension,
    expand_dims,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from chainrule.primitives.declare import Primitive
from chainrule.primitives.masking import masked


def contracted(product: Node, axis: Any, keepdims: bool, unkept: Sequence[int] = ()) -> Node | None:
    """The sum of a product along axes in one pass, where there is such.

    ``unkept``: which of the factors nothing else keeps. Of these, what is one number along the
    axes goes in front: there are fewer sums than entries.
    """
    if product.op is matmul:
        return _summed_first(product, axes_of(axis, len(unit_axes_of(product.type))), keepdims)
    kind = product.type
    if product.op is not multiply or not isinstance(kind, Array) or kind.dtype not in FLOATING:
        return None
    rank = len(kind.unit_axes)
    whole = filling(product)
    factors = [_lettered(arg, rank, k in whole) for k, arg in enumerate(product.args)]
    if any(factor is None for factor in factors) or not whole or any(kind.unit_axes):
        return None
    (one, first), (other, second) = factors  # type: ignore[misc]
    if not all(
        isinstance(each.type, Array) and each.type.dtype == kind.dtype for each in (one, other)
    ):
        return None
    gone = axes_of(axis, rank)
    kept = "".join(letter for k, letter in enumerate(_letters(rank)) if k not in gone)
    if len(gone) == rank and keepdims:
        return None
    front: list[tuple[Primitive, Node]] = []
    one, other = _without_numbers(one, front), _without_numbers(other, front)
    if keepdims:
        one = _without_line(one, gone, front) if 0 in unkept else one
        other = _without_line(other, gone, front) if 1 in unkept else other
    found = _one_pass(one, first, other, second, kept)
    if keepdims:
        found = expand_dims(found, axis=gone if len(gone) > 1 else gone[0])
    for op, number in front:
        found = op.build(number, found) if op is multiply else op.build(found, number)
    return found


def _without_numbers(factor: Node, front: list[tuple[Primitive, Node]]) -> Node:
    """A factor without the numbers by which it is multiplied or divided; they go to ``front``."""
    while factor.op in (multiply, divide) and factor.origin.derivative:
        first, second = factor.args
        number, rest = (first, second) if factor.op is multiply else (second, first)
        if unit_axes_of(number.type):
            break
        front.append((factor.op, number))
        factor = rest
    return factor


def _without_line(factor: Node, gone: tuple[int, ...], front: list[tuple[Primitive, Node]]) -> Node:
    """A factor without what is one number along the axes that go, which goes to ``front``."""
    if factor.op not in (multiply, divide) or any(map(masked, factor.args)):
        return factor
    whole = filling(factor)
    for place in (1, 0) if factor.op is multiply else (1,):
        if 1 - place in whole and _is_line(factor.args[place], gone):
            front.append((factor.op, factor.args[place]))
            return factor.args[1 - place]
    return factor


def _is_line(factor: Node, gone: tuple[int, ...]) -> bool:
    """Whether an array has length 1 along the axes that go, and only there."""
    units = unit_axes_of(factor.type)
    return bool(units) and all(unit == (k in gone) for k, unit in enumerate(units))


def _letters(rank: int) -> str:
    return string.ascii_lowercase[8 : 8 + rank]


def _lettered(factor: Node, rank: int, whole: bool) -> tuple[Node, str] | None:
    """A factor without its new axes, and the letters of those that it has."""
    letters = _letters(rank)
    if whole:
        return factor, letters
    if not factor.args or not factor.origin.derivative or len(unit_axes_of(factor.type)) != rank:
        return None
    base = factor.args[0]
    if factor.op is expand_dims:
        new = set(axes_of(factor.params[0], rank))
    elif factor.op is section and not set(str(factor.params[0])) - set("nse") and is_whole(factor):
        new = {axis % rank for axis in new_axes(factor)}
    else:
        return None
    if not unit_axes_of(base.type) or any(unit_axes_of(base.type)):
        return None
    return base, "".join(letter for k, letter in enumerate(letters) if k not in new)


def _one_pass(one: Node, first: str, other: Node, second: str, kept: str) -> Node:
    if not kept and first == second:
        for side, rest in ((one, other), (other, one)):
            if side.op.name == "eye" and side.params[0] == 0 and len(first) == 2:
                return trace(rest)
        return matmul(one, other) if len(first) == 1 else vdot(one, other)
    # A vector and a matrix.
    if len(first) == 1 and len(second) == 2 and kept == second.replace(first, ""):
        return matmul(one, other) if first == second[0] else matmul(other, one)
    if len(second) == 1 and len(first) == 2 and kept == first.replace(second, ""):
        return matmul(other, one) if second == first[0] else matmul(one, other)
    return einsum_of(f"{first},{second}->{kept}", one, other)


def without_kept_axes(total: Node, axis: Any) -> Node | None:
    """A sum whose axes were kept, for length 1, only to be taken away."""
    gone, keepdims, *form = total.params
    rank = len(unit_axes_of(total.type))
    if not keepdims or axis is None or axes_of(axis, rank) != axes_of(gone, rank):
        return None
    # As it stands: looked up, it would be found to be what it is to replace.
    return total.graph.cursor.add(array_sum, total.args, (gone, False, *form))


def summed_at_once(total: Node, axis: Any, keepdims: bool) -> Node | None:
    """The sum along further axes of a sum along some."""
    first, kept, *_ = total.params
    array = total.args[0]
    rank = len(unit_axes_of(array.type))
    gone, further = axes_of(first, rank), axes_of(axis, len(unit_axes_of(total.type)))
    if not kept:
        left = [k for k in range(rank) if k not in gone]
        further = tuple(left[k] for k in further)
    both = tuple(sorted({*gone, *further}))
    if bool(kept) != keepdims and not (kept and both == further):
        return None
    along = None if len(both) == rank else both[0] if len(both) == 1 else both
    return array_sum(array, axis=along, keepdims=keepdims)


def _summed_first(product: Node, gone: tuple[int, ...], keepdims: bool) -> Node | None:
    """The sum of a product of matrices along an axis, by the sum of one of them.

    ``(A @ B).sum(axis=0)`` is ``A.sum(axis=0) @ B``; the sum of a batch of ``A.T @ B`` is a single
    product of all rows.
    """
    a, b = product.args
    rank, left, right = (len(unit_axes_of(each.type)) for each in (product, a, b))
    if rank < 2 or left < 2 or right < 2:
        return None
    if gone == tuple(range(rank - 2)) and rank > 2 and not keepdims:
        return _all_rows(a, b)
    if gone not in ((rank - 2,), (rank - 1,)):
        return None
    of_rows = gone == (rank - 2,)
    factor, other = (a, b) if of_rows else (b, a)
    axis = len(unit_axes_of(factor.type)) - (2 if of_rows else 1)
    single = len(unit_axes_of(other.type)) == 2 if of_rows else len(unit_axes_of(b.type)) == 2
    if single and not keepdims:
        summed = array_sum(factor, axis=axis)
        return matmul(summed, b) if of_rows else matmul(a, summed)
    summed = array_sum(factor, axis=axis, keepdims=True)
    found = matmul(summed, b) if of_rows else matmul(a, summed)
    return found if keepdims else squeeze(found, axis=gone[0])


def _all_rows(a: Node, b: Node) -> Node | None:
    """The sum of a batch of products ``A.T @ B``, all rows of which are set one under another."""
    if a.op is not swapaxes or {a.params[0], a.params[1]} != {-1, -2}:
        return None
    rows = a.args[0]
    if lengths_of(rows)[:-1] != lengths_of(b)[:-1]:
        return None
    flat = []
    for each in (rows, b):
        width = dimension(each, axis=len(unit_axes_of(each.type)) - 1)
        flat.append(reshape(each, each.graph.constant(-1), width))
    return matmul(transpose(flat[0]), flat[1])
