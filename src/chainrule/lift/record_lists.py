"""Lists of records as parameters: see :mod:`chainrule.lift.record_layout`.

They are read, sliced and looped over.  What else is done with one is refused, and the function is
lifted again with the entries one by one: code for lists of one length.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.graph.guard import Route, is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.reach import is_apart
from chainrule.graph.structure import OF_ATTRIBUTES, RECORD_LISTS, Structure
from chainrule.graph.types import OPAQUE, Type
from chainrule.lift.nested import Nested
from chainrule.lift.operators import is_object
from chainrule.lift.parameters import column_type
from chainrule.lift.record_layout import RecordLayout, is_plain, layout_of, singular
from chainrule.lift.values import (
    DictBox,
    ListBox,
    ObjectBox,
    Poison,
    RecordsBox,
    TupleValue,
    Value,
)
from chainrule.primitives.arithmetic import equal, not_equal
from chainrule.primitives.columns import column as column_of


class RecordLists(Nested):
    """Reads lists of records field by field."""

    # Whether the entries of such lists are taken one by one, and the lists that were not.
    unrolled = False
    record_lists: list[RecordsBox]

    def structured_list(
        self, name: str, example: list[Any], read: Callable[[Type], Node], route: Route
    ) -> Value:
        layout = layout_of(example, column_type)
        if layout is None:
            return super().structured_list(name, example, read, route)
        if self.unrolled:
            self.graph.guard(route, "length", len(example))
            self.watched_words += 1
            try:
                return super().structured_list(name, example, read, route)
            finally:
                self.watched_words -= 1
        entry = singular(name)
        base = read(OPAQUE)
        columns = []
        for position, type_ in enumerate(layout.types):
            node = column_of(base, entry, layout.access(position), type_)
            field = layout.name(position)
            if field is not None:
                self.graph.names[node] = field
            column = ListBox(parameter=True)
            self.state[column] = node
            self.frozen.add(column)
            columns.append(column)
        box = self._records(layout, entry, columns)
        box.parameter = True
        box.route, box.example = route, example
        self.reach(box, route)
        return box

    def _records(self, layout: RecordLayout, entry: str, columns: list[ListBox]) -> RecordsBox:
        box = RecordsBox(layout, entry, columns)
        refusal = self.unsupported(
            "this use of a list of records whose length is known at run time only",
            "Loop over it, index it or slice it.",
        )
        self.state[box] = Poison(refusal)
        self.record_lists.append(box)
        return box

    # --- reading ----------------------------------------------------------------------------

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        base = self.read(base)
        if not isinstance(base, RecordsBox):
            return super().item(base, key, node)
        return self._record(base, self.node(key), node)

    def known_items(self, value: Value) -> list[Value] | None:
        value = self.read(value)
        return None if isinstance(value, RecordsBox) else super().known_items(value)

    def _record(self, box: RecordsBox, index: Node, node: ast.AST) -> Value:
        """One of the records; what it holds does not change."""
        layout = box.layout
        values = [self.item(column, index, node) for column in box.columns]
        if layout.kind == "tuple" or issubclass(layout.type or dict, tuple):
            return TupleValue(tuple(values), layout.type)
        made: DictBox | ObjectBox
        made = DictBox() if layout.kind == "dict" else ObjectBox(None, layout.type, None)
        self.state[made] = dict(zip(layout.keys, values, strict=True))
        self.frozen.add(made)
        self.loans.lend(made, (), self.state)
        self.positions[made] = box, index
        return made

    def slice(self, base: Value, bounds: ast.Slice) -> Value:
        if not isinstance(base, RecordsBox):
            return super().slice(base, bounds)
        parts = [super(RecordLists, self).slice(column, bounds) for column in base.columns]
        return self._records(base.layout, base.entry, parts)

    def length_of(self, value: Value) -> Node:
        if not isinstance(value, RecordsBox):
            return super().length_of(value)
        return super().length_of(value.columns[0])

    def _indexed_container(
        self, iterable: Value, node: ast.AST
    ) -> tuple[Node, Callable[[Node], Value]]:
        if not isinstance(iterable, RecordsBox):
            return super()._indexed_container(iterable, node)
        return self.length_of(iterable), lambda index: self.item(iterable, index, node)

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        one, other = self.positions.get(left), self.positions.get(right)
        if left is right or (one is None and other is None):
            return super()._identity(operator, left, right)
        if one is None or other is None or one[0] is not other[0]:
            beside = [value for value, at in ((left, one), (right, other)) if at is None]
            if beside and not is_object(beside[0]):
                return super()._identity(operator, left, right)
            raise self.unsupported(
                "`is` of an entry of a list of records and another object",
                "Compare numbers or words that tell them apart.",
            )
        records = one[0]
        route = records.route
        if not is_of_argument(route):
            return super()._identity(operator, left, right)
        if not is_apart(records.example, records.example):
            raise ArgumentError(
                f"`{route.text.replace('_0_', route.root.name)}` holds one object twice, and they "
                "are compared by `is`",
                remedy="Pass a copy of one of them.",
            )
        self.graph.guard(route.beside((route.root.name,)), "apart", is_apart)
        return self.primitive(equal if operator is ast.Is else not_equal, one[1], other[1])

    # --- in and out -------------------------------------------------------------------------

    def structure(self, value: Value) -> Structure:
        if not isinstance(value, RecordsBox):
            return super().structure(value)
        layout = value.layout
        parts = []
        for column in value.columns:
            node = self.node(column)
            parts.append(Structure("leaf" if node.type.differentiable else "static", node))
        if layout.type is None:
            return Structure(f"{layout.kind}s", None, tuple(parts), (value.entry, *layout.keys))
        key = self.reference_key(layout.type)
        self.graph.reference(key, layout.type)
        kind = "objects" if is_plain(layout.type) else "instances"
        return Structure(kind, None, tuple(parts), (key, value.entry, *layout.keys))

    def value_of(self, structure: Structure) -> Value:
        if structure.kind not in RECORD_LISTS:
            return super().value_of(structure)
        own = structure.kind in OF_ATTRIBUTES
        entry, *keys = structure.keys[1:] if own else structure.keys
        columns = [super(RecordLists, self).value_of(part) for part in structure.parts]
        layout = RecordLayout(
            "object" if own else structure.kind[:-1],
            self.graph.references[structure.keys[0]] if own else None,
            tuple(keys),
            tuple(self.node(column).type for column in columns),
        )
        return self._records(layout, str(entry), columns)
