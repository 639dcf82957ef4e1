"""Containers and iterators taken apart: ``a, b = pair``, ``first, *rest = xs``."""

from __future__ import annotations

import ast

from chainrule.graph.block import CONSTANT, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.iteration.transposing import Transposing
from chainrule.lift.values import (
    Enumerate,
    Indexed,
    KeyLayouts,
    ListBox,
    Mapped,
    Place,
    RecordsBox,
    Reversed,
    Slice,
    Static,
    Value,
    View,
    Zip,
)
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.measured import size_now
from chainrule.primitives.effect import too_few, too_many
from chainrule.primitives.list_lengths import ListLengths

# So many entries of a list are handed on one by one by `*`.
MOST_SPREAD = 40


class Unpacking(Transposing):
    """Binds the names of a target list to the entries of a value."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Lists of the keys of dicts, with what is known of all of them.
        self.key_layouts: dict[Node, KeyLayouts] = {}

    def unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        names = target.elts
        stars = [k for k, name in enumerate(names) if isinstance(name, ast.Starred)]
        known, found = self.static_value(value)
        if known and found is None:
            self.always_raises('TypeError("cannot unpack non-iterable NoneType object")')
        items = self.known_iteration(value)
        if items is None:
            value = self.opened(value, target)
            if stars:
                self._unpack_run_time(target, stars[0], self.as_list(value, target))
                return
            items = self._items(value, len(names), target)
        wanted = len(names) - len(stars)
        if len(items) < wanted:
            few = too_few(f"at least {wanted}" if stars else wanted)
            self.always_raises(few, self.graph.constant(len(items)))
        if not stars:
            if len(items) > wanted:
                self.always_raises(too_many(wanted))
            for name, item in zip(names, items, strict=True):
                self.assign(name, item)
            return
        (star,) = stars
        after = len(names) - star - 1
        middle = items[star : len(items) - after]
        box = ListBox()
        self.state[box] = middle
        spread = names[star]
        assert isinstance(spread, ast.Starred)
        for name, item in zip(names[:star], items[:star], strict=True):
            self.assign(name, item)
        self.assign(spread.value, box)
        for name, item in zip(names[star + 1 :], items[len(items) - after :], strict=True):
            self.assign(name, item)

    def _unpack_run_time(self, target: ast.Tuple | ast.List, star: int, value: Value) -> None:
        """``a, *rest, b = xs`` of a list whose length is known at run time only."""
        tuples = isinstance(value, Node) and isinstance(value.type, SequenceType)
        if not tuples and not isinstance(value, (ListBox, Place)):
            raise self.unsupported(
                "starred unpacking of a value whose length is known at run time only",
                "Unpack a list, or use indices and slices.",
                target,
            )
        names = target.elts
        after = len(names) - star - 1
        self.check_length(self.length_of(value), len(names) - 1, True)
        none = Static(None)
        last = self.graph.constant(-after) if after else none
        middle = self.slice(value, Slice(self.graph.constant(star), last, none))
        if tuples:
            middle = self.boxed(self.primitive(sequence.copy, self.node(middle)))
        constant = self.graph.constant
        firsts = [self.item(value, constant(k), target) for k in range(star)]
        lasts = [self.item(value, constant(k - after), target) for k in range(after)]
        spread = names[star]
        assert isinstance(spread, ast.Starred)
        targets = [*names[:star], spread.value, *names[star + 1 :]]
        for name, item in zip(targets, [*firsts, middle, *lasts], strict=True):
            self.assign(name, item)

    def _items(self, value: Value, count: int, target: ast.AST) -> list[Value]:
        """The entries of what must have ``count`` of them when the derivative runs."""
        value = self.read(value)
        if isinstance(value, (Zip, Enumerate, Reversed, Mapped, Indexed)):
            length, item = self.indexed(value, target)
            self.check_length(length, count, False)
            return [item(self.graph.constant(position)) for position in range(count)]
        if not self.is_array(value):
            value = self.as_list(value, target)
        rows = isinstance(value, Node) and isinstance(value.type, SequenceType)
        if rows or isinstance(value, (ListBox, Place, View)):
            self.check_length(self.length_of(value), count, False)
        return self.unpack_node(value, count, target)

    def length_now(self, value: Value, node: ast.AST) -> int:
        """How many entries a container has in the call for which the code is made.

        The code rests on it from then on.  Where that is not known, or many, it is refused.
        """
        value = self.read(value)
        length: int | None = None
        if self.is_array(value):
            length = size_now(self.node(value), 0)
        elif isinstance(value, (ListBox, Node)) and not isinstance(value, RecordsBox):
            length = self._given_length(self.node(value))
        if length is None or length > MOST_SPREAD:
            raise self.unspreadable(node)
        return length

    def _given_length(self, entries: Node) -> int | None:
        """The length of a list of the caller's, or of a part of one."""
        parts = []
        entries = ListLengths().origin(entries)
        while entries.op is sequence.slice_of and all(map(is_constant_bound, entries.args[1:])):
            parts.append(slice(*(bound.params[0] for bound in entries.args[1:])))
            entries = ListLengths().origin(entries.args[0])
        found = self.given_lists.get(entries)
        if found is None:
            return None
        self.graph.guard(found[0], "length", found[1])
        places = range(found[1])
        for part in reversed(parts):
            places = places[part]
        return len(places)

    def check_length(self, length: Node, count: int, more: bool) -> None:
        """Raise what unpacking ``length`` values into ``count`` names, or more, raises."""
        wanted = self.graph.constant(count)
        few = too_few(f"at least {count}" if more else count)
        self.raise_if(self.primitive(arithmetic.less, length, wanted), few, length)
        if not more:
            self.raise_if(self.primitive(arithmetic.greater, length, wanted), too_many(count))

    def unpack_node(self, value: Value, count: int, node: ast.AST) -> list[Value]:
        """The ``count`` entries of a run-time container."""
        constant = self.graph.constant
        if self.is_array(value):
            return [self.array_item(value, "i", (constant(k),)) for k in range(count)]
        if isinstance(value, (ListBox, Place)) or (
            isinstance(value, Node) and isinstance(value.type, SequenceType)
        ):
            return [self.item(value, constant(position), node) for position in range(count)]
        base = self.node(value)
        if base.type in (FLOAT, INT, BOOL):
            kind = "{type(_0_).__name__}"
            self.always_raises(f"TypeError(f'cannot unpack non-iterable {kind} object')", base)
        layouts = self.key_layouts.get(base.args[0]) if base.op is sequence.index else None
        layout = layouts.tell(count) if layouts is not None else None
        if layout is not None:
            return [
                self.verbatim("_0_[_1_]", base, constant(position), type=type)
                for position, type in enumerate(layout)
            ]
        # It may be a set or a generator, which has no first entry.
        entries = self.verbatim("tuple(_0_)", base, type=OPAQUE)
        self.check_length(self.verbatim("len(_0_)", entries, type=INT), count, False)
        return [
            self.verbatim("_0_[_1_]", entries, constant(position), type=OPAQUE)
            for position in range(count)
        ]


def is_constant_bound(node: Node) -> bool:
    """Whether a bound of a slice is a known number, or left out."""
    return node.op is CONSTANT and isinstance(node.params[0], (int, type(None)))
