"""Entries picked, repeated, sorted, padded and turned: all are selections of positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arithmetic import not_equal
from chainrule.primitives.arrays.call import ArrayCall, array_flat, array_linear
from chainrule.primitives.arrays.creation import arange, axes_of_sizes, ones, zeros_like
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along, section, section_add, section_set
from chainrule.primitives.arrays.lengths import (
    Lengths,
    Of,
    all_unknown,
    as_first,
    as_second,
    unknown,
    when_whole,
)
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import (
    broadcast_to,
    concatenate,
    dimension,
    expand_dims,
    flip,
    moveaxis,
    reshape,
    reshape_like,
    swapaxes,
)
from chainrule.primitives.declare import Cost


def _same(a: Type, axis: Any = -1, **statics: Any) -> Type:
    if not unit_axes_of(a):
        raise ValueError("NumPy sorts no numbers")
    return a if axis is not None else array_of(dtype_of(a), (False,))


def _positions(a: Type, axis: Any = -1, **statics: Any) -> Type:
    return array_of("int64", unit_axes_of(_same(a, axis)))


argsort = array_flat(
    "argsort", "numpy.argsort", signature="a, axis=-1, kind=None", method="argsort",
    typed=_positions, lengths=when_whole, doc="Positions of the entries in ascending order.",
)  # fmt: skip
argpartition = array_flat(
    "argpartition", "numpy.argpartition", signature="a, kth, axis=-1",
    typed=lambda a, kth, axis=-1: _positions(a, axis), lengths=when_whole,
    doc="Positions that part the entries at one of them.",
)  # fmt: skip
searchsorted = array_flat(
    "searchsorted", "numpy.searchsorted", signature="a, v, side='left'", arrays=2,
    method="searchsorted",
    typed=lambda a, v, side="left": array_of("int64", unit_axes_of(v)), lengths=as_second,
    doc="Where entries belong in a sorted array.",
)  # fmt: skip


def at_positions(a: Node, positions: Node, axis: int, unique: bool = False) -> Node:
    """``a[:, ..., positions, ...]``: entries picked along one axis."""
    none = a.graph.constant(None)
    axis %= len(unit_axes_of(a.type))
    nodes = (*(none for _ in range(3 * axis)), positions)
    pattern = "s" * axis + ("u" if unique else "a")
    return a.graph.cursor.add(section, (a, *nodes), (pattern,))


def _along_type(arr: Type, indices: Type, axis: Any) -> Type:
    return array_of(dtype_of(arr), unit_axes_of(indices) if axis is not None else (False,))


def _along_lengths(node: Node, of: Of) -> Lengths:
    axis, own, picked = node.params[0], of(node.args[0]), of(node.args[1])
    if not isinstance(axis, int) or len(own) != len(picked):
        return picked if axis is None else all_unknown(node)
    along = axis % len(own)
    # Elsewhere a length of 1 would be repeated.
    return tuple(
        k_picked if k == along or k_own == k_picked else unknown(node, k)
        for k, (k_own, k_picked) in enumerate(zip(own, picked, strict=True))
    )


@array_defined(
    "take_along_axis", "numpy.take_along_axis", signature="arr, indices, axis", arrays=2,
    typed=_along_type, lengths=_along_lengths,
)  # fmt: skip
def take_along_axis(arr: Node, indices: Node, axis: Any) -> Node:
    """Entries at positions along an axis, other positions in every row."""
    return along_axis(arr, indices, axis, "u" if _is_order(indices, axis) else "a")


def _is_order(indices: Node, axis: Any) -> bool:
    """Whether positions along an axis are an order of the entries, so that none comes twice."""
    rank = len(unit_axes_of(indices.type))
    sorted_along = indices.params[0] if indices.op.name == "argsort" else None
    if not isinstance(sorted_along, int) or not isinstance(axis, int):
        return False
    return sorted_along % rank == axis % rank


def along_axis(arr: Node, positions: Node, axis: Any, letter: str) -> Node:
    """``arr[rows, positions]`` with the rows of every other axis written out."""
    if axis is None:
        return at_positions(reshape(arr, arr.graph.constant(-1)), positions, 0, letter == "u")
    rank = len(unit_axes_of(arr.type))
    axis %= rank
    nodes = []
    for k in range(rank):
        if k == axis:
            nodes.append(positions)
            continue
        rows = arange(dimension(arr, axis=k), None, None)
        others = tuple(j for j in range(rank) if j != k)
        nodes.append(expand_dims(rows, axis=others[0] if len(others) == 1 else others))
    return arr.graph.cursor.add(section, (arr, *nodes), (letter * rank,))


@array_defined(
    "sort", "numpy.sort", signature="a, axis=-1, kind=None", typed=_same, lengths=when_whole,
    cost=Cost.FUNCTION,
)  # fmt: skip
def sort(a: Node, axis: Any, kind: Any) -> Node:
    """Entries in ascending order."""
    rank = len(unit_axes_of(a.type))
    if axis is None:
        a, axis, rank = reshape(a, a.graph.constant(-1)), 0, 1
    order = argsort(a, axis=axis, kind=kind)
    if rank == 1:
        return at_positions(a, order, 0, unique=True)
    return along_axis(a, order, axis, "u")


def _parted(name: str, arrays: int) -> ArrayCall:
    """The partition as numbers to sort: it need not part as ``argpartition`` does."""
    return array_flat(
        f"{name}_entries", spelled="numpy.partition", signature="a, kth, axis=-1", arrays=arrays,
        typed=lambda a, *kth, **statics: a, lengths=when_whole,
        doc="Entries with one where it belongs, as numbers whose order is asked for.",
    )  # fmt: skip


def _as_parted(a: Node, parted: Node, axis: int) -> Node:
    """The entries of ``a`` in the order of ``parted``: of equal rank in sorted order."""
    ranks = argsort(argsort(parted, axis=axis), axis=axis)
    order = argsort(a, axis=axis)
    if len(unit_axes_of(a.type)) == 1:
        return at_positions(a, at_positions(order, ranks, 0), 0, unique=True)
    return along_axis(a, along_axis(order, ranks, axis, "a"), axis, "u")


_parted_at_constant, _parted_anywhere = _parted("partition", 1), _parted("partition_at", 2)


@array_defined(
    "partition", "numpy.partition", signature="a, kth, axis=-1", typed=lambda a, kth, axis=-1: a,
    lengths=as_first,
)  # fmt: skip
def partition(a: Node, kth: Any, axis: Any) -> Node:
    """Entries with one where it belongs, smaller ones before it and larger ones behind."""
    return _as_parted(a, _parted_at_constant(a, kth=kth, axis=axis), axis)


@array_defined(
    "partition_at", spelled="numpy.partition", signature="a, kth, axis=-1", arrays=2,
    typed=lambda a, kth, axis=-1: a, lengths=when_whole,
)  # fmt: skip
def partition_at(a: Node, kth: Node, axis: Any) -> Node:
    """The same where it is known at run time only which one."""
    return _as_parted(a, _parted_anywhere(a, kth, axis=axis), axis)


def _taken(a: Type, indices: Type, axis: Any = None, mode: str = "raise") -> Type:
    units = unit_axes_of(a)
    if axis is None:
        return array_of(dtype_of(a), unit_axes_of(indices))
    axis %= len(units)
    return array_of(dtype_of(a), units[:axis] + unit_axes_of(indices) + units[axis + 1 :])


def _taken_lengths(node: Node, of: Of) -> Lengths:
    own, picked = of(node.args[0]), of(node.args[1])
    axis = node.params[0]
    if not isinstance(axis, int):
        return picked
    axis %= len(own)
    return (*own[:axis], *picked, *own[axis + 1 :])


@array_defined(
    "take", "numpy.take", signature="a, indices, axis=None, mode='raise'", arrays=2,
    method="take", typed=_taken, lengths=_taken_lengths,
)  # fmt: skip
def take(a: Node, indices: Node, axis: Any, mode: str) -> Node:
    """Entries at positions."""
    if mode != "raise":
        raise UnsupportedError(
            f"np.take in mode {mode!r}",
            remedy="Bring the positions into range by % or np.clip.",
            position=indices.origin.position or a.origin.position,
        )
    if axis is None:
        a, axis = reshape(a, a.graph.constant(-1)), 0
    if unit_axes_of(indices.type):
        return at_positions(a, indices, axis)
    none = a.graph.constant(None)
    axis %= len(unit_axes_of(a.type))
    nodes = (*(none for _ in range(3 * axis)), indices)
    return a.graph.cursor.add(section, (a, *nodes), ("s" * axis + "i",))


def _masked(condition: Type, a: Type, axis: Any = None) -> Type:
    units = list(unit_axes_of(a))
    if axis is None:
        return array_of(dtype_of(a), (False,))
    units[axis] = False
    return array_of(dtype_of(a), tuple(units))


@array_defined(
    "compress", "numpy.compress", signature="condition, a, axis=None", arrays=2, typed=_masked
)
def compress(condition: Node, a: Node, axis: Any) -> Node:
    """Entries where a list of flags is true."""
    if axis is None:
        a, axis = reshape(a, a.graph.constant(-1)), 0
    none = a.graph.constant(None)
    nodes = (*(none for _ in range(3 * (axis % len(unit_axes_of(a.type))))), _flags(condition))
    return a.graph.cursor.add(section, (a, *nodes), ("s" * (len(nodes) // 3) + "m",))


@array_defined(
    "extract", "numpy.extract", signature="condition, arr", arrays=2,
    typed=lambda condition, arr: array_of(dtype_of(arr), (False,)),
)  # fmt: skip
def extract(condition: Node, arr: Node) -> Node:
    """Entries where a mask is true."""
    return arr.graph.cursor.add(section, (arr, _flags(condition)), ("m",))


def _flags(condition: Node) -> Node:
    """A condition as a mask: what are numbers would be taken for positions."""
    if dtype_of(condition.type) == "bool":
        return condition
    found: Node = not_equal(condition, 0)
    return found


# --- repeated ----------------------------------------------------------------------------


def _repeated(a: Type, repeats: Type, axis: Any = None) -> Type:
    units = list(unit_axes_of(a))
    if axis is None:
        return array_of(dtype_of(a), (False,))
    units[axis] = False
    return array_of(dtype_of(a), tuple(units))


@array_linear(
    "repeat", "numpy.repeat", signature="a, repeats, axis=None", arrays=2, method="repeat",
    typed=_repeated,
)  # fmt: skip
def repeat(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Every entry several times; its adjoint is the sum over these."""
    a, repeats = node.args
    flat = axis is None and len(unit_axes_of(a.type)) != 1
    along = 0 if axis is None else axis % len(unit_axes_of(a.type))
    if unit_axes_of(repeats.type):
        base = reshape(a, a.graph.constant(-1)) if flat else a
        places = repeat(arange(dimension(base, axis=along)), repeats, axis=None)
        none = a.graph.constant(None)
        nodes = (zeros_like(base), *(none for _ in range(3 * along)), places, out_bar)
        found = a.graph.cursor.add(section_add, nodes, ("s" * along + "a",))
        walker.accumulate(a, reshape_like(found, a) if flat else found)
        return
    lengths = [dimension(out_bar, axis=k) for k in range(len(unit_axes_of(out_bar.type)))]
    lengths[along : along + 1] = [a.graph.constant(-1), repeats]
    found = array_sum(reshape(out_bar, *lengths), axis=along + 1)
    walker.accumulate(a, reshape_like(found, a) if flat else found)


repeat.linear_in = (0,)


def _tiled(A: Type, sizes: tuple[Node, ...]) -> Type:
    units = unit_axes_of(A)
    rank = max(len(units), len(sizes))
    own = (True,) * (rank - len(units)) + units
    counts = (True,) * (rank - len(sizes)) + axes_of_sizes(sizes)
    return array_of(dtype_of(A), tuple(a and b for a, b in zip(own, counts, strict=True)))


@array_linear("tile", "numpy.tile", signature="A, reps", sizes="reps", typed=_tiled)
def tile(walker: Any, node: Node, out_bar: Node) -> None:
    """An array several times along its axes; its adjoint is the sum over the copies."""
    a, *counts = node.args
    units = unit_axes_of(a.type)
    one = node.graph.constant(1)
    rank = len(unit_axes_of(node.type))
    counts = [one] * (rank - len(counts)) + counts
    sizes: list[Node] = []
    summed = []
    for axis, count in enumerate(counts):
        summed.append(len(sizes))
        sizes.append(count)
        own = axis - (rank - len(units))
        sizes.append(dimension(a, axis=own) if own >= 0 else one)
    total = array_sum(reshape(out_bar, *sizes), axis=tuple(summed))
    walker.accumulate(a, reshape_like(total, a) if rank > len(units) else total)


# --- padded ------------------------------------------------------------------------------


def _padded(array: Type, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Type:
    units = unit_axes_of(array)
    widths = pad_widths(pad_width, len(units))
    kept = tuple(u and w == (0, 0) for u, w in zip(units, widths, strict=True))
    return array_of(dtype_of(array), kept)


def pad_widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """The widths before and behind every axis that ``pad_width`` means."""
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * rank
    if all(isinstance(width, int) for width in pad_width):
        one = tuple(pad_width) * (2 if len(pad_width) == 1 else 1)
        return [(one[0], one[1])] * rank
    found = [tuple(width) * (2 if len(width) == 1 else 1) for width in pad_width]
    return [(width[0], width[1]) for width in (found * rank if len(found) == 1 else found)]


def _padded_lengths(node: Node, of: Of) -> Lengths:
    own = of(node.args[0])
    widths = pad_widths(node.params[0], len(own))
    return tuple(length + sum(width) for length, width in zip(own, widths, strict=True))


@array_linear(
    "pad", "numpy.pad", signature="array, pad_width, mode='constant', constant_values=0",
    typed=_padded, lengths=_padded_lengths,
)  # fmt: skip
def pad(
    walker: Any, node: Node, out_bar: Node, pad_width: Any, mode: str, constant_values: Any
) -> None:
    """An array with a margin; what the margin repeats gets the margin's adjoint added."""
    (a,) = node.args
    rank = len(unit_axes_of(a.type))
    widths = pad_widths(pad_width, rank)
    if mode == "constant":
        walker.accumulate(a, _inner(out_bar, widths))
        return
    found = out_bar
    for axis, (before, behind) in enumerate(widths):
        found = _unpadded(found, axis, before, behind, mode, node)
    walker.accumulate(a, found)


def _inner(value: Node, widths: list[tuple[int, int]]) -> Node:
    """What is left without margins, which may be 0."""
    constant = value.graph.constant
    last = max((k for k, width in enumerate(widths) if any(width)), default=-1)
    if last < 0:
        return value
    bounds = [
        constant(bound)
        for before, behind in widths[: last + 1]
        for bound in (before or None, -behind or None, None)
    ]
    return value.graph.cursor.add(section, (value, *bounds), ("s" * (last + 1),))


def _unpadded(value: Node, axis: int, before: int, behind: int, mode: str, node: Node) -> Node:
    """The adjoint of what was padded along one axis."""
    constant = node.graph.constant
    stop = constant(-behind) if behind else None
    inner = part_along(value, axis, constant(before), stop)
    margins = []
    if before:
        margins.append((part_along(value, axis, 0, constant(before)), True, before))
    if behind:
        margins.append((part_along(value, axis, constant(-behind), None), False, behind))
    for margin, first, width in margins:
        inner = _margin_added(inner, margin, axis, first, width, mode, node)
    return inner


def _margin_added(
    inner: Node, margin: Node, axis: int, first: bool, width: int, mode: str, node: Node
) -> Node:
    if mode == "edge":
        margin, at, length = array_sum(margin, axis=axis, keepdims=True), 0 if first else -1, 1
    elif mode == "wrap":
        at, length = (-width if first else 0), width
    elif mode in ("reflect", "symmetric"):
        margin = flip(margin, axis=axis)
        skip = 1 if mode == "reflect" else 0
        at, length = (skip if first else -width - skip), width
    else:
        raise UnsupportedError(
            f"np.pad in mode {mode!r}",
            remedy="Use the modes constant, edge, wrap, reflect or symmetric.",
            position=node.origin.position,
        )
    return _added_along(inner, margin, axis, at, length)


def _added_along(base: Node, value: Node, axis: int, at: int, length: int) -> Node:
    """``base`` with ``value`` added along an axis from ``at`` on."""
    from chainrule.primitives.arrays.indexing import section_add

    constant = base.graph.constant
    none = constant(None)
    end = at + length
    stop = none if at < 0 and end == 0 else constant(end)
    start = none if at == 0 else constant(at)
    nodes = (*(none for _ in range(3 * axis)), start, stop, none)
    return base.graph.cursor.add(section_add, (base, *nodes, value), ("s" * (axis + 1),))


def _pad_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    from chainrule.primitives.broadcasting import widened

    width, mode, _, form = node.params
    params = (width, mode, 0, form)
    return node.graph.cursor.add(pad, (widened(dots[0], args[0]),), params)


pad.tangent = _pad_tangent  # type: ignore[method-assign]


# --- turned ------------------------------------------------------------------------------


@array_defined(
    "fliplr", "numpy.fliplr", signature="m", typed=lambda m: m, lengths=as_first, cost=Cost.FREE
)
def fliplr(m: Node) -> Node:
    """Columns in the opposite order."""
    return flip(m, axis=1)


@array_defined(
    "flipud", "numpy.flipud", signature="m", typed=lambda m: m, lengths=as_first, cost=Cost.FREE
)
def flipud(m: Node) -> Node:
    """Rows in the opposite order."""
    return flip(m, axis=0)


def _turned(m: Type, k: int = 1, axes: Any = (0, 1)) -> Type:
    units = list(unit_axes_of(m))
    if k % 2:
        units[axes[0]], units[axes[1]] = units[axes[1]], units[axes[0]]
    return array_of(dtype_of(m), tuple(units))


@array_defined("rot90", "numpy.rot90", signature="m, k=1, axes=(0, 1)", typed=_turned)
def rot90(m: Node, k: int, axes: Any) -> Node:
    """A matrix turned by quarters."""
    one, two = axes
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return flip(flip(m, axis=one), axis=two)
    if k % 4 == 1:
        return swapaxes(flip(m, axis=two), axis1=one, axis2=two)
    return flip(swapaxes(m, axis1=one, axis2=two), axis=two)


def _quarters(k: int, axes: Any) -> list[tuple[Any, tuple[Any, ...]]]:
    one, two = axes
    if k % 4 == 2:
        return [(flip, (one,)), (flip, (two,))]
    turns = [(flip, (two,)), (swapaxes, (one, two))]
    return turns[: 2 * (k % 2)] if k % 4 != 3 else turns[::-1]


# Views that are several in a row: each step and its parameters.
FLIPPED: dict[Any, Callable[..., list[tuple[Any, tuple[Any, ...]]]]] = {
    fliplr: lambda: [(flip, (1,))],
    flipud: lambda: [(flip, (0,))],
    rot90: _quarters,
}


def _without(arr: Type, obj: Any, axis: Any = None) -> Type:
    units = list(unit_axes_of(arr))
    if axis is None:
        return array_of(dtype_of(arr), (False,))
    units[axis] = False
    return array_of(dtype_of(arr), tuple(units))


@array_defined("delete", "numpy.delete", signature="arr, obj, axis=None", arrays=2, typed=_without)
def delete(arr: Node, obj: Node, axis: Any) -> Node:
    """An array without some positions along an axis."""
    if axis is None:
        arr, axis = reshape(arr, arr.graph.constant(-1)), 0
    axis %= len(unit_axes_of(arr.type))
    cursor, constant = arr.graph.cursor, arr.graph.constant
    kept: Node = ones(dimension(arr, axis=axis), dtype="bool")
    letter = "a" if unit_axes_of(obj.type) else "i"
    if dtype_of(obj.type) == "bool":
        letter = "m"
    kept = cursor.add(section_set, (kept, obj, constant(False)), (letter,))
    none = constant(None)
    nodes = (*(none for _ in range(3 * axis)), kept)
    return cursor.add(section, (arr, *nodes), ("s" * axis + "m",))


def _inserted(arr: Type, obj: Type, values: Type, axis: Any = None) -> Type:
    return _without(arr, obj, axis)


@array_defined(
    "insert", "numpy.insert", signature="arr, obj, values, axis=None", arrays=3, typed=_inserted
)
def insert(arr: Node, obj: Node, values: Node, axis: Any) -> Node:
    """An array with more entries before one position along an axis."""
    if unit_axes_of(obj.type):
        raise UnsupportedError(
            "np.insert at several positions",
            remedy="Insert one after the other, or use np.concatenate.",
            position=arr.graph.origin.position,
        )
    if axis is None:
        arr, axis = reshape(arr, arr.graph.constant(-1)), 0
    rank = len(unit_axes_of(arr.type))
    axis %= rank
    have = len(unit_axes_of(values.type))
    sizes = [dimension(arr, axis=k) for k in range(rank)]
    sizes[axis] = arr.graph.constant(1)
    if have == rank == 1:
        part = values
    else:
        if have and axis:
            values = moveaxis(expand_dims(values, axis=0), source=0, destination=axis)
        part = broadcast_to(values, *sizes)
    before, behind = part_along(arr, axis, 0, obj), part_along(arr, axis, obj, None)
    return concatenate(before, part, behind, axis=axis)
