"""Lists of objects of several classes: which class each is of, and where among those it is.

    shapes.append(Disk(x))              kinds.append(0); places.append(len(r)); r.append(x)
    shapes.append(Box(x, y))            kinds.append(1); places.append(len(w)); w.append(x); ...

The objects of each class are in an arena (:mod:`chainrule.lift.records.arenas`).  One that is read
is of any of the classes: what is done with it is done once for each.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence
from types import NoneType
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.lift.anew import Anew
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.links import Links
from chainrule.lift.values import (
    ENTRIES,
    Either,
    ListBox,
    ObjectBox,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    alternatives_of,
    is_made,
)

NAMES = ("kinds", "places")
# The layout of None among objects.
NOTHING = RecordLayout("object", NoneType, (), ())


class SeveralClasses(Anew):
    """A list made at ``site`` holds objects of all these layouts, which was not known."""

    def __init__(self, site: Hashable, layouts: tuple[RecordLayout, ...]) -> None:
        super().__init__(site)
        self.site = site
        self.layouts = layouts


def layout_of_classes(classes: tuple[type, ...]) -> RecordLayout:
    """The layout of a list of objects of these classes."""
    return RecordLayout("variants", None, NAMES, (None, None), classes=classes)


class Variants(Links):
    """Makes, fills and reads lists of objects of several classes."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Of what was read: the class that it is of, and its place among those.
        self._read_at: dict[Either, tuple[tuple[type, ...], Node, Node]] = {}

    def begin_arenas(self, layouts: dict[type, RecordLayout]) -> None:
        super().begin_arenas(layouts)
        several = any(is_variants(layout) for layout in self.record_sites.values())
        for arena in self._arenas.values() if several else ():
            # What is read of an object of another class is not there.
            arena.by_value = False

    def list_at(self, site: Hashable) -> ListBox:
        box = super().list_at(site)
        if isinstance(box, RecordsBox):
            box.made_at = site
        return box

    def empty_records(self, layout: RecordLayout) -> RecordsBox:
        if not is_variants(layout):
            return super().empty_records(layout)
        columns = [ListBox() for _ in NAMES]
        for name, column in zip(NAMES, columns, strict=True):
            self.state[column] = []
            self.box_names[column] = name
        made = RecordsBox(layout, layout.noun, columns)
        made.by_value = True
        self.state[made] = self.whole_use()
        return made

    # --- what is put into a list ----------------------------------------------------------

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        if not isinstance(box, RecordsBox) or not is_variants(box.layout):
            self._check_classes(box, value)
            super().append(box, value, node)
            return
        self._check_grows(box, node)
        for column, field in zip(box.columns, self.fields_of(box, value, node), strict=True):
            self.append(column, field, node)

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        if is_variants(box.layout):
            return self._class_and_place(box, value, node)
        self._check_class(box, self.read(value))
        return super().fields_of(box, value, node)

    def place_among(self, box: RecordsBox, value: Value, node: ast.AST) -> Node:
        if box.columns:
            self._check_class(box, self.read(value))
        return super().place_among(box, value, node)

    def _check_classes(self, box: ListBox, value: Value) -> None:
        """Begin anew where what is put into a list may be of one of several classes."""
        value = self.decided(value)
        site = box.made_at if isinstance(box, RecordsBox) else box.site
        if isinstance(value, Either) and site is not None:
            layouts = [self._layout_of_object(part) for part in alternatives_of(value)]
            found = tuple(layout for layout in layouts if layout is not None)
            if len(found) == len(layouts):
                raise SeveralClasses(site, found)

    def _check_class(self, box: RecordsBox, value: Value) -> None:
        """Begin anew where an object of another class is put into a list of the function's."""
        other = self._layout_of_object(value)
        known = box.layout.type
        if box.made_at is None or other is None or not isinstance(known, type):
            return
        if other.type is not known and not issubclass(known, tuple):
            raise SeveralClasses(box.made_at, (box.layout, other))

    def _layout_of_object(self, value: Value) -> RecordLayout | None:
        if self.static_value(value) == (True, None):
            return NOTHING
        if isinstance(value, ENTRIES):
            return value.records.layout if isinstance(value, ObjectBox) else None
        return self.layout_of_value(value) if isinstance(value, ObjectBox) else None

    def _class_and_place(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        """Of which class an object is, and where it is among those."""
        value = self.decided(value)
        if isinstance(value, Either):
            classes, *at = self._read_at.get(value, ((),))
            if classes == box.layout.classes:
                return at
            then, orelse = (
                lambda part=part: TupleValue(tuple(self._class_and_place(box, part, node)))
                for part in (value.then, value.orelse)
            )
            return list(self.choose(value.tag, then, orelse, "expression").items)
        value, classes = self.read(value), box.layout.classes
        kind = value.type if isinstance(value, ObjectBox) else NoneType
        known = isinstance(value, ObjectBox) or self.static_value(value) == (True, None)
        if not known or kind not in classes:
            layout = self._layout_of_object(value)
            if layout is None or box.made_at is None:
                raise self._several(node)
            raise SeveralClasses(box.made_at, (layout,))
        number = self.graph.constant(classes.index(kind))
        if kind is NoneType:
            return [number, self.graph.constant(0)]
        return [number, self._place_in_arena(value, node)]

    def _place_in_arena(self, value: ObjectBox, node: ast.AST) -> Node:
        at = self._position(value)
        if at is None and is_made(value):
            return self.enter_early(value, node).place
        if at is None or at[0] is not self._arenas[value.type]:
            raise self._several(node)
        return at[1]

    # --- what is read ---------------------------------------------------------------------

    def record_at(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        if not is_variants(box.layout):
            return super().record_at(box, place, node)
        kind, at = (self.node(self.item(column, place, node)) for column in box.columns)
        return self._of_classes(box.layout.classes, kind, at, node)

    def _of_classes(self, classes: tuple[type, ...], kind: Node, at: Node, node: ast.AST) -> Value:
        """The object at a place among those of the class that a number tells."""
        self.naturals.update((kind, at))
        found = self.one_of_kinds(
            kind,
            [
                Static(None) if each is NoneType else self.record_at(self._arenas[each], at, node)
                for each in classes
            ],
            self.refusal_of_entry(node),
            node,
        )
        if isinstance(found, Either):
            self._read_at[found] = classes, kind, at
        return found

    def refusal_of_entry(self, node: ast.AST | None = None) -> UnsupportedError:
        """What is said where an entry of one of several classes is not told apart."""
        return self.unsupported(
            "an entry of a list of objects of several classes",
            "Bind it to a name, and use that in a statement.",
            node,
        )

    def one_of_kinds(
        self, kind: Node, values: Sequence[Value], refusal: UnsupportedError, node: ast.AST
    ) -> Value:
        """That of the values, one for each kind, which the number of a kind tells."""
        *others, found = values
        for number, other in reversed(list(enumerate(others))):
            told = self.predicate(self.compare(ast.Eq, kind, Static(number), node))
            found = Either(told, other, found, refusal)
        self.has_kinds = True
        return found

    def take_out(self, box: ListBox, position: Value) -> Value:
        if not isinstance(box, RecordsBox) or not is_variants(box.layout):
            return super().take_out(box, position)
        self._check_grows(box, ast.Pass())
        kind, at = (self.node(self.take_out(column, position)) for column in box.columns)
        return self._of_classes(box.layout.classes, kind, at, ast.Pass())


def is_variants(layout: Any) -> bool:
    """Whether the records of a list are objects of several classes."""
    return isinstance(layout, RecordLayout) and layout.kind == "variants"
