"""Entries of lists of records: read and written field by field, where they stand in the list.

A record is its place in the list, so that all names of it see what is written to it::

    b = bodies[k]
    b.x += dt * b.vx            x[k] += dt * vx[k]

What cannot be written to (tuples, frozen dataclasses, all records of a list that nothing is written
to) is read at once.  Some of the records of a list, in an order of their own, are a list of places.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.graph.guard import is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.reach import is_apart
from chainrule.graph.types import INT
from chainrule.lift.containers.outer import Outer
from chainrule.lift.containers.sharing import is_entry_held
from chainrule.lift.operators import is_object
from chainrule.lift.values import (
    ENTRIES,
    DictBox,
    DictEntry,
    ListBox,
    ObjectBox,
    ObjectEntry,
    Poison,
    Range,
    RecordsBox,
    Slice,
    Static,
    TupleValue,
    Value,
    entry_of,
    is_made,
)
from chainrule.primitives import arithmetic, sequence


class RecordEntries(Outer):
    """Reads and writes lists of records."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        self._records_met: dict[tuple[RecordsBox, Node], ObjectEntry | DictEntry] = {}

    # --- places -----------------------------------------------------------------------------

    def place_in(self, box: RecordsBox, index: Node) -> Node:
        """Where in its home the record ``index`` of a list stands."""
        if box.places is None:
            return index
        if isinstance(box.places, ListBox):
            return self.node(self.item(box.places, index, ast.Pass()))
        start, stop = box.places
        known = self.static_int(index)
        if known is not None and known < 0:
            return self._sum(stop, index)
        if not self.is_natural(index):
            return self.verbatim("range(_0_, _1_)[_2_]", start, stop, index, type=INT, pure=True)
        return index if self.static_int(start) == 0 else self._sum(start, index)

    def view_of(self, box: RecordsBox, places: ListBox | tuple[Node, Node]) -> RecordsBox:
        """The list of the records at these places of the home of ``box``."""
        if box.by_value and box.home.route is None:
            # The home may be sorted, and others may be put in the place of its records.
            return self._records_at(box.home, places)
        made = box.at(places)
        self.state[made] = self.state[box.home]
        return made

    def _records_at(self, home: RecordsBox, places: ListBox | tuple[Node, Node]) -> RecordsBox:
        """A list of its own of the records at some places, which are not written to."""
        columns: list[ListBox] = []
        for column in home.columns:
            if isinstance(column, RecordsBox):
                columns.append(self._records_at(column, places))
            elif isinstance(places, tuple):
                part = Slice(*places, Static(None))
                columns.append(super().slice(column, part))
            else:
                columns.append(self.column_at(column, self.node(places)))
        made = RecordsBox(home.layout, home.entry, columns)
        made.by_value = True
        self.state[made] = self.state[home]
        return made

    def column_at(self, column: ListBox, at: Node) -> ListBox:
        """The entries of one field at these places of a list."""
        if isinstance(column, RecordsBox):
            whole = ListBox()
            self.state[whole] = at
            return self._records_at(column, whole)

        def entry(index: Node) -> Value:
            return self.item(column, self.primitive(sequence.index, at, index), ast.Pass())

        taken = self.gathered(self.primitive(sequence.length, at), entry, ast.Pass())
        assert isinstance(taken, ListBox)
        return taken

    def copied_records(self, box: RecordsBox, node: ast.AST) -> RecordsBox:
        """Another list of the same records."""
        if box.places is None:
            return self.view_of(box, (self.graph.constant(0), self.records_length(box)))
        if isinstance(box.places, tuple):
            return self.view_of(box, box.places)
        copied = ListBox()
        self.state[copied] = self.primitive(sequence.copy, self.node(box.places))
        return self.view_of(box, copied)

    def records_length(self, box: RecordsBox) -> Node:
        """How many records there are."""
        if isinstance(box.places, ListBox):
            return self.length_of(box.places)
        if box.places is not None:
            count = self._span(*box.places)
            return (
                count
                if self.is_natural(count)
                else self.verbatim("max(_0_, 0)", count, type=INT, pure=True)
            )
        column = box.columns[0]
        if isinstance(column, RecordsBox):
            return self.records_length(column)
        length: Node = super().length_of(column)
        return length

    def _span(self, start: Node, stop: Node) -> Node:
        """How many places there are from ``start`` up to ``stop``; below 0 means none."""
        if self.static_int(start) == 0:
            return stop
        return self.node(self.binary(ast.Sub, stop, start, ast.Pass()))

    # --- reading ----------------------------------------------------------------------------

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        base = self.read(base)
        if isinstance(base, DictEntry):
            known, found = self.static_value(self.read(key))
            if known and found in base.records.layout.keys:
                return self.field(base, found, node)
        if not isinstance(base, RecordsBox):
            return super().item(base, key, node)
        index = self.node(key)
        if isinstance(base.places, tuple):
            self._check_index(base, index)
        return self.record_at(base.home, self.place_in(base, index), node)

    def _check_index(self, box: RecordsBox, index: Node) -> None:
        """Raise what Python raises where a part of a list has no such entry."""
        count, known = self.records_length(box), self.static_int(index)
        wanted = index if known is None or known >= 0 else self.graph.constant(-known - 1)
        missing = self.primitive(arithmetic.greater_equal, wanted, count)
        self.raise_if(missing, 'IndexError("list index out of range")')
        if known is None and not self.is_natural(index):
            last = self.primitive(arithmetic.negative, count)
            missing = self.primitive(arithmetic.less, index, last)
            self.raise_if(missing, 'IndexError("list index out of range")')

    def record_at(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        """The record at a place of a list."""
        if box.by_value:
            return self._read_record(box, place, node)
        moves = box.route is None and not box.is_arena and not self.is_natural(place)
        found = None if moves else self._records_met.get((box, place))
        if found is None:
            found = entry_of(box, place)
            if moves:
                found.held = self._beginning(box)
            else:
                self._records_met[box, place] = found
        return found

    def may_move(self, box: RecordsBox) -> bool:
        """Whether the records of a list may change places: no name and no container has one."""
        if box.by_value:
            return True
        own = box.home is box and box.route is None and not box.is_arena
        names = [key for key, value in self.state.items() if _is_name_of(key, value, box)]
        others = {key: value for key, value in self.state.items() if key not in names}
        if not own or is_entry_held(box, others):
            return False
        for key in names:
            self.state[key] = Poison(
                self.unsupported(
                    f"`{key[1]}`, a record of a list that was sorted since",
                    "Sort it before, or give the sorted list another name: "
                    "`ordered = sorted(...)`.",
                )
            )
        for known in [known for known in self._records_met if known[0] is box]:
            del self._records_met[known]
        return True

    def _beginning(self, box: RecordsBox) -> Node:
        """The list of a field before the last writes to its entries."""
        column = box.columns[0]
        while isinstance(column, RecordsBox):
            column = column.columns[0]
        content: Node = self.node(column)
        while content.op is sequence.index_set:
            content = content.args[0]
        return content

    def _read_record(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        layout = box.layout
        values = [self.item(column, place, node) for column in box.columns]
        if layout.kind == "tuple" or issubclass(layout.type or dict, tuple):
            return TupleValue(tuple(values), layout.type)
        made: DictBox | ObjectBox
        made = DictBox() if layout.kind == "dict" else ObjectBox(None, layout.type, None)
        self.state[made] = dict(zip(layout.keys, values, strict=True))
        self.frozen.add(made)
        self.loans.lend(made, (), self.state)
        self.positions[made] = box, place
        return made

    def field(self, entry: ObjectEntry | DictEntry, key: Any, node: ast.AST) -> Value:
        """What a record holds in one field now."""
        column = entry.records.columns[entry.records.layout.keys.index(key)]
        return self.item(column, self._place_now(entry, node), node)

    def _place_now(self, entry: ObjectEntry | DictEntry, node: ast.AST) -> Node:
        """The place of a record in the list as it is now."""
        if entry.held is None or entry.held is self._beginning(entry.records):
            return entry.place
        if self.static_int(entry.place) == -1:
            # It was the last one.
            return self._sum(self.primitive(sequence.length, entry.held), entry.place)
        raise self.unsupported(
            "a record found by a number that may count from the end of a list, which has "
            "grown since",
            "Index the list again.",
            node,
        )

    def entries(self, box: DictBox) -> dict[Any, Value]:
        if not isinstance(box, DictEntry):
            return super().entries(box)
        return {key: self.field(box, key, ast.Pass()) for key in self.fields_in(box)}

    def fields_in(self, entry: ObjectEntry | DictEntry) -> Sequence[Hashable]:
        """The fields that a record has now."""
        return entry.records.layout.keys

    def attributes_of(self, box: ObjectBox) -> dict[str, Value]:
        if not isinstance(box, ObjectEntry):
            return super().attributes_of(box)
        return {str(key): self.field(box, key, ast.Pass()) for key in self.fields_in(box)}

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        if isinstance(owner, ObjectEntry) and name in owner.records.layout.keys:
            return self.field(owner, name, node)
        return super()._object_attribute(owner, name, node)

    def known_items(self, value: Value) -> list[Value] | None:
        value = self.read(value)
        return None if isinstance(value, RecordsBox) else super().known_items(value)

    def length_of(self, value: Value) -> Node:
        if isinstance(value, RecordsBox):
            return self.records_length(value)
        return super().length_of(value)

    def truth(self, value: Value) -> tuple[bool, bool]:
        if isinstance(value, RecordsBox):
            return super().truth(self.length_of(value))
        return super().truth(value)

    def predicate(self, value: Value) -> Node:
        if isinstance(value, RecordsBox):
            return self.primitive(arithmetic.greater, self.length_of(value), self.graph.constant(0))
        condition: Node = super().predicate(value)
        return condition

    def slice(self, base: Value, part: Slice) -> Value:
        if not isinstance(base, RecordsBox):
            return super().slice(base, part)
        if base.by_value and base.places is None:
            return self._part_by_columns(base, part)
        if isinstance(base.places, ListBox):
            places = super().slice(base.places, part)
            assert isinstance(places, ListBox)
            return self.view_of(base, places)
        none = (True, None)
        if self.static_value(part.step) != none:
            raise self.unsupported(
                "this part of a list of records", "Take entries one after the other of a whole one."
            )
        count = self.records_length(base)
        ends = [self.node(bound) for bound in (part.start, part.stop)]
        whole = self.static_value(part.start) == none
        start = self.graph.constant(0) if whole else ends[0]
        if not self.is_natural(start):
            # Python's own ranges know what negative bounds and those beyond the end mean.
            text = "range(_0_)[_1_:_2_].start"
            start = self.verbatim(text, count, *ends, type=INT, pure=True)
        stop = count
        last = self.static_int(part.stop)
        if last is not None and last < 0:
            stop = self._sum(count, ends[1])
        elif self.static_value(part.stop) != none:
            text = "range(_0_)[_1_:_2_].stop"
            stop = self.verbatim(text, count, *ends, type=INT, pure=True)
        if base.places is None:
            return self.view_of(base, (start, stop))
        first = base.places[0]
        return self.view_of(base, (self._sum(first, start), self._sum(first, stop)))

    def _part_by_columns(self, base: RecordsBox, part: Slice) -> RecordsBox:
        parts = [
            self._part_by_columns(column, part)
            if isinstance(column, RecordsBox)
            else super(RecordEntries, self).slice(column, part)
            for column in base.columns
        ]
        made = RecordsBox(base.layout, base.entry, parts)
        made.by_value = True
        self.state[made] = self.state[base]
        return made

    def _sum(self, left: Node, right: Node) -> Node:
        if self.static_int(left) == 0:
            return right
        return self.node(self.binary(ast.Add, left, right, ast.Pass()))

    def iteration(
        self, iterable: Value, node: ast.AST
    ) -> tuple[str, tuple[Node, ...], Callable[[Node], Value]]:
        iterable = self.read(iterable)
        if isinstance(iterable, RecordsBox) and isinstance(iterable.places, tuple):
            start, stop = iterable.places
            home = iterable.home
            kind, bounds, _ = super().iteration(Range(start, stop, self.graph.constant(1)), node)
            return kind, bounds, lambda index: self.record_at(home, index, node)
        return super().iteration(iterable, node)

    def _indexed_container(
        self, iterable: Value, node: ast.AST
    ) -> tuple[Node, Callable[[Node], Value]]:
        if not isinstance(iterable, RecordsBox):
            return super()._indexed_container(iterable, node)
        home, places = iterable.home, iterable.places
        count = self._span(*places) if isinstance(places, tuple) else self.length_of(iterable)
        return count, lambda index: self.record_at(home, self.place_in(iterable, index), node)

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        one, other = self._position(left), self._position(right)
        if left is right or (one is None and other is None):
            return super()._identity(operator, left, right)
        if one is None or other is None or one[0] is not other[0]:
            beside = [value for value, at in ((left, one), (right, other)) if at is None]
            if beside and not is_object(beside[0]) and isinstance(beside[0], Static):
                return super()._identity(operator, left, right)
            raise self.unsupported(
                "`is` of an entry of a list of records and another object",
                "Compare numbers or words that tell them apart.",
            )
        records = one[0]
        route = records.route
        if is_of_argument(route):
            if not is_apart(records.example, records.example):
                raise ArgumentError(
                    f"`{route.text.replace('_0_', route.root.name)}` holds one object twice, and "
                    "they are compared by `is`",
                    remedy="Pass a copy of one of them.",
                )
            self.graph.guard(route.beside((route.root.name,)), "apart", is_apart)
        elif records.by_value:
            return super()._identity(operator, left, right)
        places = [self._from_beginning(*at) for at in (one, other)]
        equal = arithmetic.equal if operator is ast.Is else arithmetic.not_equal
        return self.primitive(equal, *places)

    def _position(self, value: Value) -> tuple[RecordsBox, Node] | None:
        if isinstance(value, ENTRIES):
            return value.records, self._place_now(value, ast.Pass())
        return self.positions.get(value)

    def _from_beginning(self, box: RecordsBox, place: Node) -> Node:
        """A place as it is counted from the beginning of a list."""
        if box.is_arena or self.is_natural(place):
            return place
        count = self.records_length(box)
        return self.node(self.binary(ast.Mod, place, count, ast.Pass()))

    # --- writing ----------------------------------------------------------------------------

    def set_attribute(self, owner: ObjectBox, name: str, value: Value, node: ast.AST) -> None:
        if isinstance(owner, ObjectEntry):
            self.write_field(owner, name, value, node)
        else:
            super().set_attribute(owner, name, value, node)

    def write_field(
        self, entry: ObjectEntry | DictEntry, key: Any, value: Value, node: ast.AST
    ) -> None:
        """Give one field of a record another value."""
        layout = entry.records.layout
        if key not in layout.keys:
            raise self.unsupported(
                f"a field `{key}` that only some records of a list have",
                "Give it to all of them when they are made, or in a loop over all of them.",
                node,
            )
        place = self._place_now(entry, node)
        self.write_item(entry.records.columns[layout.keys.index(key)], place, value, node)

    def write_item(self, base: Value, key: Value, value: Value, node: ast.AST) -> None:
        base = self.read(base)
        if isinstance(base, DictEntry):
            known, found = self.static_value(key)
            if not known:
                raise self.needs_table(base, node)
            self.write_field(base, found, value, node)
        elif isinstance(base, RecordsBox) and isinstance(base.places, ListBox):
            self.write_item(base.places, key, self.place_among(base, value, node), node)
        elif isinstance(base, RecordsBox):
            whole = base is base.home and base not in self.frozen
            if not whole or not (base.layout.is_fixed or self._may_take_its_place(base, value)):
                raise self.unsupported(
                    "another object in the place of one in a list of records",
                    "Write to its attributes, or make a new list.",
                    node,
                )
            place = self.node(key)
            fields = self.fields_of(base, value, node)
            if not base.layout.is_fixed:
                self.freeze(value)
                held = [column for column in base.columns if not isinstance(column, RecordsBox)]
                self.loans.lend(self.read(value), held, self.state)
            for column, field in zip(base.columns, fields, strict=True):
                self.write_item(column, place, field, node)
        else:
            super().write_item(base, key, value, node)

    def _may_take_its_place(self, base: RecordsBox, value: Value) -> bool:
        """Whether an object may come in the place of one that nobody else knows."""
        value = self.read(value)
        alone = not base.is_arena and base.route is None and not is_entry_held(base, self.state)
        new = is_made(value) and value not in self.frozen and value not in self.positions
        return alone and new

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        """What a record that is put into a list holds, field by field."""
        value, layout = self.read(value), box.layout
        held: dict[Any, Value] | None = None
        if isinstance(value, TupleValue) and value.named is layout.type:
            keys = layout.keys
            if len(keys) == len(value.items):
                held = dict(zip(keys, value.items, strict=True))
        elif isinstance(value, ObjectBox) and value.type is layout.type:
            held = self.attributes_of(value)
        elif isinstance(value, DictBox) and layout.kind == "dict":
            held = self.entries(value)
        late = dict(layout.late)
        if held is None or not set(layout.keys) - set(late) <= set(held) <= set(layout.keys):
            raise self.unsupported(
                "a list that holds objects of several kinds, or with other fields",
                "Keep objects of each kind in a list of their own.",
                node,
            )
        missing = [key for key in late if key not in held]
        self.note_missing(box, missing)
        held = held | {key: self.graph.constant(late[key]) for key in missing}
        return [self.read(held[key]) for key in layout.keys]

    def note_missing(self, box: RecordsBox, keys: Sequence[Hashable]) -> None:
        """A record that is put into a list does not have these fields yet."""


def _is_name_of(key: Any, value: Value, box: RecordsBox) -> bool:
    """Whether a record of a list has this name."""
    return isinstance(key, tuple) and isinstance(value, ENTRIES) and value.records is box
