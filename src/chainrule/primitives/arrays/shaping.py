"""Shapes: lengths, reshapes, transposes, joins and reversals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node, Origin
from chainrule.graph.types import (
    INT,
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    promoted,
    unit_axes_of,
)
from chainrule.primitives import bounds
from chainrule.primitives.arrays.call import array_flat, array_linear, axes_of
from chainrule.primitives.arrays.creation import axes_of_sizes, shape_source
from chainrule.primitives.arrays.lengths import (
    ONE,
    Lengths,
    Of,
    along,
    as_first,
    by_sizes,
    permuted,
    stacked,
    when_whole,
)
from chainrule.primitives.declare import TABLE, Cost, constant_value, is_constant

# x.shape[k]; for the first axis of an array len(x) is the shorter word.
dimension = array_flat(
    "dimension", signature="a, axis", typed=lambda a, axis: INT, cost=Cost.FREE, raises=False,
    bounds=bounds.always(bounds.NONNEGATIVE),
    doc="Length of an axis.",
)  # fmt: skip
size_of = array_flat(
    "size_of", signature="a", attribute="size", typed=lambda a: INT, cost=Cost.FREE,
    bounds=bounds.always(bounds.NONNEGATIVE), raises=False, doc="Number of entries.",
)  # fmt: skip


def _dimension_known(a: Node, axis: int) -> Node | None:
    axes = unit_axes_of(a.type)
    if not -len(axes) <= axis < len(axes):
        raise UnsupportedError(
            f"the length of axis {axis} of what has {len(axes)} axes",
            remedy="Give it an array that has this axis.",
            position=a.graph.origin.position,
        )
    if axes[axis]:
        return a.graph.constant(1)
    source = shape_source(a)
    return None if source is a else dimension(source, axis=axis)


dimension.simplify = _dimension_known


@array_linear(
    "broadcast_to", "numpy.broadcast_to", signature="a, shape", sizes="shape",
    typed=lambda a, sizes: array_of(dtype_of(a), axes_of_sizes(sizes)), lengths=by_sizes,
    cost=Cost.FREE,
    bounds=bounds.same,
)  # fmt: skip
def broadcast_to(walker: Any, node: Node, out_bar: Node) -> None:
    """An array repeated along new axes and axes of length 1."""
    from chainrule.primitives.broadcasting import summed_to

    walker.accumulate(node.args[0], summed_to(out_bar, node, node.args[0]))


def _reshaped(a: Type, sizes: tuple[Node, ...], order: str = "C") -> Type:
    axes = axes_of_sizes(sizes)
    # One entry has the length 1 along any axes, -1 among them.
    return array_of(dtype_of(a), tuple(True for _ in axes) if all(unit_axes_of(a)) else axes)


@array_linear(
    "reshape", "numpy.reshape", signature="a, shape, order='C'", sizes="shape", method="reshape",
    typed=_reshaped, uniform="passed", lengths=by_sizes, cost=Cost.FREE,
    bounds=bounds.same,
)  # fmt: skip
def reshape(walker: Any, node: Node, out_bar: Node, order: str) -> None:
    """The same entries in another shape."""
    walker.accumulate(node.args[0], reshape_like(out_bar, node.args[0], order))


def reshape_like(value: Node, like: Node, order: str = "C") -> Node:
    """``value`` in the shape of ``like``."""
    from chainrule.primitives.broadcasting import without_axes

    if unit_axes_of(like.type) == (False,):
        return reshape(value, value.graph.constant(-1), order=order)
    if not unit_axes_of(like.type):
        return without_axes(value, range(-len(unit_axes_of(value.type)), 0))
    return reshaped(value, like, order=order)


def _shapes_joined(a: Type, *likes: Type, order: str = "C") -> Type:
    return array_of(dtype_of(a), tuple(unit for like in likes for unit in unit_axes_of(like)))


# x.reshape(a.shape), or of the axes of several arrays: x.reshape(a.shape + b.shape)
@array_linear(
    "reshaped", signature="a, order='C'", spread=True, typed=_shapes_joined,
    lengths=lambda node, of: tuple(each for like in node.args[1:] for each in of(like)),
    uniform="passed", cost=Cost.FREE,
    bounds=bounds.same,
)  # fmt: skip
def reshaped(walker: Any, node: Node, out_bar: Node, order: str) -> None:
    """The same entries in the shape of others, one behind the other."""
    walker.accumulate(node.args[0], reshape_like(out_bar, node.args[0], order))


reshaped.linear_in = (0,)


def _reshaped_before(a: Node, *likes: Node, order: str = "C") -> Node | None:
    """Of two shapes one after the other the last one counts; back to the first it is as it was."""
    if a.op in (ravel, flatten) and likes == a.args and order in ("C", "F"):
        return a.args[0] if a.op.statics(a.params).get("order") == order else None
    if a.op is not reshaped or not a.origin.derivative or a.params[0] != order:
        return None
    return reshaped(a.args[0], *likes, order=order)


reshaped.simplify = _reshaped_before


def _flat_type(a: Type, order: str = "C") -> Type:
    units = unit_axes_of(a)
    return array_of(dtype_of(a), (all(units),))


def _pull_flat(walker: Any, node: Node, out_bar: Node, order: str = "C") -> None:
    walker.accumulate(node.args[0], reshape_like(out_bar, node.args[0], order))


ravel = array_linear(
    "ravel", "numpy.ravel", signature="a, order='C'", method="ravel", typed=_flat_type,
    uniform="passed", lengths=when_whole, bounds=bounds.same,
    cost=Cost.FREE, raises=False,
)(_pull_flat)  # fmt: skip
flatten = array_linear(
    "flatten", signature="a, order='C'", method="flatten", typed=_flat_type,
    uniform="passed", lengths=when_whole, cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)(_pull_flat)  # fmt: skip


def _transposed_type(a: Type, axes: Any = None) -> Type:
    units = unit_axes_of(a)
    order = axes if axes is not None else tuple(reversed(range(len(units))))
    return array_of(dtype_of(a), tuple(units[k] for k in order))


@array_linear(
    "transpose", "numpy.transpose", signature="a, axes=None", method="transpose",
    typed=_transposed_type, cost=Cost.FREE, raises=False,
    lengths=permuted(lambda rank, axes: range(rank)[::-1] if axes is None else axes),
    uniform="passed",
    bounds=bounds.same,
)  # fmt: skip
def transpose(walker: Any, node: Node, out_bar: Node, axes: Any) -> None:
    """Axes in another order."""
    walker.accumulate(node.args[0], transpose(out_bar, axes=_inverse(axes)))


def _inverse(axes: Any) -> Any:
    if axes is None:
        return None
    rank = len(axes)
    order = [each % rank for each in axes]
    return tuple(order.index(k) for k in range(rank))


def _transpose_twice(a: Node, axes: Any = None) -> Node | None:
    if len(unit_axes_of(a.type)) < 2:
        return a
    if a.op is transpose and axes is None and a.params[0] is None:
        return a.args[0]
    if axes is not None or not a.origin.derivative:
        return None
    if a.op.name == "outer":
        return a.op(a.args[1], a.args[0])  # type: ignore[operator, no-any-return]
    if a.op.name == "matmul" and len(unit_axes_of(a.type)) == 2:
        left, right = a.args
        if any(each.op is transpose and each.params[0] is None for each in a.args):
            return a.op(transpose(right), transpose(left))  # type: ignore[operator, no-any-return]
    return None


transpose.simplify = _transpose_twice


def _swapped(a: Type, axis1: int, axis2: int) -> Type:
    units = list(unit_axes_of(a))
    units[axis1], units[axis2] = units[axis2], units[axis1]
    return array_of(dtype_of(a), tuple(units))


def _swapped_order(rank: int, axis1: int, axis2: int) -> list[int]:
    order = list(range(rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return order


@array_linear(
    "swapaxes", "numpy.swapaxes", signature="a, axis1, axis2", method="swapaxes", typed=_swapped,
    uniform="passed", lengths=permuted(_swapped_order), cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def swapaxes(walker: Any, node: Node, out_bar: Node, axis1: int, axis2: int) -> None:
    """Two axes exchanged."""
    walker.accumulate(node.args[0], swapaxes(out_bar, axis1=axis1, axis2=axis2))


def _exchanged_back(a: Node, axis1: int, axis2: int) -> Node | None:
    """Two exchanges of the same axes."""
    rank = len(unit_axes_of(a.type))
    pair = {axis1 % rank, axis2 % rank}
    if a.op is swapaxes:
        return a.args[0] if {int(str(each)) % rank for each in a.params[:2]} == pair else None
    order = a.params[0] if a.op is transpose else None
    if not isinstance(order, tuple):
        return None
    moved = {k for k, axis in enumerate(order) if axis % rank != k}
    return a.args[0] if moved == pair else None


swapaxes.simplify = _exchanged_back


def _order_of(rank: int, source: Any, destination: Any) -> list[int]:
    """Which axis stands at each place after some have been moved."""
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    moved = [each % rank for each in sources]
    order = [axis for axis in range(rank) if axis not in moved]
    for target, axis in sorted(zip((each % rank for each in targets), moved, strict=True)):
        order.insert(target, axis)
    return order


def _moved(a: Type, source: Any, destination: Any) -> Type:
    units = unit_axes_of(a)
    order = _order_of(len(units), source, destination)
    return array_of(dtype_of(a), tuple(units[axis] for axis in order))


@array_linear(
    "moveaxis", "numpy.moveaxis", signature="a, source, destination", typed=_moved,
    uniform="passed", lengths=permuted(_order_of), cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def moveaxis(walker: Any, node: Node, out_bar: Node, source: Any, destination: Any) -> None:
    """Axes at other places."""
    walker.accumulate(node.args[0], moveaxis(out_bar, source=destination, destination=source))


def _expanded(a: Type, axis: Any) -> Type:
    units = list(unit_axes_of(a))
    given = axis if isinstance(axis, tuple) else (axis,)
    rank = len(units) + len(given)
    for each in sorted(k % rank for k in given):
        units.insert(each, True)
    return array_of(dtype_of(a), tuple(units))


def _expanded_lengths(node: Node, of: Of) -> Lengths:
    axis: Any = node.params[0]
    found = list(of(node.args[0]))
    given = axis if isinstance(axis, tuple) else (axis,)
    rank = len(found) + len(given)
    for each in sorted(k % rank for k in given):
        found.insert(each, ONE)
    return tuple(found)


@array_linear(
    "expand_dims", "numpy.expand_dims", signature="a, axis", typed=_expanded,
    uniform="passed", lengths=_expanded_lengths, cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def expand_dims(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """New axes of length 1."""
    walker.accumulate(node.args[0], squeeze(out_bar, axis=axis))


def _squeezed(a: Type, axis: Any = None) -> Type:
    units = unit_axes_of(a)
    gone = (
        [k for k, unit in enumerate(units) if unit] if axis is None else axes_of(axis, len(units))
    )
    return array_of(dtype_of(a), tuple(u for k, u in enumerate(units) if k not in gone))


def _squeezed_lengths(node: Node, of: Of) -> Lengths:
    axis: Any = node.params[0]
    own, units = of(node.args[0]), unit_axes_of(node.args[0].type)
    gone = axes_of(axis, len(own)) if axis is not None else [k for k, u in enumerate(units) if u]
    return tuple(length for k, length in enumerate(own) if k not in gone)


@array_linear(
    "squeeze", "numpy.squeeze", signature="a, axis=None", method="squeeze", typed=_squeezed,
    uniform="passed", lengths=_squeezed_lengths, cost=Cost.FREE,
    bounds=bounds.same,
)  # fmt: skip
def squeeze(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Without axes of length 1."""
    walker.accumulate(node.args[0], reshape_like(out_bar, node.args[0]))


def _flip_type(a: Type, axis: Any = None) -> Type:
    return a


@array_linear(
    "flip", "numpy.flip", signature="a, axis=None", typed=_flip_type,
    uniform="passed", lengths=as_first, cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def flip(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Entries in the opposite order."""
    walker.accumulate(node.args[0], flip(out_bar, axis=axis))


def _turned_twice(a: Node, axis: Any = None) -> Node | None:
    """The array in the order that it had at first."""
    from chainrule.primitives.arrays.indexing import section, turned_axes

    along = sorted(axes_of(axis, len(unit_axes_of(a.type))))
    if a.op is flip:
        before = axes_of(a.params[0], len(unit_axes_of(a.type)))
    else:
        before = turned_axes(a) if a.op is section else ()
    return a.args[0] if along and sorted(before) == along else None


flip.simplify = _turned_twice


def _rolled(a: Type, shift: Type, axis: Any = None) -> Type:
    return a


@array_linear(
    "roll", "numpy.roll", signature="a, shift, axis=None", arrays=2, typed=_rolled,
    uniform="passed", lengths=as_first, cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def roll(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Entries shifted in a circle."""
    shift = node.args[1]
    back = constant_value(shift) * -1 if is_constant(shift) else _turned(shift)
    walker.accumulate(node.args[0], roll(out_bar, back, axis=axis))


roll.linear_in = (0,)


def _turned(shift: Node) -> Node:
    """A count of steps the other way round: an int, as f would write it."""
    with shift.graph.answering(Origin(shift.origin.position)):
        return shift.graph.cursor.add(TABLE["negative"], (shift,))


# --- joins -------------------------------------------------------------------------------


def _joined(*types: Type, axis: int = 0) -> Type:
    units = list(unit_axes_of(types[0]))
    units[axis] = len(types) == 1 and units[axis]
    for type in types[1:]:
        for k, unit in enumerate(unit_axes_of(type)):
            units[k] = units[k] and unit
    if len(types) > 1:
        units[axis] = False
    return array_of(promoted(types), tuple(units))


@array_linear(
    "array_concatenate", "numpy.concatenate", signature="arrays, axis=0", spread=True,
    typed=_joined, uniform="passed", lengths=along, cost=Cost.FREE,
    bounds=bounds.one_of,
)  # fmt: skip
def concatenate(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
    """Arrays one behind the other."""
    from chainrule.primitives.arrays.indexing import part_along

    start: Any = node.graph.constant(0)
    for position, arg in enumerate(node.args):
        last = position == len(node.args) - 1
        stop = None if last else start + dimension(arg, axis=axis % len(unit_axes_of(arg.type)))
        if walker.active(arg):
            walker.accumulate(arg, part_along(out_bar, axis, start, stop))
        start = stop


def _stacked(*types: Type, axis: int = 0) -> Type:
    units = list(broadcast_axes(types))
    units.insert(axis % (len(units) + 1), len(types) == 1)
    return array_of(promoted(types), tuple(units))


@array_linear(
    "stack", "numpy.stack", signature="arrays, axis=0", spread=True, typed=_stacked,
    uniform="passed", lengths=stacked, cost=Cost.FREE,
    bounds=bounds.one_of,
)  # fmt: skip
def stack(walker: Any, node: Node, out_bar: Node, axis: int) -> None:
    """Arrays along a new axis."""
    from chainrule.primitives.arrays.indexing import entry_along

    for position, arg in enumerate(node.args):
        if walker.active(arg):
            walker.accumulate(arg, entry_along(out_bar, axis, position))


def _same(*params: Any) -> tuple[Any, ...]:
    return params


# Of views that put entries into another order: the parameters that put them back.
TURNED_BACK: dict[Any, Callable[..., tuple[Any, ...]]] = {
    transpose: lambda axes, *form: (_inverse(axes), *form),
    swapaxes: _same,
    moveaxis: lambda source, destination, *form: (destination, source, *form),
    flip: _same,
}
# Of views in another shape: those whose first parameter is the order of the entries.
ORDERED = (reshape, ravel)
for _op in (broadcast_to, reshape, reshaped, transpose, squeeze, roll):
    _op.keeps_boxes = True
