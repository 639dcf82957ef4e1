"""Attributes that hold lists of objects: neighbours, children, members.

    for cell in cells:                          for cell in range(n):
        cell.near = [c for c in cells if ...]       near[cell] = [c for c in range(n) if ...]
    for other in cell.near:                     for other in near[cell]:
        total += other.heat                         total += heat[other]

The objects are in an arena, and the attribute has a list of places there for each of them.  A list
that is read shows what it held by then; what is put into it, or taken out, changes it where it
stands.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.containers.methods import CHANGES, OF_PLACES, row_method
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.links import Linked, is_new
from chainrule.lift.records.rows import RowsOfRecords
from chainrule.lift.values import ListBox, ObjectBox, ObjectEntry, Place, RecordsBox, Static, Value
from chainrule.records import dataclass, replace


@dataclass(frozen=True)
class Listed:
    """The type of an attribute that holds lists of objects of the class ``kind``."""

    kind: type


class ListedObjects(RowsOfRecords):
    """Reads and fills lists of objects that objects of arenas hold."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The list of lists that a list of places is in, and where it stands there.
        self._homes_of_places: dict[ListBox, tuple[ListBox, Node]] = {}

    # --- what an attribute holds --------------------------------------------------------------

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        values = super().fields_of(box, value, node)
        if not box.is_arena:
            return values
        return [self._as_listed(box.layout, k, each, node) for k, each in enumerate(values)]

    def write_field(self, entry: Any, key: Any, value: Value, node: ast.AST) -> None:
        layout = entry.records.layout
        if entry.records.is_arena and key in layout.keys:
            value = self._as_listed(layout, layout.keys.index(key), value, node)
        super().write_field(entry, key, value, node)

    def _as_listed(self, layout: RecordLayout, position: int, value: Value, node: ast.AST) -> Value:
        """What the list of an attribute has where it holds objects of an arena."""
        value, type_ = self.read(value), layout.types[position]
        found = self._listed_in(value)
        if found is None:
            if isinstance(type_, Listed) and self.known_items(value) != []:
                raise self.unsupported(
                    f"an attribute `{layout.keys[position]}` that holds things of several kinds",
                    "Keep a list of objects of one class in it.",
                    node,
                )
            return value
        self._check_listed(layout, position, found)
        if isinstance(value, RecordsBox):
            return self.all_places(value)
        arena = self._arenas[found.type]
        items = self.known_items(value) or ()
        return self.like(Static([]), [self.place_among(arena, item, node) for item in items])

    def _listed_in(self, value: Value) -> ObjectBox | None:
        """One of the objects in a list, if it holds objects that are, or may be, in arenas."""
        if isinstance(value, RecordsBox):
            return ObjectEntry(value.home, self.graph.constant(0)) if value.home.is_arena else None
        items = self.known_items(value) if type(value) is ListBox else None
        objects = [item for item in map(self.read, items or ()) if isinstance(item, ObjectBox)]
        placed = [each for each in objects if is_new(each) or _is_placed(each)]
        alike = bool(placed) and all(each.type is placed[0].type for each in placed)
        return placed[0] if alike and len(placed) == len(items or ()) else None

    def _check_listed(self, layout: RecordLayout, position: int, found: ObjectBox) -> None:
        """Begin anew where it was not known that an attribute holds lists of such objects."""
        if found.type not in self._arenas:
            raise self.found_linked(found)
        listed = Listed(found.type)
        if layout.types[position] != listed:
            types = (*layout.types[:position], listed, *layout.types[position + 1 :])
            raise Linked(replace(layout, types=types))

    def look_at_entry(self, row: Place, value: Value) -> None:
        value = self.read(value)
        if isinstance(value, ObjectBox) and (is_new(value) or _is_placed(value)):
            for arena in self._arenas.values():
                if row.box in arena.columns and len(row.path) == 1:
                    self._check_listed(arena.layout, list(arena.columns).index(row.box), value)
        super().look_at_entry(row, value)

    # --- the lists themselves -----------------------------------------------------------------

    def field(self, entry: Any, key: Any, node: ast.AST) -> Value:
        found = super().field(entry, key, node)
        layout = entry.records.layout
        listed = layout.types[layout.keys.index(key)] if entry.records.is_arena else None
        if not isinstance(listed, Listed) or listed.kind not in self._arenas:
            return found
        column = entry.records.columns[layout.keys.index(key)]
        places = ListBox()
        self._homes_of_places[places] = column, entry.place
        self._show(places)
        return self.view_of(self._arenas[listed.kind], places)

    def _show(self, places: ListBox) -> None:
        """A list that was read shows what it holds at this moment."""
        column, at = self._homes_of_places[places]
        self.state[places] = self.node(self.item(column, at, ast.Pass()))
        self.frozen.add(places)
        self.loans.lend(places, (column,), self.state)

    def _home_of(self, box: Value) -> ListBox | None:
        """The places of a list of objects, if this is one that stands in an attribute."""
        places = box.places if isinstance(box, RecordsBox) else None
        return places if isinstance(places, ListBox) and places in self._homes_of_places else None

    def _change(self, places: ListBox, name: str, args: Sequence[Value], node: ast.AST) -> Value:
        """Call a method of a list where it stands."""
        column, at = self._homes_of_places[places]
        row = Place(column, (at,), self.row_writes.get(column, 0))
        found: Value = row_method(name)(self, row, list(args), {}, node)
        self._show(places)
        return found

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        places = self._home_of(box)
        if places is None or not isinstance(box, RecordsBox):
            super().append(box, value, node)
        else:
            self._change(places, "append", [self.place_among(box, value, node)], node)

    def extend(self, box: ListBox, value: Value, node: ast.AST) -> None:
        if self._home_of(box) is None:
            super().extend(box, value, node)
            return
        for item in self.known_items(value) or ():
            self.append(box, item, node)
        if self.known_items(value) is None:
            raise self.unsupported(
                "a list of objects in an attribute that gets all of another list",
                "Append one after the other in a loop.",
                node,
            )

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        places = self._home_of(owner)
        if places is None or name not in CHANGES or name in ("append", "extend"):
            return super().container_method(owner, name)
        if name not in OF_PLACES or name == "sort":
            raise self.unsupported(
                f"`{name}` of a list of objects in an attribute",
                "Give the attribute a new list: `sorted(...)`.",
            )
        return self._changing(owner, places, name)

    def _changing(self, owner: Value, places: ListBox, name: str) -> Callable[..., Value]:
        def method(
            self: ListedObjects, box: RecordsBox, args: Any, keywords: Any, node: ast.AST
        ) -> Value:
            given = list(args)
            if name in ("insert", "remove"):
                given[-1] = self.place_among(box, given[-1], node)
            found = self._change(places, name, given, node)
            return self.record_at(box.home, self.node(found), node) if name == "pop" else found

        return method


def _is_placed(value: ObjectBox) -> bool:
    """Whether it is an object in an arena."""
    return isinstance(value, ObjectEntry) and value.records.is_arena
