"""Entries of known containers that are chosen by a key of run time: read field by field.

    graph = {"a": [("b", x), ("c", y)], "b": [("c", z)], "c": []}
    for name, length in graph[node]:

has for every field of what may be chosen a list of what each of them holds there, in their order;
the key tells a place in these lists::

    lengths = [[x, y], [z], []]         lengths[places[node]]

What is chosen shows what its container held by then: it is not written to, nor read after what it
may be was written to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import INT, OPAQUE
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.foreign import CHANGING
from chainrule.lift.containers.items import PLAIN_NUMBERS
from chainrule.lift.containers.sharing import Box, boxes_in
from chainrule.lift.records.constants import ConstantRecords
from chainrule.lift.records.layout import RecordLayout, attributes_of
from chainrule.lift.records.links import is_new
from chainrule.lift.state import same_value
from chainrule.lift.values import (
    BOXES,
    ENTRIES,
    ArrayBox,
    AttributesDict,
    DictBox,
    ListBox,
    ObjectBox,
    ObjectEntry,
    Poison,
    RecordsBox,
    Static,
    TableBox,
    TupleValue,
    Value,
    is_made,
)
from chainrule.primitives import sequence

# What makes an entry, of its place among those that may be chosen and what these are called.
Choice = Callable[[Node, str], Value]


class ChosenEntries(ConstantRecords):
    """Reads containers of lists, tuples, dicts and objects with keys of run time."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The containers of which entries were chosen.
        self._chosen_from: dict[Box, Value] = {}

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        base, key = self.read(base), self.read(key)
        items = None if self.static_value(key)[0] else self._choosable(base)
        choice = self._choice(items) if items else None
        if items is None or choice is None or not isinstance(key, (Node, TupleValue)):
            return super().item(base, key, node)
        name = _name_of(node)
        place = self.node(key)
        if isinstance(base, DictBox):
            place = self._place_of(self.entries(base), place, name)
        before = set(self.state)
        chosen = choice(place, name)
        lenders = self._all_in(items)
        for box in self._all_in([chosen]):
            if box not in before:
                self.frozen.add(box)
                self.loans.lend(box, lenders, self.state)
                self._chosen_from[box] = base
        return chosen

    def extreme(
        self, args: list[Value], keywords: dict[str, Value], node: ast.AST, name: str
    ) -> Value:
        """``max`` and ``min`` with a key: of several objects the fields of the one that is best."""
        items = self.known_iteration(args[0]) if len(args) == 1 else None
        key = self.read(keywords.get("key", Static(None)))
        made = items is not None and len(items) > 2 and all(is_made(self.read(i)) for i in items)
        if not items or not made or self.static_value(key) == (True, None):
            return super().extreme(args, keywords, node, name)
        if self._choice(items) is None:
            return super().extreme(args, keywords, node, name)
        keys = [self.read(self.call(key, [item], {}, node)) for item in items]
        if not all(map(_is_number, keys)):
            return super().extreme(args, keywords, node, name)
        ranks = self.display(tuple(map(self.node, keys)), "tuple")
        text = f"{name}(range({len(items)}), key=_0_.__getitem__)"
        place = self.verbatim(text, ranks, type=INT, pure=True)
        self.naturals.add(place)
        listed = self.read(args[0])
        base = listed if type(listed) is ListBox else TupleValue(tuple(items))
        return self.item(base, place, node)

    def _choosable(self, base: Value) -> list[Value] | None:
        """The entries of a container of known keys or places, if it is read here."""
        if isinstance(base, DictBox):
            special = isinstance(base, (*ENTRIES, AttributesDict)) or base.filled_by is not None
            return None if special else list(self.entries(base).values())
        plain = isinstance(base, TupleValue) or type(base) is ListBox
        items = self.known_items(base) if plain else None
        if not items or all(isinstance(self.read(item), Node) for item in items):
            return None
        if all(isinstance(self.read(item), ListBox) for item in items):
            # Rows of numbers may be written to where they stand.
            return items if isinstance(base, TupleValue) or self._are_of_records(items) else None
        return items

    def _are_of_records(self, lists: Sequence[Value]) -> bool:
        """Whether lists hold records with fields of several types."""
        if any(isinstance(each, ArrayBox) for each in lists):
            return False
        layout = self._common_layout(lists)
        rows = [item for each in lists for item in self.known_items(each) or ()]
        mixed = any(self.layout_of_value(self.read(row)) is not None for row in rows)
        return layout is not None and (mixed or any(isinstance(r, RecordsBox) for r in lists))

    def _place_of(self, content: dict[Any, Value], key: Node, name: str) -> Node:
        """The place of the entry of a dict that a key tells; Python raises where there is none."""
        with self.graph.inside(self.graph.body):
            places = self._places_in_order(content)
        self.graph.names.setdefault(places, f"{name}_places")
        place = self.verbatim("_0_[_1_]", places, key, type=INT)
        self.graph.names.setdefault(place, "place")
        return place

    def _places_in_order(self, content: dict[Any, Value]) -> Node:
        """The dict from the keys of another to their places in it."""
        named = [self.static_node(Static(key)) for key in content]
        text = ", ".join(f"_{place}_: {place}" for place in range(len(named)))
        return self.verbatim(f"{{{text}}}", *named, pure=True, carries=False)

    def _among(self, values: Sequence[Value], name: str) -> Node:
        """What may be chosen in one field, in order: made where all of it is known."""
        parts = self._parts_of(values)
        around = list(self.block.around())
        # What a try computes stays in its body where no handler goes on.
        homes = [next(each for each in part.block.around() if each in around) for part in parts]
        home = min(homes, key=around.index, default=around[-1])
        with self.graph.inside(home):
            made = self.display(tuple(map(self.node, values)), "tuple")
        self.graph.names.setdefault(made, name)
        return made

    def _parts_of(self, values: Sequence[Value]) -> list[Node]:
        """The nodes that numbers, words and lists of them are made of."""
        found: list[Node] = []
        waiting = list(values)
        while waiting:
            value = self.read(waiting.pop())
            content = self.content(value) if isinstance(value, ListBox) else None
            if isinstance(content, list):
                waiting.extend(content)
            else:
                found.append(self.node(value))
        return found

    def check_fresh(self, box: Box) -> None:
        owner = self._chosen_from.get(box)
        if owner is not None and self.loans.is_stale(box, self.state):
            self._begin_anew(owner, ast.Pass())
        super().check_fresh(box)

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        for value in (left, right):
            owner = self._chosen_from.get(value) if isinstance(value, BOXES) else None
            if owner is not None and left is not right:
                self._begin_anew(owner, ast.Pass())
        return super()._identity(operator, left, right)

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        owner = self._chosen_from.get(box)
        if owner is not None:
            self._begin_anew(owner, node or ast.Pass())
            if isinstance(box, ObjectBox):
                self.linkable.setdefault(box.type, True)
            raise self._refused_write(node)
        super().check_writable(box, node)

    def _refused_write(self, node: ast.AST | None = None) -> UnsupportedError:
        return self.unsupported(
            "writing to a list, dict or object that is chosen at run time",
            "Choose it by `if`, and write to it in each arm.",
            node,
        )

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        if isinstance(owner, TableBox) and owner.values in self._chosen_from and name in CHANGING:
            raise self._refused_write()
        return super().container_method(owner, name)

    def _begin_anew(self, owner: Value, node: ast.AST) -> None:
        """Lift a container again as one of run-time keys or places, if it can be one."""
        if isinstance(owner, DictBox) and owner.site is not None:
            entries = [self.read(each) for each in self.entries(owner).values()]
            layouts = [self.layout_of_value(entry) for entry in entries]
            alike = layouts[0] is not None and all(each == layouts[0] for each in layouts)
            if alike or all(isinstance(entry, ListBox) for entry in entries):
                raise self.needs_table(owner, node)
        if isinstance(owner, ListBox) and owner.site is not None:
            self.look_for_records(owner, self.state[owner])

    def _check_grows(self, box: RecordsBox, node: ast.AST) -> None:
        if box in self._chosen_from:
            self.check_writable(box, node)
        super()._check_grows(box, node)

    def _all_in(self, values: Sequence[Value]) -> list[Box]:
        """The boxes that values hold, and those in these."""
        found: dict[Box, None] = {}
        waiting: list[Value] = list(values)
        while waiting:
            value = waiting.pop()
            if isinstance(value, TableBox):
                waiting.append(value.values)
            elif isinstance(value, (list, dict, TupleValue)):
                inner = value.items if isinstance(value, TupleValue) else value
                waiting.extend(inner.values() if isinstance(inner, dict) else inner)
            else:
                new = [box for box in boxes_in(value) if box not in found]
                found.update(dict.fromkeys(new))
                waiting.extend(self.state.get(box) for box in new)
        return list(found)

    # --- what may be chosen -----------------------------------------------------------------

    def _choice(self, items: Sequence[Value]) -> Choice | None:
        """How one of several values is chosen; None where they have not the same fields."""
        if any(isinstance(item, Poison) for item in items):
            return None
        values = [self.read(item) for item in items]
        first = values[0]
        if all(same_value(first, value) for value in values):
            return lambda place, name: first
        if all(_is_number(value) for value in values):
            return lambda place, name: self._choose_number(values, place, name)
        if all(self._holds_no_number(value) for value in values):
            return lambda place, name: self._choose_word(values, place, name)
        if all(isinstance(value, TupleValue) for value in values):
            return self._choice_of_tuples(values)
        if all(isinstance(value, DictBox) for value in values):
            return self._choice_of_dicts(values)
        if all(isinstance(value, ObjectEntry) and value.records.is_arena for value in values):
            return self._choice_of_places(values)
        if all(isinstance(value, ObjectBox) for value in values):
            return self._choice_of_objects(values)
        if all(isinstance(value, ListBox) for value in values):
            return self._choice_of_lists(values)
        return None

    def _holds_no_number(self, value: Value) -> bool:
        """Whether it is nothing that a derivative flows through."""
        if isinstance(value, Static):
            return value.value is None or isinstance(value.value, str)
        return isinstance(value, Node) and value.type == OPAQUE

    def _choose_number(self, values: Sequence[Value], place: Node, name: str) -> Value:
        return self.primitive(sequence.index, self._among(values, name), place)

    def _choose_word(self, values: Sequence[Value], place: Node, name: str) -> Value:
        words = self._among(values, name)
        return self.verbatim("_0_[_1_]", words, place, pure=True, carries=False)

    def _choice_of_parts(self, columns: Sequence[Sequence[Value]]) -> list[Choice] | None:
        """How the values of each field are chosen."""
        choices = [self._choice(column) for column in columns]
        found = [choice for choice in choices if choice is not None]
        return found if len(found) == len(choices) else None

    def _choice_of_tuples(self, values: Sequence[TupleValue]) -> Choice | None:
        first = values[0]
        if any(len(v.items) != len(first.items) or v.named is not first.named for v in values):
            return None
        parts = self._choice_of_parts(list(zip(*(value.items for value in values), strict=True)))
        if parts is None:
            return None
        names = getattr(first.named, "_fields", (None,) * len(parts))

        def choose(place: Node, name: str) -> Value:
            fields = zip(names, parts, strict=True)
            items = tuple(part(place, _field_name(name, field)) for field, part in fields)
            return TupleValue(items, first.named)

        return choose

    def _choice_of_dicts(self, values: Sequence[DictBox]) -> Choice | None:
        if any(value.filled_by is not None for value in values):
            return None
        contents = [self.entries(value) for value in values]
        keys = list(contents[0])
        if any(list(content) != keys for content in contents):
            return self._choice_of_tables(contents)
        parts = self._choice_of_parts([[content[key] for content in contents] for key in keys])
        if parts is None:
            return None

        def choose(place: Node, name: str) -> Value:
            made = DictBox()
            self.state[made] = {
                key: part(place, _field_name(name, key))
                for key, part in zip(keys, parts, strict=True)
            }
            return made

        return choose

    def _choice_of_tables(self, contents: Sequence[dict[Any, Value]]) -> Choice | None:
        """Dicts with keys of their own: the places of the keys, and a list of what they hold."""
        rows = [list(content.values()) for content in contents]
        if not all(_is_number(value) for row in rows for value in row):
            return None

        def choose(place: Node, name: str) -> Value:
            with self.graph.inside(self.graph.body):
                keys = [self._places_in_order(content) for content in contents]
            lists = [self.like(Static([]), row) for row in rows]
            made = TableBox(
                self._choose_word(keys, place, f"{name}_keys"),
                self._choose_list(lists, place, f"{name}_rows"),
                None,
            )
            whole = all(type(key) is int for held in contents for key in held)
            made.key_type = INT if whole else OPAQUE
            made.layouts.seen.add(())
            self.views[made.values] = made
            return made

        return choose

    def _choice_of_places(self, values: Sequence[ObjectEntry]) -> Choice | None:
        """One of several objects of an arena is at one of their places."""
        arena = values[0].records
        if any(value.records is not arena for value in values):
            return None
        places = [value.place for value in values]
        return lambda place, name: self.record_at(
            arena, self.node(self._choose_number(places, place, name)), ast.Pass()
        )

    def _choice_of_objects(self, values: Sequence[ObjectBox]) -> Choice | None:
        first = values[0]
        if any(value.type is not first.type for value in values):
            return None
        if self.linking and self.linkable.get(first.type) and all(map(is_new, values)):
            raise self.found_linked(first)
        names = [self._names_of(value) for value in values]
        if any(found != names[0] for found in names):
            return None
        columns = [
            [self._object_attribute(value, name, ast.Pass()) for value in values]
            for name in names[0]
        ]
        parts = self._choice_of_parts(columns)
        if parts is None:
            return None

        def choose(place: Node, name: str) -> Value:
            made = ObjectBox(None, first.type, None)
            self.state[made] = {
                field: part(place, _field_name(name, field))
                for field, part in zip(names[0], parts, strict=True)
            }
            return made

        return choose

    def _names_of(self, value: ObjectBox) -> tuple[str, ...]:
        if value.instance is None:
            return tuple(self.attributes_of(value))
        return attributes_of(value.instance)

    # --- lists ------------------------------------------------------------------------------

    def _choice_of_lists(self, values: Sequence[ListBox]) -> Choice | None:
        if any(isinstance(value, ArrayBox) for value in values):
            return None
        layout = self._common_layout(values)
        if layout is not None:
            return lambda place, name: self._choose_records(layout, values, place, name)
        kinds = {kind for value in values for kind in self._kinds_in(value)}
        if not kinds and all(self.content(value) == [] for value in values):
            return lambda place, name: self.like(Static([]), [])
        if kinds in ({"number"}, {"word"}):
            return lambda place, name: self._choose_list(values, place, name)
        return None

    def _kinds_in(self, value: Value) -> Iterator[str]:
        """What there is in a list, also in lists in it: numbers, words or something else."""
        content = self.content(value) if isinstance(value, ListBox) else value
        if isinstance(content, list):
            for item in map(self.read, content):
                yield from self._kinds_in(item)
            return
        kind = content.type if isinstance(content, Node) else None
        while isinstance(kind, SequenceType):
            kind = kind.item
        if kind in PLAIN_NUMBERS:
            yield "number"
        else:
            yield "word" if kind == OPAQUE or self._holds_no_number(content) else "other"

    def _common_layout(self, values: Sequence[ListBox]) -> RecordLayout | None:
        """The layout of the records that all of the lists hold, if they do."""
        found: RecordLayout | None = None
        for value in values:
            layout = self._layout_in(value)
            if layout is None and not self._is_empty(value):
                return None
            found = found or layout
            if layout is not None and found is not None and layout.keys != found.keys:
                return None
        return found

    def _is_empty(self, box: ListBox) -> bool:
        """Whether there is nothing in a list, also one of the caller's in the call at hand."""
        content = self.content(box)
        if isinstance(content, Node):
            return content in self.given_lists and self.given_lists[content][1] == 0
        return not content

    def _emptied(self, box: Value) -> Value:
        """An empty list known to be one; other lists as they are."""
        if isinstance(box, RecordsBox) or not self._is_empty(box):
            return box
        content = self.content(box)
        if isinstance(content, Node):
            self.graph.guard(self.given_lists[content][0], "length", 0)
        return self.like(Static([]), [])

    def _layout_in(self, box: ListBox) -> RecordLayout | None:
        if isinstance(box, RecordsBox):
            return box.layout if box.by_value else None
        layouts = [
            self.layout_of_value(self.read(item), inner=True)
            for item in self.known_items(box) or ()
        ]
        alike = layouts and all(layout == layouts[0] for layout in layouts)
        return layouts[0] if alike and layouts[0] is not None and layouts[0].is_fixed else None

    def _choose_list(self, values: Sequence[Value], place: Node, name: str) -> ListBox:
        made = self.boxed(self.primitive(sequence.index, self._among(values, name), place))
        assert isinstance(made, ListBox)
        return made

    def _choose_records(
        self, layout: RecordLayout, values: Sequence[Value], place: Node, name: str
    ) -> RecordsBox:
        like = self.empty_records(layout)
        lists = map(self._emptied, values)
        rows = [self._columns_of(like, value, ast.Pass()) for value in lists]
        columns: list[ListBox] = []
        for position, parts in enumerate(zip(*rows, strict=True)):
            own, field = like.columns[position], _field_name(name, layout.name(position))
            if isinstance(own, RecordsBox):
                columns.append(self._choose_records(own.layout, parts, place, field))
            else:
                columns.append(self._choose_list(parts, place, field))
        made = self._records(layout, like.entry, columns)
        made.by_value = True
        return made


def _is_number(value: Value) -> bool:
    return isinstance(value, Node) and value.type in PLAIN_NUMBERS


def _name_of(node: ast.AST) -> str:
    """What the container is called of which an entry is read."""
    base = node.value if isinstance(node, ast.Subscript) else None
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else "entry"


def _field_name(name: str, field: Any) -> str:
    """What the values of one field of several records are called."""
    plain = isinstance(field, str) and field.isidentifier()
    return f"{name}_{field}" if plain else f"{name}_rows"
