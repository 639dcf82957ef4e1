"""Tables of the user's whose rows have words and numbers, read field by field.

    ROADS = [("home", "mill", 2.0), ("mill", "town", 3.0)]
    for start, end, length in ROADS:

What such a row holds in a field is known by its type, where a row that is read as a whole is
anything.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.parameters import column_type
from chainrule.lift.records.layout import RecordLayout, layout_of
from chainrule.lift.records.listed import ListedObjects
from chainrule.lift.values import RecordsBox, Slice, Static, Value
from chainrule.records import dataclass


@dataclass(frozen=True)
class SameFields:
    """Whether the rows of a table have the fields, and these the types, that they had."""

    layout: RecordLayout

    def __call__(self, table: Any) -> bool:
        return layout_of(list(table), column_type) == self.layout


class ConstantRecords(ListedObjects):
    """Reads tables outside of the function row by row, with a number of run time."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        self._constant_records: dict[int, RecordsBox] = {}

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        known = isinstance(key, Slice) or self.static_value(key)[0]
        return super().item(base if known else self._by_fields(base), key, node)

    def _indexed_container(
        self, iterable: Value, node: ast.AST
    ) -> tuple[Node, Callable[[Node], Value]]:
        plain = self.is_constant_table(iterable)
        return super()._indexed_container(iterable if plain else self._by_fields(iterable), node)

    def as_list(self, value: Value, node: ast.AST) -> Value:
        return super().as_list(self._by_fields(value), node)

    def _by_fields(self, value: Value) -> Value:
        """A table of rows with words in them as a list of records; anything else as it is."""
        value = self.read(value)
        table = value.value if isinstance(value, Static) else None
        if not isinstance(table, (list, tuple)) or hasattr(table, "_fields"):
            return value
        if id(table) in self.written_into:
            return value
        if id(table) in self._constant_records:
            return self._constant_records[id(table)]
        layout = layout_of(list(table), column_type)
        if layout is None or layout.kind != "tuple" or SequenceType(OPAQUE) not in layout.types:
            return value
        with self.graph.inside(self.graph.body):
            base = self.static_node(value)
            found = self._given_records(layout, "row", base)
        self._forget_writes(found)
        if isinstance(table, list):
            self.graph.guard(Route(table), "layout", SameFields(layout))
        self._constant_records[id(table)] = found
        return found

    def _forget_writes(self, records: RecordsBox) -> None:
        """Nothing is written back to a table."""
        self.bases.pop(records, None)
        for column in records.columns:
            self.frozen.add(column)
            if isinstance(column, RecordsBox):
                self._forget_writes(column)
