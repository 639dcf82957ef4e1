"""Python lists and tuples whose length is known at run time: reading, writing, building.

A list is a value: ``index_set``, ``index_add``, ``append`` and ``drop_last`` give a new version.
The emitter turns versions back into updates in place wherever the old version is dead.
A path ``(i, j)`` reads ``a[i][j]``.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Sequence as Items
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    Array,
    Record,
    Sequence,
    Type,
    array_of,
    is_complex,
    join,
    unit_axes_of,
)
from chainrule.primitives import bounds
from chainrule.primitives.declare import TABLE, Cost, Flat, Linear, fitted, is_constant, register
from chainrule.primitives.written import appended_type, display_of, written_type

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker


def item_type(type: Type, depth: int = 1) -> Type:
    """Type of ``a[i]``, or deeper along a path."""
    for _ in range(depth):
        if isinstance(type, Array) and type.unit_axes:
            type = array_of(type.dtype, type.unit_axes[1:])
            continue
        if not isinstance(type, Sequence):
            return type if type == DYNAMIC else OPAQUE
        type = type.item
    return type


def zero_of(node: Node) -> Node:
    """The zero that an adjoint or tangent of ``node`` starts from."""
    if isinstance(node.type, Sequence):
        if node.op is display and not node.args:
            return node.graph.cursor.add(display, (), ("list",))
        return node.graph.cursor.add(zeros_like, (node,))
    if isinstance(node.type, Array) and node.type.unit_axes:
        zero: Node = TABLE["array_zeros_like"](node)
        return zero
    return node.graph.constant(0j if is_complex(node.type) else 0.0)


class SequenceOp(Linear):
    """A linear operation on sequences with its own type rule."""

    def __init__(
        self,
        name: str,
        result: Any,
        transpose: Any,
        linear_in: tuple[int, ...] | None,
        **facts: Any,
    ) -> None:
        super().__init__(name, (), **facts)
        self.result = result
        self.transpose = transpose
        self.linear_in = linear_in


class Display(Linear):
    """``[a, b, c]`` or ``(a, b, c)``; params ``(kind,)``."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return display_of(args, str(params[0]))

    def pull(self, walker: ReverseWalker, node: Node, out_bar: Node) -> None:
        graph = node.graph
        for position, arg in enumerate(node.args):
            if walker.active(arg) and out_bar.op is fill_like:
                walker.accumulate(arg, out_bar.args[1])
            elif walker.active(arg):
                walker.accumulate(arg, graph.cursor.add(index, (out_bar, graph.constant(position))))


class RecordDisplay(Linear):
    """Several values as one result; params ``(kind, keys)``.

    ``kind`` is ``tuple``, ``list``, ``dict`` (``keys`` are its keys) or ``object`` (``keys`` are
    the key of the class's reference, then the names of the fields).
    """

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return Record(tuple(arg.type for arg in args), str(params[0]))


display = register(Display("display", (), cost=Cost.FREE, raises=False))
record = register(RecordDisplay("record", (), cost=Cost.FREE, raises=False))


def _pull_index(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    """The adjoint of a read is added to the entry that was read."""
    walker.accumulate_at(node.args[0], node.args[1:], out_bar)


class Index(SequenceOp):
    """``a[i]``, or deeper along a path; rows of a table hold values of several types."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        held = args[0].type
        if len(args) == 3 and isinstance(held, Sequence) and isinstance(held.item, Record):
            column = args[2].params[0]
            assert isinstance(column, int)
            return held.item.items[column]
        return super().infer(args, params)


# Also the entries and rows of an array by whole numbers.
index = register(
    Index(
        "index",
        lambda types: item_type(types[0], len(types) - 1),
        _pull_index,
        (0,),
        cost=Cost.FREE,
        bounds=bounds.same,
    )
)


def is_row(node: Node) -> bool:
    """Whether a value is a list in a list of lists, or a row of an array."""
    kind = Array if isinstance(node.type, Array) else Sequence
    return node.op is index and all(isinstance(each.type, kind) for each in (node, node.args[0]))


def _pull_index_set(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    """The written entry's adjoint goes to the value; the old version's entry gets none."""
    base, *path, value = node.args
    cursor = node.graph.cursor
    out_bar = filled_dot(out_bar, node)
    if walker.active(value):
        from chainrule.primitives.apart import before_writes_elsewhere, spans_of

        seen = before_writes_elsewhere(out_bar, spans_of(None, path))
        read = cursor.add(index, (seen, *path))
        walker.accumulate(value, fitted(read, cursor.add(index, (node, *path)), value))
    if walker.active(base):
        zero = node.graph.constant(0.0) if isinstance(base.type, Array) else zero_of(value)
        if isinstance(value.type, Sequence):
            from chainrule.primitives.rows import zero_of_row

            zero = zero_of_row(cursor.add(index, (base, *path)), value)
        walker.accumulate(base, cursor.add(index_set, (out_bar, *path, zero)))


class Writing(SequenceOp):
    """A list with another value in one place."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return written_type(args[0], len(args) - 2, args[-1])


index_set = register(Writing("index_set", None, _pull_index_set, None, cost=Cost.FREE))


def filled_dot(dot: Node | None, arg: Node) -> Node:
    """A tangent of ``arg`` as a value of its own type."""
    if isinstance(arg.type, Array):
        from chainrule.primitives.broadcasting import widened

        return widened(dot, arg)
    return zero_of(arg) if dot is None else dot


def written_tangent(
    node: Node, args: Items[Node], dots: Items[Node | None], out: Node
) -> Node | None:
    """The tangent of what writes its last argument into its first: the same of their tangents."""
    if dots[0] is None and dots[-1] is None:
        return None
    base = filled_dot(dots[0], args[0])
    value = filled_dot(dots[-1], args[-1])
    if node.op is index_set and value.op is index and value.args == (base, *args[1:-1]):
        # It is there already.
        return base
    return out.graph.cursor.add(node.op, (base, *args[1:-1], value))


index_set.tangent_rule = written_tangent


def _pull_index_add(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, *path, value = node.args
    if walker.active(value):
        cursor = node.graph.cursor
        read = cursor.add(index, (filled_dot(out_bar, node), *path))
        walker.accumulate(value, fitted(read, cursor.add(index, (node, *path)), value))
    if walker.active(base):
        walker.accumulate(base, out_bar)


index_add = register(Writing("index_add", None, _pull_index_add, None, cost=Cost.ADD))
index_add.tangent_rule = written_tangent


def pull_added(
    walker: ReverseWalker, node: Node, out_bar: Node, end: int, rest: SequenceOp
) -> None:
    """The pullback of a list with one more entry, at ``end``, which ``rest`` takes away again."""
    base, value = node.args
    cursor = node.graph.cursor
    if out_bar.op is fill_like:
        # All entries have the same adjoint: no list is needed to tell.
        walker.accumulate(value, out_bar.args[1])
        if walker.active(base):
            walker.accumulate(base, cursor.add(fill_like, (base, out_bar.args[1])))
        return
    if walker.active(value):
        walker.accumulate(value, cursor.add(index, (out_bar, node.graph.constant(end))))
    if walker.active(base):
        walker.accumulate(base, cursor.add(rest, (out_bar,)))


def pull_taken(
    walker: ReverseWalker, node: Node, out_bar: Node, end: int, more: SequenceOp
) -> None:
    """The pullback of a list without its entry at ``end``, which ``more`` puts there."""
    (base,) = node.args
    taken = node.graph.cursor.add(index, (base, node.graph.constant(end)))
    walker.accumulate(base, node.graph.cursor.add(more, (out_bar, zero_of(taken))))


def _pull_append(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    pull_added(walker, node, out_bar, -1, drop_last)


class Appending(SequenceOp):
    """A list with one more entry."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return appended_type(*args)


append = register(Appending("append", None, _pull_append, None, cost=Cost.ADD, raises=False))
append.tangent_rule = written_tangent


def _pull_drop_last(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    pull_taken(walker, node, out_bar, -1, append)


drop_last = register(
    SequenceOp("drop_last", lambda types: types[0], _pull_drop_last, None, cost=Cost.ADD)
)


def _pull_copy(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    walker.accumulate(node.args[0], out_bar)


def _listed(types: tuple[Type, ...]) -> Type:
    (base,) = types
    return Sequence(base.item, "list", base.holes) if isinstance(base, Sequence) else base


# A new list of the same entries: list(x), x[:], x.copy().
copy = register(SequenceOp("copy", _listed, _pull_copy, None, cost=Cost.ADD, raises=False))
as_tuple = register(
    SequenceOp(
        "as_tuple",
        lambda types: Sequence(item_type(types[0]), "tuple"),
        _pull_copy,
        None,
        cost=Cost.ADD,
        raises=False,
    )
)


def _pull_total(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    terms = node.args[0]
    if not isinstance(terms.type, Array):
        if unit_axes_of(item_type(terms.type)) and not unit_axes_of(out_bar.type):
            # Other adjoints of an entry are arrays.
            out_bar = TABLE["full_like"](node, out_bar)
        out_bar = node.graph.cursor.add(fill_like, (terms, out_bar))
    # One number is the adjoint of every entry of an array.
    walker.accumulate(terms, out_bar)


# sum(x) and math.fsum(x) of a sequence of numbers.
total = register(
    SequenceOp("total", lambda types: item_type(types[0]), _pull_total, None, cost=Cost.ADD)
)
total.callables = ("builtins.sum",)
# So many known terms are written with plus signs.
MOST_TERMS = 6


def _simplify_total(terms: Node) -> Node | None:
    """A sum of terms that are known one by one."""
    if terms.op is not display or not 1 <= len(terms.args) <= MOST_TERMS:
        return None
    found: Node = terms.args[0]
    for term in terms.args[1:]:
        found = found + term
    return found


total.simplify = _simplify_total
exact_total = register(
    SequenceOp("exact_total", lambda types: FLOAT, _pull_total, None, cost=Cost.ADD)
)
exact_total.callables = ("math.fsum",)


def _pull_fill_like(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    if walker.active(node.args[1]):
        walker.accumulate(node.args[1], node.graph.cursor.add(total, (out_bar,)))


# A list like the first argument with every entry the second.
fill_like = register(
    SequenceOp(
        "fill_like",
        lambda types: Sequence(types[1]),
        _pull_fill_like,
        (1,),
        cost=Cost.ADD,
        raises=False,
    )
)


def _pull_filled(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    if walker.active(node.args[1]):
        walker.accumulate(node.args[1], node.graph.cursor.add(total, (out_bar,)))


# [value] * n
filled = register(
    SequenceOp(
        "filled", lambda types: Sequence(types[1]), _pull_filled, (1,), cost=Cost.ADD, raises=False
    )
)


def _pull_entrywise(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    for arg in node.args:
        if walker.active(arg):
            walker.accumulate(arg, out_bar)


# [x + y for x, y in zip(a, b)]: two adjoints of one sequence.
entrywise_add = register(
    SequenceOp(
        "entrywise_add", lambda types: types[0], _pull_entrywise, None, cost=Cost.ADD, raises=False
    )
)


class FlatSequenceOp(Flat):
    """A flat operation with its own type rule."""

    broadcasts = False


# [0.0] * len(x), nested like x.
zeros_like = register(FlatSequenceOp("zeros_like", (), cost=Cost.ADD, raises=False))
zeros_like.result = lambda types: float_entries(types[0])
length = register(
    FlatSequenceOp(
        "length",
        ("builtins.len",),
        cost=Cost.FREE,
        raises=False,
        result=lambda types: INT,
        bounds=bounds.always(bounds.NONNEGATIVE),
    )
)


# How many steps a loop ran: a backward loop takes as many.  It stands for the number only until
# that is recorded.
steps_of = register(
    FlatSequenceOp(
        "steps_of",
        (),
        cost=Cost.FREE,
        raises=False,
        result=lambda types: INT,
        bounds=bounds.always(bounds.NONNEGATIVE),
    )
)


def is_zeros(node: Node) -> bool:
    """Whether a list is made with nothing but zeros."""
    return node.op is zeros_like or (node.op is filled and is_constant(node.args[1], 0))


def entry_of_all(base: Node, read: Node) -> Node | None:
    """What ``read`` finds in a list that has the same number everywhere."""
    if len(read.args) != 2:
        return None
    if base.op in (filled, fill_like):
        entry = base.args[1]
        return entry if entry.type == read.type else None
    return base.graph.constant(0.0) if base.op is zeros_like and read.type == FLOAT else None


def float_entries(type: Type) -> Type:
    """The type of a list's tangents: floats, or arrays where its entries are arrays."""
    if isinstance(type, Sequence):
        return Sequence(float_entries(type.item))
    if isinstance(type, Array) and type.differentiable:
        return type
    # The entries of an empty list have no type yet.
    return OPAQUE if type == OPAQUE else FLOAT


def _pull_concatenate(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    left, right = node.args
    none = node.graph.constant(None)
    split = _where_joined(left, right, out_bar)
    if walker.active(left):
        walker.accumulate(left, node.graph.cursor.add(slice_of, (out_bar, none, split, none)))
    if walker.active(right):
        walker.accumulate(right, node.graph.cursor.add(slice_of, (out_bar, split, none, none)))


def _where_joined(left: Node, right: Node, whole: Node) -> Node:
    """Where the second of two lists begins; a list that grows in a loop is not kept for that."""
    graph = whole.graph
    if right.op is display and right.args:
        return graph.constant(-len(right.args))
    # A copy is not kept for its length, either.
    shorter = left.args[0] if left.op in (copy, as_tuple) else left
    if right.block is left.block or not right.block.encloses(left.block):
        return graph.cursor.add(length, (shorter,))
    lengths = [graph.cursor.add(length, (each,)) for each in (whole, right)]
    return graph.cursor.add(TABLE["subtract"], tuple(lengths))


# x + y of two sequences.
concatenate = register(
    SequenceOp(
        "concatenate",
        lambda types: join(types[0], types[1]),
        _pull_concatenate,
        None,
        cost=Cost.ADD,
        raises=False,
    )
)


def _concatenated_tangents(
    node: Node, args: tuple[Node, ...], dots: tuple[Node | None, ...], out: Node
) -> Node | None:
    """Tangents of tuples are lists, like their zeros."""
    if all(dot is None for dot in dots):
        return None
    parts = []
    for arg, dot in zip(args, dots, strict=True):
        tangent = zero_of(arg) if dot is None else dot
        if tangent.op is display:
            tangent = node.graph.cursor.add(display, tangent.args, ("list",))
        elif tangent.op is as_tuple:
            tangent = tangent.args[0]
        elif isinstance(tangent.type, Sequence) and tangent.type.kind == "tuple":
            tangent = node.graph.cursor.add(copy, (tangent,))
        parts.append(tangent)
    return node.graph.cursor.add(concatenate, tuple(parts))


concatenate.tangent_rule = _concatenated_tangents


def _pull_slice(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, *bounds = node.args
    walker.accumulate_slice(base, bounds, out_bar)


# x[start:stop:step]; a bound that is left out is the constant None.
slice_of = register(SequenceOp("slice", lambda types: types[0], _pull_slice, (0,), cost=Cost.ADD))


def _pull_slice_set(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, start, stop, step, value = node.args
    cursor = node.graph.cursor
    if walker.active(value):
        walker.accumulate(value, cursor.add(slice_of, (out_bar, start, stop, step)))
    if walker.active(base):
        part = cursor.add(slice_of, (out_bar, start, stop, step))
        walker.accumulate(base, cursor.add(slice_set, (out_bar, start, stop, step, zero_of(part))))


# x[start:stop:step] = value, of the same length.
slice_set = register(
    SequenceOp("slice_set", lambda types: types[0], _pull_slice_set, None, cost=Cost.ADD)
)
slice_set.tangent_rule = written_tangent


def _pull_backwards(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    walker.accumulate(node.args[0], node.graph.cursor.add(backwards, (out_bar,)))


# x[::-1]
backwards = register(
    SequenceOp(
        "backwards", lambda types: types[0], _pull_backwards, None, cost=Cost.ADD, raises=False
    )
)


def _pull_total_from(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    base, start = node.args
    if walker.active(base):
        _pull_total(walker, node, out_bar)
    if walker.active(start):
        walker.accumulate(start, out_bar)


# sum(x, start)
total_from = register(
    SequenceOp(
        "total_from",
        lambda types: join(item_type(types[0]), types[1]),
        _pull_total_from,
        None,
        cost=Cost.ADD,
    )
)
total_from.callables = ("builtins.sum",)
total_from.takes_complex = True


class Selecting(SequenceOp):
    """An entry picked by its size: max and min of a sequence, the first of equal ones."""


def _pull_selected(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    """Python's max and min return an entry: the first of the equal ones is the one picked."""
    walker.accumulate_at(node.args[0], (_picked(node.args[0], node),), out_bar)


def _picked(base: Node, out: Node) -> Node:
    if isinstance(base.type, Array):
        position: Node = TABLE["argmax"](TABLE["equal"](base, out))
        return position
    return out.graph.cursor.add(position_of, (base, out))


def _selected_tangent(
    node: Node, args: Items[Node], dots: Items[Node | None], out: Node
) -> Node | None:
    if dots[0] is None:
        return None
    return out.graph.cursor.add(index, (dots[0], _picked(args[0], out)))


# x.index(value)
position_of = register(
    FlatSequenceOp("position_of", (), cost=Cost.ADD, result=lambda types: INT, domain=())
)
for _name in ("max", "min"):
    _extreme = register(
        Selecting(
            f"sequence_{_name}",
            lambda types: item_type(types[0]),
            _pull_selected,
            (0,),
            cost=Cost.ADD,
        )
    )
    _extreme.callables = (f"builtins.{_name}",)
    _extreme.tangent_rule = _selected_tangent

# Each evaluation makes a list of its own, which may then be written to: never shared.
for _op in (display, zeros_like, filled, fill_like, copy):
    _op.pure = False
