"""Objects in arenas: all that a function makes of one class are in one list of records.

A list of them is a list of their places there, so that objects may be sorted, taken out of a list,
put into another, or into two::

    bodies.sort(key=lambda body: body.x)        bodies.sort(key=x.__getitem__)
    last = bodies.pop()                         last = bodies.pop()
    last.x += 1.0                               x[last] += 1.0

Lifting does so where it does not understand lists that hold their records themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Hashable
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.anew import Anew
from chainrule.lift.core import Completion
from chainrule.lift.records.growth import RecordsMade
from chainrule.lift.records.late_fields import LateFields
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.values import (
    ENTRIES,
    ListBox,
    ObjectBox,
    ObjectEntry,
    RecordsBox,
    Static,
    Value,
    is_made,
    is_told_apart,
)


class EnteredInArm(Anew):
    """Constructors of the class ``kind`` put the object into a list on some paths only."""

    def __init__(self, kind: type) -> None:
        super().__init__(kind)
        self.kind = kind


class Arenas(LateFields):
    """Makes objects in arenas, and lists of their places."""

    # The classes whose objects are put there before their constructors branch.
    entered_before_arms: Container[type] = ()

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        self._arenas: dict[type, RecordsBox] = {}
        # Where objects are that were put there before their constructor came to its end.
        self._early: dict[ObjectBox, ObjectEntry] = {}

    def begin_arenas(self, layouts: dict[type, RecordLayout]) -> None:
        """Make the arenas of classes, which are empty where a function begins."""
        for type_, layout in layouts.items():
            arena = self.empty_records(layout)
            arena.is_arena = True
            self._arenas[type_] = arena

    def empty_records(self, layout: RecordLayout) -> RecordsBox:
        arena = self._arenas.get(layout.type)
        return super().empty_records(layout) if arena is None else self._places_in(arena, None)

    def _places_in(self, arena: RecordsBox, site: Hashable) -> RecordsBox:
        """A list of objects that has none yet."""
        places = ListBox()
        if site is not None:
            places.site = ("places", site)
        self.state[places] = []
        return self.view_of(arena, places)

    def list_at(self, site: Hashable) -> ListBox:
        layout = self.record_sites.get(site)
        arena = self._arenas.get(layout.type) if layout is not None else None
        return super().list_at(site) if arena is None else self._places_in(arena, site)

    def _look_at(self, box: ListBox, item: Value) -> None:
        """Begin anew where an entry is in an arena: the list is one of places."""
        inside = box.site is not None and not isinstance(box, RecordsBox) and not box.parameter
        if inside and isinstance(item, ObjectEntry) and item.records.is_arena:
            raise RecordsMade(box.site, item.records.layout)
        super()._look_at(box, item)

    def _construct(
        self,
        function: Static,
        found: type,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        made = super()._construct(function, found, args, keywords, node)
        arena = self._arenas.get(found)
        if arena is None or not isinstance(made, ObjectBox) or isinstance(made, ENTRIES):
            return made
        if made in self._early:
            return self._entered_as(made, node)
        # What is given further attributes afterwards is put there with them.
        whole = set(self.attributes_of(made)) == set(arena.layout.keys)
        return self._enter(arena, made, node) if whole else made

    def _enter(self, arena: RecordsBox, made: ObjectBox, node: ast.AST) -> ObjectEntry:
        """The object in its arena."""
        place = self.records_length(arena)
        for column, field in zip(arena.columns, self.fields_of(arena, made, node), strict=True):
            self.append(column, field, node)
        return ObjectEntry(arena, place)

    def enter_early(self, value: ObjectBox, node: ast.AST) -> ObjectEntry:
        """The object in its arena, from now on: its constructor may go on."""
        if value in self._early:
            return self._entered_as(value, node)
        arena = self._arenas[value.type]
        self.freeze(value)
        found = self._early[value] = self._enter(arena, value, node)
        self.loans.lend(value, self._columns_in(arena), self.state)
        return found

    def two_ways(self, *branch: Any) -> tuple[Completion, bool]:
        for key, value in list(self.state.items()) if self.entered_before_arms else ():
            named = isinstance(key, tuple) and isinstance(value, ObjectBox) and is_made(value)
            if named and value.type in self.entered_before_arms and value not in self._early:
                arena = self._arenas.get(value.type)
                if arena and set(self.attributes_of(value)) == set(arena.layout.keys):
                    self.enter_early(value, ast.Pass())
        return super().two_ways(*branch)

    def _columns_in(self, arena: RecordsBox) -> list[ListBox]:
        return [column for column in arena.columns if not isinstance(column, RecordsBox)]

    def _entered_as(self, value: ObjectBox, node: ast.AST) -> ObjectEntry:
        """Where an object is that was put into its arena before."""
        found = self._early[value]
        if not found.place.block.encloses(self.block):
            if value.type not in self.entered_before_arms:
                raise EnteredInArm(value.type)
            raise self.unsupported(
                "an object that only some paths have put into a list",
                "Put a copy there.",
                node,
            )
        return found

    def _membership(self, operator: type, left: Value, right: Value) -> Value:
        home = right.home if isinstance(right, RecordsBox) else None
        inside = home is not None and home.is_arena and is_told_apart(home.layout.type)
        if inside and isinstance(left, ObjectEntry) and left.records is home:
            return super()._membership(operator, left.place, self.all_places(right))
        return super()._membership(operator, left, right)

    def place_among(self, box: RecordsBox, value: Value, node: ast.AST) -> Node:
        value = self.read(value)
        arena = self._arenas.get(value.type) if isinstance(value, ObjectBox) else None
        if arena is not None and isinstance(value, ObjectBox) and self._position(value) is None:
            value = self.enter_early(value, node)
        return super().place_among(box, value, node)
