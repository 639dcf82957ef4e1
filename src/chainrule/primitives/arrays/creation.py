"""Arrays made of sizes and numbers: zeros, full, arange, linspace, literals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    FLOAT,
    FLOATING,
    INT,
    Array,
    Sequence,
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    promoted,
    unit_axes_of,
)
from chainrule.primitives import bounds
from chainrule.primitives.arrays.call import (
    ArrayCall,
    ArrayLinear,
    array_flat,
    array_linear,
    array_rule,
)
from chainrule.primitives.arrays.lengths import (
    Length,
    Lengths,
    Of,
    agreed,
    all_unknown,
    as_first,
    by_sizes,
    number,
)
from chainrule.primitives.declare import TABLE, Cost, is_constant, is_left_out, register


def axes_of_sizes(sizes: tuple[Node, ...]) -> tuple[bool, ...]:
    """Which of the axes of these lengths have length 1."""
    return tuple(is_constant(size, 1) for size in sizes)


def _made(*types: Type, sizes: tuple[Node, ...], dtype: str | None = None) -> Type:
    return array_of(dtype or "float64", axes_of_sizes(sizes))


def _like(type: Type, dtype: str | None = None) -> Type:
    return array_of(dtype or dtype_of(type), unit_axes_of(type))


zeros = array_flat(
    "zeros", "numpy.zeros", signature="shape, dtype=None", arrays=0, sizes="shape", typed=_made,
    lengths=by_sizes,
    cost=Cost.FREE, raises=False, doc="Zeros of a shape.",
)  # fmt: skip
ones = array_flat(
    "ones", "numpy.ones", signature="shape, dtype=None", arrays=0, sizes="shape", typed=_made,
    lengths=by_sizes,
    cost=Cost.FREE, raises=False, doc="Ones of a shape.",
)  # fmt: skip
empty = array_flat(
    "empty", "numpy.empty", signature="shape, dtype=None", arrays=0, sizes="shape", typed=_made,
    lengths=by_sizes,
    cost=Cost.FREE, raises=False, doc="An array of a shape, to be filled.",
)  # fmt: skip
zeros_like = array_flat(
    "array_zeros_like", "numpy.zeros_like", signature="a, dtype=None", typed=_like,
    lengths=as_first,
    cost=Cost.FREE, raises=False, doc="Zeros in the shape of an array.",
)  # fmt: skip
ones_like = array_flat(
    "array_ones_like", "numpy.ones_like", signature="a, dtype=None", typed=_like,
    lengths=as_first,
    cost=Cost.FREE, raises=False, doc="Ones in the shape of an array.",
)  # fmt: skip
empty_like = array_flat(
    "empty_like", "numpy.empty_like", signature="a, dtype=None", typed=_like,
    lengths=as_first,
    cost=Cost.FREE, raises=False, doc="An array in the shape of another, to be filled.",
)  # fmt: skip


def shape_source(node: Node) -> Node:
    """An earlier array that certainly has the shape of ``node``."""
    from chainrule.primitives.declare import Primitive

    while isinstance(op := node.op, Primitive):
        if op.name in KEEPING:
            node = node.args[0]
            continue
        arrays = [arg for arg in node.args if unit_axes_of(arg.type)]
        same = len(arrays) == 1 and unit_axes_of(arrays[0].type) == unit_axes_of(node.type)
        if not (op.broadcasts and same):
            break
        node = arrays[0]
    return node


# Their results have the shape of the first argument.
KEEPING = ("section_set", "section_add", "index_set", "index_add", "array_zeros_like",
           "array_ones_like", "empty_like", "full_like", "array_copy", "astype")  # fmt: skip


def _of_source(made: ArrayCall) -> Callable[..., Node | None]:
    """Arrays like the one from which another array has its shape."""

    def simplify(a: Node, dtype: str | None = None) -> Node | None:
        source = shape_source(a)
        if source is a or dtype_of(source.type) != dtype_of(a.type):
            return None
        return made(source, dtype=dtype)

    return simplify


zeros_like.simplify = _of_source(zeros_like)
empty_like.simplify = _of_source(empty_like)
ZEROS = (zeros, zeros_like)


def _square(*types: Type, sizes: tuple[Node, ...], k: int = 0, dtype: str | None = None) -> Type:
    axes = axes_of_sizes(sizes)
    return array_of(dtype or "float64", axes * 2 if len(axes) == 1 else axes)


def _square_sizes(node: Node, of: Of) -> Lengths:
    found = tuple(number(size, of).cut(0) for size in node.args)
    return found * 2 if len(found) == 1 else found


eye = array_flat(
    "eye", "numpy.eye", "numpy.identity", signature="N, k=0, dtype=None", arrays=0, sizes="N",
    typed=_square, lengths=_square_sizes, cost=Cost.FREE, raises=False, doc="The identity matrix.",
)  # fmt: skip


# Windows of signals, which depend on their number of points alone.
for _name in ("bartlett", "blackman", "hamming", "hanning"):
    array_flat(
        _name, f"numpy.{_name}", signature="M", arrays=0, sizes="M", typed=_made,
        lengths=by_sizes, cost=Cost.FUNCTION, raises=False, doc="A window of a signal.",
    )  # fmt: skip


@array_linear(
    "full_like", "numpy.full_like", signature="a, fill_value, dtype=None", arrays=2,
    typed=lambda a, value, dtype=None: _like(a, dtype), lengths=as_first, cost=Cost.FREE,
    raises=False, bounds=lambda node, like, value: value)  # fmt: skip
def full_like(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """One number, or an array that is repeated, in the shape of an array."""
    if walker.active(node.args[1]):
        walker.accumulate(node.args[1], _filled_from(out_bar, node, node.args[1]))


full_like.linear_in = (1,)


@array_linear(
    "full", "numpy.full", signature="fill_value, shape, dtype=None", arrays=1, sizes="shape",
    typed=lambda value, sizes, dtype=None: array_of(dtype or dtype_of(value), axes_of_sizes(sizes)),
    lengths=by_sizes,
    cost=Cost.FREE, raises=False,
)  # fmt: skip
def full(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """One number, or an array that is repeated, in an array of a shape."""
    walker.accumulate(node.args[0], _filled_from(out_bar, node, node.args[0]))


full.linear_in = (0,)


def _filled_from(out_bar: Node, node: Node, value: Node) -> Node:
    """The adjoint of what an array was filled with."""
    from chainrule.primitives.arrays.reductions import array_sum
    from chainrule.primitives.broadcasting import in_full, summed_to

    if not unit_axes_of(value.type):
        return array_sum(out_bar)
    return summed_to(in_full(out_bar, node), node, value)


def _line(start: Type, stop: Type, *more: Type, sizes: Any = (), **statics: Any) -> Type:
    ends = broadcast_axes((start, stop))
    if len(ends) > 1:
        raise ValueError("lines between matrices")
    return array_of("float64", axes_of_sizes(sizes) + ends)


def _line_length(node: Node, of: Of) -> Lengths:
    own = number(node.args[2], of).cut(0)
    return (own, *all_unknown(node)[1:])


@array_rule(
    "linspace", "numpy.linspace", signature="start, stop, num=50, endpoint=True", arrays=2,
    sizes="num", typed=_line, lengths=_line_length, raises=False,
)  # fmt: skip
def linspace(walker: Any, node: Node, out_bar: Node, endpoint: bool = True) -> None:
    """Numbers, or rows, at equal distances; each is a mean of the two ends."""
    from chainrule.primitives.arrays.reductions import array_sum
    from chainrule.primitives.broadcasting import summed_to

    start, stop, count = node.args
    for end, weights in ((start, (1.0, 0.0)), (stop, (0.0, 1.0))):
        if not walker.active(end):
            continue
        line = linspace(*map(node.graph.constant, weights), count, endpoint=endpoint)
        if len(unit_axes_of(node.type)) == 1:
            walker.accumulate(end, array_sum(out_bar * line))
        else:
            both: Node = TABLE["add"](start, stop)
            walker.accumulate(end, summed_to(TABLE["matmul"](line, out_bar), both, end))


def _linspace_tangent(
    node: Node, args: Any, dots: Any, out: Node, endpoint: bool = True
) -> Node | None:
    from chainrule.primitives.broadcasting import widened

    ends = [widened(dot, arg) for dot, arg in zip(dots[:2], args[:2], strict=True)]
    return linspace(*ends, args[2], endpoint=endpoint)


linspace.tangent_rule = _linspace_tangent


def _arange(*types: Type, **statics: Any) -> Type:
    return array_of("float64" if FLOAT in types else "int64", (False,))


def _arange_length(node: Node, of: Of) -> Lengths:
    stop, *others = node.args
    alone = all(map(is_left_out, others))
    if alone and stop.type == INT:
        return (number(stop, of).cut(0),)
    return all_unknown(node)


@array_rule(
    "arange", "numpy.arange", signature="start, stop=None, step=None, dtype=None", arrays=3,
    typed=lambda *types, dtype=None: array_of(dtype, (False,)) if dtype else _arange(*types),
    lengths=_arange_length,
    raises=False,
)  # fmt: skip
def arange(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """Numbers at a step: start + k * step; where they end has no derivative."""
    from chainrule.primitives.arrays.reductions import array_sum

    for position, arg in enumerate(node.args):
        if walker.active(arg) and position in _moving(node):
            counted = out_bar if position == 0 else out_bar * _counts(node)
            walker.accumulate(arg, array_sum(counted))


def _moving(node: Node) -> tuple[int, ...]:
    """Which arguments move the numbers: one alone is where they end."""
    return (0, 2) if len(node.args) > 1 else ()


def _counts(node: Node) -> Node:
    from chainrule.primitives.arrays.shaping import dimension

    return arange(dimension(node, axis=0))


def _arange_tangent(
    node: Node, args: Any, dots: Any, out: Node, dtype: str | None = None
) -> Node | None:
    from chainrule.primitives.broadcasting import widened

    terms = [
        widened(dots[position], out) if position == 0 else dots[position] * _counts(out)
        for position in _moving(node)
        if position < len(dots) and dots[position] is not None
    ]
    return sum(terms[1:], terms[0]) if terms else None


arange.tangent_rule = _arange_tangent


# --- literals ----------------------------------------------------------------------------


class Literal(ArrayLinear):
    """``np.array([[a, b], [c, d]])``: params are the shape and the dtype that was asked for."""

    door = "array"
    # A factor of one entry is none of the others.
    linear_alone = range(0)

    def infer(self, args: tuple[Node, ...], params: tuple[Any, ...]) -> Type:
        shape, dtype = params[0], params[1]
        types = tuple(arg.type for arg in args)
        rows = max(map(unit_axes_of, types), key=len, default=())
        units = tuple(size == 1 for size in shape) + rows
        return array_of(dtype or (promoted(types) if types else "float64"), units)

    def entries_lengths(self, node: Node, of: Of) -> Lengths:
        """The shape that is written, then those of the rows."""
        shape: Any = node.params[0]
        rows = agreed(node.args[0], [of(arg) for arg in node.args]) if node.args else ()
        return (*map(Length, shape), *rows)

    def tangent(self, node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        from chainrule.primitives.broadcasting import widened

        # An entry of which it is not known that it is an array has the shape of the others.
        row = next((arg for arg in args if unit_axes_of(arg.type)), None)
        likes = [arg if row is None or unit_axes_of(arg.type) else row for arg in args]
        filled = tuple(widened(dot, like) for dot, like in zip(dots, likes, strict=True))
        return out.graph.cursor.add(self, filled, (node.params[0], None))

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        from chainrule.primitives.broadcasting import widened, without_axes
        from chainrule.primitives.sequence import index

        shape: Any = node.params[0]
        graph = node.graph
        out_bar = widened(out_bar, node)
        if all(size == 1 for size in shape) and not unit_axes_of(node.args[0].type):
            walker.accumulate(node.args[0], without_axes(out_bar, range(-len(shape), 0)))
            return
        for position, arg in enumerate(node.args):
            if not walker.active(arg):
                continue
            path: list[Node] = []
            rest = position
            for size in reversed(shape):
                path.insert(0, graph.constant(rest % size))
                rest //= size
            walker.accumulate(arg, graph.cursor.add(index, (out_bar, *path)))


literal = register(Literal("array_literal", ("numpy.array", "numpy.asarray"), cost=Cost.FREE))
literal.declare("object, dtype=None", typed=_made, lengths=literal.entries_lengths)


def _entries(type: Type) -> tuple[Type, int]:
    depth = 0
    while isinstance(type, Sequence):
        type, depth = type.item, depth + 1
    return type, depth


def _of_list(type: Type, dtype: str | None = None) -> Type:
    item, depth = _entries(type)
    own = dtype or dtype_of(item)
    return array_of(own, (False,) * depth + unit_axes_of(item))


def _list_lengths(node: Node, of: Of) -> Lengths:
    inner = of(node.args[0])
    rank = len(unit_axes_of(node.type))
    return (*all_unknown(node)[: rank - len(inner)], *inner)


@array_linear("array_of_list", "numpy.array", "numpy.asarray", signature="object, dtype=None",
              typed=_of_list, lengths=_list_lengths, cost=Cost.FREE)  # fmt: skip
def array_of_list(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """The array of a run-time list."""
    item, _ = _entries(node.args[0].type)
    listed = to_list if not isinstance(item, Array) else rows_of
    walker.accumulate(node.args[0], listed(out_bar))


def _list_type(type: Type) -> Type:
    found: Type = array_of(dtype_of(type), ())
    for _ in unit_axes_of(type):
        found = Sequence(found)
    return found


@array_linear("to_list", signature="a", method="tolist", typed=_list_type, cost=Cost.FREE)
def to_list(walker: Any, node: Node, out_bar: Node) -> None:
    """The list of an array's entries."""
    walker.accumulate(node.args[0], array_of_list(out_bar))


def _rows_type(type: Type) -> Type:
    return Sequence(array_of(dtype_of(type), unit_axes_of(type)[1:]))


@array_linear("rows_of", "builtins.list", signature="a", typed=_rows_type, cost=Cost.FREE)
def rows_of(walker: Any, node: Node, out_bar: Node) -> None:
    """The list of an array's rows."""
    walker.accumulate(node.args[0], array_of_list(out_bar))


def _copied(type: Type, dtype: str | None = None) -> Type:
    return _like(type, dtype) if unit_axes_of(type) or dtype else type


@array_linear(
    "array_copy", "numpy.array", "numpy.copy", signature="a, dtype=None", method="copy",
    typed=_copied, uniform="passed", lengths=as_first, cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def array_copy(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """A copy, perhaps of another dtype."""
    walker.accumulate(node.args[0], out_bar)


def _number_itself(a: Node, *, dtype: str | None = None) -> Node | None:
    same = dtype is None or dtype == dtype_of(a.type)
    return a if same and not unit_axes_of(a.type) else None


array_copy.simplify = _number_itself


@array_linear(
    "astype", signature="a, dtype", method="astype", typed=lambda a, dtype: _like(a, dtype),
    uniform="passed", lengths=as_first,
    cost=Cost.FREE, raises=False,
    bounds=bounds.same,
)  # fmt: skip
def astype(walker: Any, node: Node, out_bar: Node, dtype: str) -> None:
    """The same numbers in another dtype."""
    walker.accumulate(node.args[0], out_bar)


def narrowed(value: Node, like: Node) -> Node:
    """A count as a number of the dtype of an array, so that a quotient keeps that."""
    dtype = dtype_of(like.type)
    if dtype == "float64" or dtype not in FLOATING:
        return value
    if unit_axes_of(value.type):
        return astype(value, dtype=dtype)
    found: Node = TABLE["to_float"](value)
    return found


for _op in (zeros, ones, empty, zeros_like, ones_like, empty_like, full, full_like, array_copy):
    # Each evaluation makes an array of its own, which may then be written to.
    _op.pure = False
    _op.boxes_numbers = True
astype.keeps_boxes = True
