"""Lists of lists of records: adjacency lists that the function makes.

    roads = defaultdict(list)
    for start, end, length in given:
        roads[start].append((end, length))

Each field has a list of lists of its own::

    ends[place].append(end)
    lengths[place].append(length)

A row that is read shows what it held by then; an entry is put into it where it stands.
"""

from __future__ import annotations

import ast
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.lift.containers.items import PLAIN_NUMBERS
from chainrule.lift.records.growth import RecordsMade
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.lists import RecordLists
from chainrule.lift.values import ListBox, Place, RecordsBox, Value
from chainrule.primitives import sequence
from chainrule.primitives.rows import append_in


class RowsOfRecords(RecordLists):
    """Makes, reads and fills lists of lists of records."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The list that a row is in, and its place there.
        self._homes_of_rows: dict[RecordsBox, tuple[RecordsBox, Node]] = {}

    def look_at_entry(self, row: Place, value: Value) -> None:
        """Begin anew where a row of a list of lists gets a record."""
        layout = self.layout_of_value(self.read(value))
        items = map(self.read, self.known_items(value) or ())
        numbers = all(isinstance(item, Node) and item.type in PLAIN_NUMBERS for item in items)
        if layout is not None and len(row.path) == 1 and not numbers:
            self._begin_rows(row.box, layout)

    def _begin_rows(self, box: ListBox, layout: RecordLayout) -> None:
        flat = not any(isinstance(each, RecordLayout) for each in layout.types)
        if box.site is not None and layout.is_fixed and flat:
            row = RecordLayout("rows", None, layout.keys, layout.types, layout)
            raise RecordsMade(box.site, row)

    def _look_at(self, box: ListBox, item: Value) -> None:
        inside = box.site is not None and not isinstance(box, RecordsBox) and not box.parameter
        if inside and isinstance(item, RecordsBox) and item.by_value and not item.layout.row:
            self._begin_rows(box, item.layout)
        super()._look_at(box, item)

    def record_at(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        if box.layout.row is None:
            return super().record_at(box, place, node)
        columns = []
        for column in box.columns:
            held = ListBox()
            self.state[held] = self.node(self.item(column, place, node))
            columns.append(held)
        row = self._records(box.layout.row, box.entry, columns)
        row.by_value = True
        self._homes_of_rows[row] = box, place
        self._lend_row(row)
        return row

    def _lend_row(self, row: RecordsBox) -> None:
        """A row shows what is in its list at this moment."""
        rows, _ = self._homes_of_rows[row]
        self.frozen.update(row.columns)
        for column in row.columns:
            self.loans.lend(column, rows.columns, self.state)

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        if box.layout.row is None:
            return super().fields_of(box, value, node)
        return self._columns_of(self.empty_records(box.layout.row), self.read(value), node)

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        if not isinstance(box, RecordsBox) or box not in self._homes_of_rows:
            super().append(box, value, node)
            return
        rows, place = self._homes_of_rows[box]
        fields = self.fields_of(box, value, node)
        for column, field in zip(rows.columns, fields, strict=True):
            self._append_in(column, place, field, node)
        for column, own in zip(rows.columns, box.columns, strict=True):
            self.state[own] = self.primitive(sequence.index, self.node(column), place)
        self._lend_row(box)

    def _append_in(self, column: ListBox, place: Node, field: Value, node: ast.AST) -> None:
        self.freeze(field)
        row, entry = Place(column, (place,), self.row_writes.get(column, 0)), self.node(field)
        self.change_row(row, lambda base: self.primitive(append_in, *base, entry), node)

    def write_item(self, base: Value, key: Value, value: Value, node: ast.AST) -> None:
        base = self.read(base)
        if not isinstance(base, RecordsBox) or base.layout.row is None:
            super().write_item(base, key, value, node)
            return
        fields = self.fields_of(base, value, node)
        for column, field in zip(base.columns, fields, strict=True):
            self.write_item(column, key, field, node)

    def take_out(self, box: ListBox, position: Value) -> Value:
        if isinstance(box, RecordsBox) and (box.layout.row or box in self._homes_of_rows):
            raise self.unsupported(
                "an entry that is taken out of a list of lists of records",
                "Keep it there, and note which entries are done with.",
            )
        return super().take_out(box, position)

    def structure(self, value: Value) -> Structure:
        if isinstance(value, RecordsBox) and value.layout.row is not None:
            raise self.unsupported(
                "a list of lists of records as a result", "Return what the records hold."
            )
        return super().structure(value)
