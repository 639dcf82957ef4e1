"""Linked objects as arguments of functions that are kept apart: recursions along a tree.

    def total(node):                      def total(key, next, node):
        if node is None:                      if node < 0:
            return 0.0                            return 0.0
        return node.key + total(node.next)    return key[node] + total(key, next, next[node])

Such a function is given the lists of the arenas that it may come to, and the place.  What it writes
there, and the objects that it makes, are in the lists that it returns.
"""

from __future__ import annotations

import ast
from typing import Any

from chainrule.graph.structure import Structure
from chainrule.lift.calls.changed_lists import Handed
from chainrule.lift.records.links import Link, is_linked, is_new
from chainrule.lift.records.variants import Variants
from chainrule.lift.values import ListBox, ObjectEntry, RecordsBox, Value


class HandedLinks(Variants):
    """Hands linked objects to functions that are kept apart."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Of the arguments of one call: the classes whose arenas are among them.
        self._handed: tuple[list[Handed], list[type]] = ([], [])
        # What an argument of this function consists of.
        self._consists_of: dict[ObjectEntry, list[Value]] = {}

    def _reached(self, kind: type) -> list[type]:
        """The classes of objects to which those of a class may lead."""
        found = [kind]
        for each in found:
            arena = self._arenas.get(each)
            links = arena.layout.types if arena is not None else ()
            found += [t.kind for t in links if isinstance(t, Link) and t.kind not in found]
        return [each for each in found if each in self._arenas]

    def _key_part(self, value: Value, args: list[Handed], callee: Any, node: ast.AST) -> Any:
        value = self.read(value)
        if not is_linked(value):
            return super()._key_part(value, args, callee, node)
        if self._handed[0] is not args:
            self._handed = (args, [])
        keys: list[Any] = []
        for kind in self._reached(value.type):
            if kind in self._handed[1]:
                continue
            self._handed[1].append(kind)
            arena = self._arenas[kind]
            if any(isinstance(column, RecordsBox) for column in arena.columns):
                raise self._cannot(callee, node, "it is called with objects that hold lists")
            columns = [(column, self.node(column)) for column in arena.columns]
            args += columns
            keys.append((kind, arena.layout.types, tuple(node.type for _, node in columns)))
        args.append((value, value.place))
        return ("linked", value.type, tuple(keys))

    def parameter_like(self, outer: Any, name: str, value: Value) -> Value:
        value = outer.read(value) if isinstance(value, ObjectEntry) else value
        if not is_linked(value):
            return super().parameter_like(outer, name, value)
        parts: list[Value] = []
        for kind in outer._reached(value.type):
            if kind not in self._arenas:
                parts += self._arena_like(outer, outer._arenas[kind])
        entry = ObjectEntry(self._arenas[value.type], self._parameter(name, value.place))
        self.handed.append(entry)
        self._consists_of[entry] = [*parts, entry.place]
        return entry

    def _arena_like(self, outer: Any, arena: RecordsBox) -> list[ListBox]:
        columns = []
        for position, column in enumerate(arena.columns):
            box = ListBox()
            name = arena.layout.name(position) or arena.entry
            self.state[box] = self._parameter(name, outer.node(column))
            columns.append(box)
        self.handed += columns
        made = RecordsBox(arena.layout, arena.entry, columns)
        made.is_arena = made.is_linked = True
        self.state[made] = self.whole_use()
        self._arenas[arena.layout.type] = made
        return columns

    def is_by_columns(self, box: Any) -> bool:
        return isinstance(box, RecordsBox) and box.is_arena

    def holds_places(self, box: Value) -> bool:
        return any(
            column is box and isinstance(type, Link)
            for arena in self._arenas.values()
            for column, type in zip(arena.columns, arena.layout.types, strict=True)
        )

    def place_of_result(self, result: Value) -> tuple[Value, Any]:
        found = self.read(result)
        return (found.place, found.type) if is_linked(found) else (result, None)

    def linked_result(self, kind: Any, place: Value) -> Value:
        return ObjectEntry(self._arenas[kind], self.node(place))

    def refuse_changes(self, inner: Any, before: Any) -> None:
        for box, outer in inner.objects_like.items():
            if inner.state.get(box) is not before.get(box) and is_new(outer):
                if self.linking:
                    raise self._found(outer, self.state)
                self.linkable.setdefault(outer.type, False)

    def parameter_structure(self, value: Value) -> Structure:
        if is_linked(value):
            parts = map(self.structure, self._consists_of[value])
            return Structure("tuple", None, tuple(parts))
        return super().parameter_structure(value)

    def structure(self, value: Value) -> Structure:
        if is_linked(self.read(value)):
            raise self.unsupported(
                "a linked object as a result", "Return the numbers that it holds."
            )
        return super().structure(value)
