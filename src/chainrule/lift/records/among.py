"""Known objects in an order that the run tells: a list of which of them it is at each place.

    for shape in sorted(shapes, key=lambda shape: shape.area()):

Where they are of several classes, what is done with one is done once for each class::

    place = order[k]
    if kinds[place] == 0:               # a disk
        r = (shapes_0.r, shapes_2.r)[places[place]]
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.records.chosen import Choice, ChosenEntries
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.records.variants import is_variants
from chainrule.lift.values import (
    ListBox,
    ObjectBox,
    RecordsBox,
    TupleValue,
    Value,
    is_made,
)


class Among(ChosenEntries):
    """Chooses among known objects, and puts them in order."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # What stands in lists of places, by the keys of their layouts.
        self._entries_among: dict[Any, TupleValue] = {}

    def _choice_of_objects(self, values: Sequence[ObjectBox]) -> Choice | None:
        groups: dict[type, list[int]] = {}
        for position, value in enumerate(values):
            groups.setdefault(value.type, []).append(position)
        if len(groups) == 1:
            return super()._choice_of_objects(values)
        parts = [self._choice_of_class([values[k] for k in group]) for group in groups.values()]
        choices = [part for part in parts if part is not None]
        if len(choices) < len(parts):
            return None
        refusal = self.refusal_of_entry()
        kinds, places = [0] * len(values), [0] * len(values)
        for kind, group in enumerate(groups.values()):
            for place, position in enumerate(group):
                kinds[position], places[position] = kind, place

        def choose(place: Node, name: str) -> Value:
            kind = self._number_at(kinds, place, "kinds")
            at = self._number_at(places, place, "places")
            parts = [part(at, name) for part in choices]
            return self.one_of_kinds(kind, parts, refusal, ast.Pass())

        return choose

    def _choice_of_class(self, values: Sequence[ObjectBox]) -> Choice | None:
        if len(values) == 1:
            return lambda place, name: values[0]
        return super()._choice_of_objects(values)

    def _number_at(self, numbers: Sequence[int], place: Node, name: str) -> Node:
        """The known whole number at a place."""
        if list(numbers) == list(range(len(numbers))):
            return place
        found: Node = self._choose_number([self.graph.constant(n) for n in numbers], place, name)
        self.naturals.add(found)
        return found

    # --- in order -------------------------------------------------------------------------

    def ordered_among(
        self, value: Value, key: Value, backwards: bool, node: ast.AST
    ) -> RecordsBox | None:
        """Known objects in the order of their keys; None of what is no list of such."""
        items = None if isinstance(value, RecordsBox) else self.known_items(value)
        if not items or not self._are_kept_apart(items) or self._choice(items) is None:
            return None
        ranks = [self.node(self.call(key, [item], {}, node)) for item in items]
        option = ", reverse=True" if backwards else ""
        text = f"sorted(range({len(items)}), key=_0_.__getitem__{option})"
        order = self.verbatim(
            text, self.display(tuple(ranks), "tuple"), type=SequenceType(INT), pure=True
        )
        self.graph.names.setdefault(order, "order")
        keys = (("among", len(self._entries_among)),)
        self._entries_among[keys] = TupleValue(tuple(items))
        places = ListBox()
        self.state[places] = order
        made = RecordsBox(RecordLayout("among", None, keys, (None,)), "entry", [places])
        made.by_value = True
        self.state[made] = self.whole_use()
        return made

    def _are_kept_apart(self, items: Sequence[Value]) -> bool:
        """Whether items are objects, or rows with one, that no list of records could hold."""
        rows = [
            value.items if isinstance(value, TupleValue) else (value,)
            for value in map(self.read, items)
        ]
        objects = [
            [value for value in map(self.read, row) if isinstance(value, ObjectBox)] for row in rows
        ]
        classes = [[each.type for each in row] for row in objects]
        made = all(is_made(each) for row in objects for each in row)
        return all(objects) and (not made or any(row != classes[0] for row in classes))

    def record_at(self, box: RecordsBox, place: Node, node: ast.AST) -> Value:
        if not _is_among(box.layout):
            return super().record_at(box, place, node)
        (places,) = box.columns
        at = self.node(self.item(places, place, node))
        self.naturals.add(at)
        return self.item(self._entries_among[box.layout.keys], at, node)

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        if _is_among(box.layout):
            raise self._several(node)
        return super().fields_of(box, value, node)

    def take_out(self, box: ListBox, position: Value) -> Value:
        if not isinstance(box, RecordsBox) or not _is_among(box.layout):
            return super().take_out(box, position)
        self._check_grows(box, ast.Pass())
        at = self.node(self.take_out(box.columns[0], position))
        return self.item(self._entries_among[box.layout.keys], at, ast.Pass())

    def structure(self, value: Value) -> Structure:
        if isinstance(value, RecordsBox) and _is_among(value.layout):
            raise self.unsupported(
                "objects in an order that the run tells, as a result",
                "Return what the objects hold.",
            )
        if isinstance(value, RecordsBox) and is_variants(value.layout):
            raise self.unsupported(
                "a list of objects of several classes as a result",
                "Return what the objects hold.",
            )
        return super().structure(value)


def _is_among(layout: RecordLayout) -> bool:
    """Whether entries of a list are places among known objects."""
    return layout.kind == "among"
