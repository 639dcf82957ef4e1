"""What can be looped over: ranges, lists, zip, enumerate, reversed, comprehensions."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator, Sequence

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, INT, OPAQUE
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.core import Completion, LoopExits
from chainrule.lift.iteration.constants import Constants
from chainrule.lift.iteration.felt import acts, computed
from chainrule.lift.state import Frame, assigned_names, is_as_it_was
from chainrule.lift.values import (
    Endless,
    Enumerate,
    Generator,
    Indexed,
    ListBox,
    Mapped,
    Place,
    Range,
    Reversed,
    Static,
    TableBox,
    TupleValue,
    Value,
    Yields,
    Zip,
    is_made,
)
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.effect import DOMAIN, RAISE

ItemAt = Callable[[Node], Value]
# Up to so many known items each are a value of its own.
MOST_ITEMS = 40
# Tables of so many rows are taken apart where these have several lengths.
MOST_STAGES = 16
# So many objects: what has made a list of them that is known item by item was written out, too.
MOST_OBJECTS = 400


def is_made_in_steps(generator: Generator) -> bool:
    """Whether a generator expression gives an item for each that it reads, and binds nothing."""
    first, *others = generator.tree.generators
    return not others and not first.ifs and not assigned_names([generator.tree])


class Iterables(Constants):
    """Turns what is looped over into known items, or into a length and an item at an index."""

    # Of strict zips: the lengths that are to be compared at the end of a loop, not at once.
    uneven: list[list[Node]] | None = None

    def too_many(self, items: Sequence[Value]) -> bool:
        """Whether known items are better read by a loop at run time."""
        return len(items) > (MOST_OBJECTS if any(map(self.holds_objects, items)) else MOST_ITEMS)

    def holds_objects(self, item: Value) -> bool:
        """Whether an item is an object that the function has made, or a container of such."""
        value = self.read(item)
        inner = self.known_items(value) if isinstance(value, (ListBox, TupleValue)) else None
        return is_made(value) if inner is None else any(map(self.holds_objects, inner))

    def known_iteration(self, iterable: Value) -> list[Value] | None:
        """All items, when they are known values; None when only a loop can tell."""
        iterable = self.read(iterable)
        if isinstance(iterable, Zip):
            with self.one_by_one():
                lists = self._known_columns(iterable.parts)
            if lists is None:
                return None
            if iterable.strict and len(set(map(len, lists))) > 1:
                raise self.unsupported(
                    "`zip` with `strict=True` of iterables of different lengths, which raises",
                    "Give it iterables of one length.",
                )
            return [TupleValue(tuple(row)) for row in zip(*lists, strict=False)]
        if isinstance(iterable, Enumerate):
            items = self.known_iteration(iterable.items)
            start = self.static_int(iterable.start)
            if items is None or start is None:
                return None
            return [
                TupleValue((self.graph.constant(start + k), item)) for k, item in enumerate(items)
            ]
        if isinstance(iterable, Reversed):
            items = self.known_iteration(iterable.items)
            return None if items is None else items[::-1]
        if isinstance(iterable, (Mapped, Generator)):
            return self._known_once(iterable)
        if isinstance(iterable, Range):
            bounds = [
                self.static_int(bound) for bound in (iterable.start, iterable.stop, iterable.step)
            ]
            known = [bound for bound in bounds if bound is not None]
            if len(known) < 3 or known[2] == 0 or len(range(*known)) > MOST_ITEMS:
                return None
            values = [self.graph.constant(step) for step in range(*known)]
            return list(values[::-1] if iterable.backwards else values)
        return self.known_items(iterable)

    def _known_columns(self, parts: Sequence[Value]) -> list[list[Value]] | None:
        """The items of each of several iterables, as far as the shortest goes."""
        # What a dict shows is made anew at each look.
        parts = list(map(self.read, parts))
        ends = [part for part in parts if not isinstance(part, Endless)]
        known = {part: self.known_iteration(part) for part in ends}
        lists = [items for items in known.values() if items is not None]
        if not lists or len(lists) < len(known):
            return None
        shortest = range(min(map(len, lists)))
        return [
            [part.item(self.graph.constant(k)) for k in shortest]
            if isinstance(part, Endless)
            else known[part] or []
            for part in parts
        ]

    def _known_once(self, iterable: Mapped | Generator) -> list[Value] | None:
        """The items, which are not made again for the builtin that has had them made."""
        if self.items_read is None:
            return self._known_lazy(iterable)
        if iterable not in self.items_read:
            found = self._known_lazy(iterable)
            self.items_read[iterable] = found
        return self.items_read[iterable]

    def _known_lazy(self, iterable: Mapped | Generator) -> list[Value] | None:
        if isinstance(iterable, Mapped):
            lists = self._known_columns(iterable.parts)
            if lists is None:
                return None
            tree = ast.Pass()
            with self.made_at_once():
                return [
                    self.call(iterable.function, list(row), {}, tree)
                    for row in zip(*lists, strict=False)
                ]
        with self.made_at_once():
            return self.known_comprehension(iterable.tree, iterable.frame)

    @contextlib.contextmanager
    def made_at_once(self) -> Iterator[None]:
        """Inside, items are made that Python makes when they are asked for.

        Raises
        ------
        UnsupportedError
            Where that can be told: they change something, and are read one by one.
        """
        before = dict(self.state) if self.readers_in_turn else {}
        yield
        for key, value in before.items():
            if key in self.state and not is_as_it_was(value, self.state[key]):
                raise self.unsupported(
                    "a generator expression or `map` that changes something while it is read",
                    "Make a list of it before, or write it as a loop.",
                )

    @contextlib.contextmanager
    def kept_results(self, node: ast.AST) -> Iterator[None]:
        """Inside, a function is run whose results a cache keeps: it is to do nothing besides.

        What it raises is not kept.
        """
        before, mark = dict(self.state), len(self.block.steps)
        yield
        done = (part for step in self.block.steps[mark:] for part in computed(step))
        acted = any(part.op.effect and part.op not in (RAISE, DOMAIN) for part in done)
        if acted or self.is_changed(before):
            raise self.unsupported(
                "a function with a cache that does more than to return a value",
                "What it does besides hangs on what the cache holds: call `__wrapped__`, or take "
                "the cache away.",
                node,
            )

    def is_table(self, iterable: Value) -> bool:
        """Whether the items are numbers of a table that exists at run time anyway."""
        if isinstance(iterable, Static):
            return True
        if isinstance(iterable, (Enumerate, Reversed)):
            return self.is_table(iterable.items)
        if isinstance(iterable, Zip):
            tables = [self.is_table(part) for part in iterable.parts]
            return any(tables) and all(map(_is_of_constants, iterable.parts, tables))
        return False

    def running(
        self,
        name: str,
        start: Value,
        items: Value,
        combine: Callable[[Value, Value], Value],
        node: ast.AST,
    ) -> Value:
        """What ``combine`` makes of ``start`` and run-time items, one after the other."""
        outer = self.frame
        # The user may have a variable of that name.
        self.frame = Frame(outer.source, outer, outer.globals)
        key = (self.frame, name)
        self.state[key] = start
        exits = LoopExits()
        self.loops.append(exits)
        try:
            kind, bounds, item = self.iteration(items, node)

            def action(index: Node | None) -> Completion:
                assert index is not None
                self.state[key] = combine(self.state[key], item(index))
                return Completion.FALLS

            self.run_loop(kind, bounds, [name], exits, None, action)
        finally:
            self.loops.pop()
            self.frame = outer
        return self.state.pop(key)

    def iteration(self, iterable: Value, node: ast.AST) -> tuple[str, tuple[Node, ...], ItemAt]:
        """``(kind, bounds, item at index)`` of a loop at run time."""
        constant = self.graph.constant
        if isinstance(iterable, Range):
            kind = "reversed" if iterable.backwards else "range"
            return kind, (iterable.start, iterable.stop, iterable.step), lambda index: index
        if isinstance(iterable, Reversed):
            count, item = self.indexed(iterable.items, node)
            return "reversed", (constant(0), count, constant(1)), item
        count, item = self.indexed(iterable, node)
        return "range", (constant(0), count, constant(1)), item

    def indexed(self, iterable: Value, node: ast.AST) -> tuple[Node, ItemAt]:
        """``(length, item at index)`` of anything that can be looped over."""
        iterable = self.read(iterable)
        if isinstance(iterable, TableBox):
            iterable = self.keys_of(iterable)
        constant = self.graph.constant
        if isinstance(iterable, Enumerate):
            count, item = self.indexed(iterable.items, node)
            start = iterable.start

            def counted(index: Node) -> Value:
                number = (
                    index
                    if self.static_int(start) == 0
                    else self.primitive(arithmetic.add, start, index)
                )
                return TupleValue((number, item(index)))

            return count, counted
        if isinstance(iterable, Zip):
            with self.one_by_one():
                parts, counts = self._parts_indexed(iterable, node)
            if iterable.strict and self.uneven is not None:
                self.uneven.append(counts)
            elif iterable.strict:
                self.check_even(counts)
            return self.shortest(counts), lambda index: self._row(parts, index, node)
        if isinstance(iterable, Reversed):
            count, item = self.indexed(iterable.items, node)
            last = self.primitive(arithmetic.subtract, count, constant(1))
            return count, lambda index: item(self.primitive(arithmetic.subtract, last, index))
        if isinstance(iterable, Range):
            start, step = iterable.start, iterable.step
            count = self.length_of(iterable)

            def stepped(index: Node) -> Value:
                distance = (
                    index
                    if self.static_int(step) == 1
                    else self.primitive(arithmetic.multiply, step, index)
                )
                return (
                    distance
                    if self.static_int(start) == 0
                    else self.primitive(arithmetic.add, start, distance)
                )

            return count, stepped
        if isinstance(iterable, Mapped):
            parts, counts = self._parts_indexed(iterable, node)
            return self.shortest(counts), lambda index: self.call(
                iterable.function, [item(index) for item in parts], {}, node
            )
        if isinstance(iterable, Indexed):
            return iterable.count, iterable.item
        if isinstance(iterable, Generator):
            if is_made_in_steps(iterable):
                return self._made_in_steps(iterable, node)
            return self.indexed(self.listed(iterable), node)
        return self._indexed_container(iterable, node)

    def _parts_indexed(
        self, iterable: Zip | Mapped, node: ast.AST
    ) -> tuple[list[ItemAt], list[Node]]:
        """The items at an index of each part, and the lengths of those that end."""
        items: list[ItemAt] = []
        counts = []
        for part in map(self.read, iterable.parts):
            if isinstance(part, Endless):
                items.append(part.item)
                continue
            count, item = self.indexed(part, node)
            items.append(item)
            counts.append(count)
        if not counts:
            raise self.unsupported(
                "iterators without end that are read together", "Loop over a range.", node
            )
        return items, counts

    def _made_in_steps(self, generator: Generator, node: ast.AST) -> tuple[Node, ItemAt]:
        """The items of a generator expression, each made when it is asked for."""
        (clause,) = generator.tree.generators
        outer, self.frame = self.frame, generator.frame
        try:
            count, item = self.indexed(self.expression(clause.iter), node)
        finally:
            self.frame = outer

        def made(index: Node) -> Value:
            outer, self.frame = self.frame, self.scope_of(generator.tree, generator.frame)
            scope = self.frame
            try:
                self.assign(clause.target, item(index))
                return self.expression(generator.tree.elt)
            finally:
                self.frame = outer
                self.leave(scope)

        return count, made

    def _indexed_container(self, iterable: Value, node: ast.AST) -> tuple[Node, ItemAt]:
        if self.is_array(iterable):
            return self.length_of(iterable), lambda index: self.array_item(iterable, "i", (index,))
        if isinstance(iterable, ListBox):
            base = self.make_dynamic(iterable)
            return self.primitive(sequence.length, base), lambda index: self.item(
                iterable, index, node
            )
        if isinstance(iterable, Place):
            count = self.primitive(sequence.length, self.node(iterable))
            return count, lambda index: self.item(iterable, index, node)
        if isinstance(iterable, Static) and isinstance(iterable.value, (set, frozenset)):
            raise self.unsupported(
                "a loop over a set, whose order is no one's choice", "Loop over sorted(...).", node
            )
        known = self.constant_entries(iterable)
        if known is not None:
            return known
        if isinstance(iterable, (TupleValue, Static)):
            return self.length_of(iterable), lambda index: self.item(iterable, index, node)
        base = self.node(iterable, "what is looped over")
        if isinstance(base.type, SequenceType):
            return self.primitive(sequence.length, base), lambda index: self.item(base, index, node)
        if base.type == DYNAMIC and not self.is_kept(base):
            raise self.unsupported(
                "a loop over what only the run tells", "Loop over a list, a tuple or a range.", node
            )
        if base.type not in (OPAQUE, DYNAMIC):
            self.raises_itself("iter(_0_)", base)
        items = self.verbatim("list(_0_)", base)
        return self.verbatim("len(_0_)", items, type=INT, pure=True), lambda index: self.item(
            items, index, node
        )

    def _row(self, items: Sequence[ItemAt], index: Node, node: ast.AST) -> Value:
        """A tuple of the items of several iterables.

        Where a later one is the shortest, Python has made an item of the earlier ones too many.
        """
        found = []
        for position, item in enumerate(items):
            mark = len(self.block.steps)
            found.append(item(index))
            if position + 1 < len(items) and any(map(acts, self.block.steps[mark:])):
                raise self.unsupported(
                    "`zip` of what acts on the world while it is read",
                    "Make a list of it before, or put it last.",
                    node,
                )
        return TupleValue(tuple(found))

    def iterated(
        self, iterable: Value, exits: LoopExits, node: ast.AST
    ) -> tuple[str, tuple[Node, ...], ItemAt]:
        """As :meth:`iteration`; what a strict ``zip`` checks is left to the end of the loop."""
        outer, self.uneven = self.uneven, exits.uneven
        try:
            return self.iteration(iterable, node)
        finally:
            self.uneven = outer

    def opened(self, value: Value, node: ast.AST) -> Value:
        """What a generator function of an object yields where that is looped over."""
        raise NotImplementedError

    def opened_in(self, value: Value, within: ast.AST, node: ast.AST) -> Value:
        """The same, where all of it is read and ``within`` is all that is done meanwhile."""
        raise NotImplementedError

    def consume(
        self,
        items: Yields,
        names: Sequence[str],
        exits: LoopExits,
        action: Callable[[Value], Completion],
    ) -> Value:
        """What a generator returns that is run with ``action`` for each item."""
        raise NotImplementedError

    def keep_returned(self, loop: ast.AST, value: Value) -> None:
        """Keep what a generator has returned where the loop over its items asks for it."""
        raise NotImplementedError

    def is_listed_whole(self, loop: ast.For) -> bool:
        """Whether a list is made of what a generator gives that nothing but this loop ends."""
        raise NotImplementedError

    def listed(self, generator: Generator) -> Value:
        """The list of what a generator expression gives."""
        raise NotImplementedError

    def known_comprehension(self, node: ast.AST, parent: Frame) -> list[Value] | None:
        """The entries of a comprehension, where they are better written out."""
        raise NotImplementedError

    def scope_of(self, node: ast.AST, parent: Frame) -> Frame:
        """The frame of what a comprehension binds."""
        raise NotImplementedError

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        """``box.append(value)``."""
        self.check_writable(box, node)
        items = self.known_items(box)
        if items is not None:
            self.state[box] = [*items, value]
            return
        old = self.make_dynamic(box)
        self.check_resizing(box)
        self.freeze(value)
        new = self.primitive(sequence.append, old, self.node(value))
        self.rename(old, new)
        self.state[box] = new


def yields_in(iterable: Value) -> Yields | None:
    """The generator that ``iterable`` is, or enumerates."""
    inner = iterable.items if isinstance(iterable, Enumerate) else iterable
    return inner if isinstance(inner, Yields) else None


def _is_of_constants(part: Value, table: bool) -> bool:
    """Whether what stands beside a table is one, or a tuple of constants."""
    if table or not isinstance(part, TupleValue):
        return table
    return all(isinstance(item, Node) and item.op is CONSTANT for item in part.items)


def is_ragged(items: list[Value]) -> bool:
    """Whether the rows of a table are few and of several lengths, as those of Runge-Kutta are."""
    return len(items) <= MOST_STAGES and len(set(map(_row_lengths, items))) > 1


def _row_lengths(item: Value) -> tuple[int, ...]:
    parts = item.items if isinstance(item, TupleValue) else (item,)
    return tuple(len(part.value) for part in parts if isinstance(part, Static))


def is_row_of_numbers(item: Value) -> bool:
    """Whether an item is a number, or a row of numbers of the user's, or a tuple of such."""
    if isinstance(item, TupleValue):
        return all(map(is_row_of_numbers, item.items))
    if isinstance(item, Static):
        row = item.value
        return isinstance(row, (list, tuple)) and all(type(each) in (int, float) for each in row)
    return isinstance(item, Node) and item.type.differentiable
