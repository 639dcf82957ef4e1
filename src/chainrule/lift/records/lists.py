"""Lists of records as parameters and results: see :mod:`chainrule.lift.records.layout`.

They are read, sliced and looped over.  Where one is written to, the function is lifted again, its
records being places in the lists of their fields; where something else is done with one, its
entries are taken one by one: code for lists of one length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.graph.guard import Guard, Route
from chainrule.graph.node import Node
from chainrule.graph.reach import is_apart
from chainrule.graph.structure import OF_ATTRIBUTES, RECORD_LISTS, Structure
from chainrule.graph.types import OPAQUE, Type
from chainrule.lift.lifted import assemble
from chainrule.lift.parameters import column_type
from chainrule.lift.records.handed import HandedLinks
from chainrule.lift.records.layout import RecordLayout, is_plain, layout_of, singular
from chainrule.lift.state import same_value
from chainrule.lift.values import ListBox, RecordsBox, Value
from chainrule.primitives.columns import column as column_of
from chainrule.primitives.effect import LEAVE_FIELDS, STATEMENT


class RecordLists(HandedLinks):
    """Takes lists of records apart into lists of their fields, and puts them together."""

    # Whether the entries of such lists are taken one by one.
    unrolled = False
    record_lists: list[RecordsBox]

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The caller's lists behind those of records, and those that were written to.
        self.bases: dict[RecordsBox, Node] = {}
        self.written_records: list[RecordsBox] = []

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
        box = self._given_records(layout, singular(name), read(OPAQUE))
        box.parameter = True
        box.route, box.example = route, example
        self.record_lists.append(box)
        self.reach(box, route)
        return box

    def _given_records(self, layout: RecordLayout, entry: str, base: Node) -> RecordsBox:
        """The records that a list of the caller's holds."""
        columns: list[ListBox] = []
        for position, type_ in enumerate(layout.types):
            nested = isinstance(type_, RecordLayout)
            node = column_of(base, entry, layout.access(position), OPAQUE if nested else type_)
            field = layout.name(position)
            if field is not None:
                self.graph.names[node] = field
            column: ListBox
            if isinstance(type_, RecordLayout):
                column = self._given_records(type_, singular(field or ""), node)
            else:
                column = ListBox(parameter=True)
                self.state[column] = node
                if not self.written:
                    self.frozen.add(column)
            columns.append(column)
        box = self._records(layout, entry, columns)
        box.by_value = not self.written or layout.is_fixed
        self.bases[box] = base
        return box

    def _records(self, layout: RecordLayout, entry: str, columns: list[ListBox]) -> RecordsBox:
        box = RecordsBox(layout, entry, columns)
        self.state[box] = self.whole_use()
        return box

    # --- writing ----------------------------------------------------------------------------

    def leave_written(self, given: Mapping[ListBox, Node]) -> None:
        columns = [column for box in self.bases for column in box.columns]
        super().leave_written({k: v for k, v in given.items() if k not in columns})
        for box, base in self.bases.items():
            changed = [
                (key, column)
                for key, column in zip(box.layout.keys, box.columns, strict=True)
                if self._is_written(column, given)
                and not (isinstance(column, RecordsBox) and not column.layout.is_fixed)
            ]
            if not changed:
                continue
            if box.layout.is_fixed:
                if box not in columns:
                    self._leave_fixed(box, base)
                continue
            contents = [assemble(self.graph, self.structure(column)) for _, column in changed]
            kind, keys = box.layout.kind, tuple(key for key, _ in changed)
            self.block.add(LEAVE_FIELDS, (base, *contents), (kind, keys))
            self.written_records.append(box)

    def _leave_fixed(self, box: RecordsBox, base: Node) -> None:
        """Tuples in a list of the caller's were given others in their place."""
        if any(
            isinstance(column, RecordsBox) and not column.layout.is_fixed for column in box.columns
        ):
            raise self.unsupported(
                f"a write to a list of tuples that hold objects (`{box.entry}`)",
                "Make a new list of them.",
            )
        records = assemble(self.graph, self.structure(box))
        self.block.add(STATEMENT, (base, records), ("_0_[:] = _1_",))
        self.written_records.append(box)

    def _is_written(self, column: ListBox, given: Mapping[ListBox, Node]) -> bool:
        if isinstance(column, RecordsBox):
            return any(self._is_written(inner, given) for inner in column.columns)
        return not same_value(self.state.get(column), given.get(column))

    def watch_sharing(self, arguments: Mapping[str, Any]) -> None:
        super().watch_sharing(arguments)
        names = dict.fromkeys(route.root.name for route, _ in self.reached.values())
        for box in self.record_lists if self.written_records else ():
            assert box.route is not None
            watched = box.route.beside(names)
            guard = Guard(watched, "apart", is_apart)
            if guard.concerns(arguments) and not guard.holds(is_apart, arguments):
                text = box.route.text.replace("_0_", box.route.root.name)
                raise ArgumentError(
                    f"`{text}` holds one object twice, or shares it, and is written to",
                    remedy="Pass a copy of one of them.",
                )
            self.graph.guard(watched, "apart", is_apart)

    # --- in and out -------------------------------------------------------------------------

    def structure(self, value: Value) -> Structure:
        if not isinstance(value, RecordsBox):
            return super().structure(value)
        layout = value.layout
        parts = []
        for column in value.columns:
            if isinstance(column, RecordsBox):
                parts.append(self.structure(column))
                continue
            node = self._laid_out(value, column)
            parts.append(Structure("leaf" if node.type.differentiable else "static", node))
        if layout.type is None:
            return Structure(f"{layout.kind}s", None, tuple(parts), (value.entry, *layout.keys))
        key = self.reference_key(layout.type)
        self.graph.reference(key, layout.type)
        kind = "objects" if is_plain(layout.type) else "instances"
        return Structure(kind, None, tuple(parts), (key, value.entry, *layout.keys))

    def _laid_out(self, value: RecordsBox, column: ListBox) -> Node:
        """The list of one field of the records, in their order."""
        if value.places is None:
            return self.node(column)
        raise self.unsupported(
            "a list of some of the records of another, as a result",
            "Return what the records hold.",
        )

    def value_of(self, structure: Structure) -> Value:
        if structure.kind not in RECORD_LISTS:
            return super().value_of(structure)
        own = structure.kind in OF_ATTRIBUTES
        entry, *keys = structure.keys[1:] if own else structure.keys
        columns = [self.value_of(part) for part in structure.parts]
        layout = RecordLayout(
            "object" if own else structure.kind[:-1],
            self.graph.references[structure.keys[0]] if own else None,
            tuple(keys),
            tuple(
                column.layout if isinstance(column, RecordsBox) else self.node(column).type
                for column in columns
            ),
        )
        box = self._records(layout, str(entry), columns)
        box.by_value = True
        return box
