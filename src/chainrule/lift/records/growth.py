"""Lists of records that the function makes: ``path.append(Point(x, y))``.

A list is found to hold records when one is put into it whose number is known at run time only.
It is one from its beginning: lifting begins anew, knowing it (:class:`RecordsMade`).
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.anew import Anew
from chainrule.lift.records.entries import RecordEntries
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.values import (
    ENTRIES,
    DictBox,
    ListBox,
    ObjectBox,
    ObjectEntry,
    Poison,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    is_made,
)
from chainrule.primitives import sequence

# A list of a length known at run time is given so many entries one by one.
FEW = 4


class RecordsMade(Anew):
    """A list made at ``site`` was lifted as one of numbers, and holds records of ``layout``.

    It holds some of those of another list where there is no layout.  ``objects`` are the layouts
    of objects in its tuples that are not in arenas, as they have to be.
    """

    def __init__(
        self,
        site: Hashable,
        layout: RecordLayout | None,
        objects: tuple[RecordLayout, ...] = (),
    ) -> None:
        super().__init__(site)
        self.site = site
        self.layout = layout
        self.objects = objects


class RecordGrowth(RecordEntries):
    """Makes lists of records, and lists of places in them."""

    # Whether tuples of values of several types are records.
    mixed_records = True

    def list_at(self, site: Hashable) -> ListBox:
        if site is None or site not in self.record_sites:
            return super().list_at(site)
        layout = self.record_sites[site]
        if layout is not None:
            return self.empty_records(layout)
        found = RecordsBox(RecordLayout("tuple", None, (), ()), "entry", [])
        found.places = ListBox()
        found.places.site = ("places", site)
        self.state[found.places] = []
        self.state[found] = self.whole_use()
        return found

    def whole_use(self) -> Poison:
        """What a list of records is where it is used otherwise than record by record."""
        return Poison(
            self.unsupported(
                "this use of a list of records whose length is known at run time only",
                "Loop over it, index it or slice it.",
            )
        )

    def empty_records(self, layout: RecordLayout) -> RecordsBox:
        """A list of records that has none yet."""
        columns = []
        for position, type_ in enumerate(layout.types):
            column: ListBox
            if isinstance(type_, RecordLayout):
                column = self.empty_records(type_)
            else:
                column = ListBox()
                self.state[column] = []
            name = layout.name(position)
            if name is not None:
                self.box_names[column] = name
            columns.append(column)
        box = RecordsBox(layout, layout.noun, columns)
        box.by_value = layout.is_fixed
        self.state[box] = self.whole_use()
        return box

    # --- what a list holds --------------------------------------------------------------------

    def sequence_node(self, box: ListBox) -> Node:
        self.look_for_records(box, self.state[box])
        return super().sequence_node(box)

    def look_for_records(self, box: ListBox, content: Any) -> None:
        items = content if isinstance(content, list) else ()
        for item in items:
            self._look_at(box, item)

    def _look_at(self, box: ListBox, item: Value) -> None:
        """Begin anew where an entry is a record."""
        if box.site is None or isinstance(box, RecordsBox) or box.parameter:
            return
        if isinstance(item, ENTRIES) or item in self.positions:
            raise RecordsMade(box.site, None)
        layout = self.layout_of_value(item)
        if layout is not None:
            raise RecordsMade(box.site, layout, self._objects_in(item))

    def _objects_in(self, row: Value) -> tuple[RecordLayout, ...]:
        """The layouts of the objects of the function's own that a tuple holds."""
        items = map(self.read, row.items if isinstance(row, TupleValue) else ())
        made = [each for each in items if isinstance(each, ObjectBox) and is_made(each)]
        layouts = [self.layout_of_value(each) for each in made]
        return tuple(each for each in layouts if each is not None and not each.is_fixed)

    def layout_of_value(self, value: Value, inner: bool = False) -> RecordLayout | None:
        """The layout of a record that the function has made; None of anything else."""
        if isinstance(value, TupleValue) and value.items:
            if value.named is None and not (inner or self._is_mixed(value)):
                return None
            keys = getattr(value.named, "_fields", tuple(range(len(value.items))))
            kind = "tuple" if value.named is None else "object"
            return self._layout(kind, value.named, dict(zip(keys, value.items, strict=True)))
        if isinstance(value, ENTRIES) or not is_made(value):
            return None
        content = self.state.get(value)
        if not isinstance(content, dict) or not content:
            return None
        if isinstance(value, ObjectBox):
            return self._layout("object", value.type, content)
        plain = all(isinstance(key, str) for key in content)
        return self._layout("dict", None, content) if plain else None

    def _is_mixed(self, row: TupleValue) -> bool:
        """Whether a tuple is no row of a table: it holds objects, or several types of things."""
        if not self.mixed_records:
            return False
        items = list(map(self.read, row.items))
        types = {item.type if isinstance(item, Node) else None for item in items}
        return len(types) > 1 or any(isinstance(item, ObjectBox) for item in items)

    def _layout(self, kind: str, type_: Any, content: dict[Any, Value]) -> RecordLayout:
        inner = [self.layout_of_value(self.read(value), inner=True) for value in content.values()]
        fixed = [layout if layout is not None and layout.is_fixed else None for layout in inner]
        for position, value in enumerate(map(self.read, content.values())):
            if isinstance(value, ObjectEntry) and value.records.is_arena:
                fixed[position] = value.records.layout
        return RecordLayout(kind, type_, tuple(content), tuple(fixed))

    def append(self, box: ListBox, value: Value, node: ast.AST) -> None:
        value = self.read(value)
        if not isinstance(box, RecordsBox):
            if not isinstance(self.state[box], list):
                self._look_at(box, value)
            super().append(box, value, node)
            return
        if isinstance(box.places, ListBox):
            self._append_place(box, value, node)
            return
        self._check_grows(box, node)
        fields = self.fields_of(box, value, node)
        if isinstance(value, (ObjectBox, DictBox)):
            self._hand_over(box, value, node)
        for column, field in zip(box.columns, fields, strict=True):
            self.append(column, field, node)
        if isinstance(value, (ObjectBox, DictBox)) and not box.by_value:
            held = [column for column in box.columns if not isinstance(column, RecordsBox)]
            self.loans.lend(value, held, self.state)

    def _check_grows(self, box: RecordsBox, node: ast.AST) -> None:
        if box.route is not None or box in self.frozen:
            raise self.unsupported(
                "a list of records of the caller's that grows or shrinks",
                "Make a list of the function's own.",
                node,
            )

    def _hand_over(self, box: RecordsBox, value: ObjectBox | DictBox, node: ast.AST) -> None:
        """From now on a record is what the list holds of it."""
        held = isinstance(value, ENTRIES) or value in self.frozen or value in self.positions
        if not box.by_value and held:
            raise self.unsupported(
                "an object that is put into two lists of records, or twice into one",
                "Put a copy there.",
                node,
            )
        self.freeze(value)

    def _append_place(self, box: RecordsBox, value: Value, node: ast.AST) -> None:
        """Put a record of another list into a list of some of them."""
        assert isinstance(box.places, ListBox)
        self.append(box.places, self.place_among(box, value, node), node)

    def place_among(self, box: RecordsBox, value: Value, node: ast.AST) -> Node:
        at = self._position(value)
        if at is None or (box.columns and at[0] is not box.home):
            raise self._several(node)
        if not box.columns:
            self._settle_home(box, at[0])
        return self._from_beginning(*at)

    def _settle_home(self, box: RecordsBox, home: RecordsBox) -> None:
        box.home, box.layout, box.entry = home, home.layout, home.entry
        box.columns, box.by_value = home.columns, home.by_value

    def extend(self, box: ListBox, value: Value, node: ast.AST) -> None:
        home = box.home if isinstance(box, RecordsBox) and isinstance(box.places, ListBox) else None
        if home is not None and isinstance(value, RecordsBox) and value.home is home:
            super().extend(self.all_places(box), self.all_places(value), node)
            return
        if isinstance(value, RecordsBox) and value.columns:
            if not isinstance(box, RecordsBox) and box.site is not None and not box.parameter:
                own = value.by_value or value.home.is_arena
                raise RecordsMade(box.site, value.layout if own else None)
            if isinstance(box, RecordsBox) and box.by_value and not box.places and value.by_value:
                self._check_grows(box, node)
                self._extend_columns(box, self._columns_of(box, value, node), node)
                return
        items = self.known_items(value)
        if items is None or (isinstance(self.state[box], list) and not isinstance(box, RecordsBox)):
            super().extend(box, value, node)
        elif isinstance(box, RecordsBox) or len(items) <= FEW:
            for item in items:
                self.append(box, item, node)
        else:
            for item in items:
                self._look_at(box, item)
            super().extend(box, value, node)

    def _extend_columns(self, box: RecordsBox, others: list[Value], node: ast.AST) -> None:
        for column, other in zip(box.columns, others, strict=True):
            if isinstance(column, RecordsBox):
                self._extend_columns(column, self._columns_of(column, other, node), node)
            else:
                self.extend(column, other, node)

    def all_places(self, box: Value) -> ListBox:
        """Where the records of a list are in its home, in a list."""
        if isinstance(box.places, ListBox):
            return box.places
        start, stop = box.places or (self.graph.constant(0), self.records_length(box))
        whole = ListBox()
        self.state[whole] = self.verbatim(
            "list(range(_0_, _1_))", start, stop, type=SequenceType(INT), pure=True
        )
        return whole

    def container_operator(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        sides = [side for side in (left, right) if isinstance(side, RecordsBox) and side.columns]
        if operator is not ast.Add or not sides:
            return super().container_operator(operator, left, right, node)
        (first, *_) = sides
        others = [self.known_items(side) or [] for side in (left, right) if side not in sides]
        placed = all(self._position(item) is not None for items in others for item in items)
        together = placed and all(side.home is first.home for side in sides)
        if first.by_value and (first.home.route is None or not together):
            return self._joined_by_columns(first, left, right, node)
        if any(side.home is not first.home for side in sides):
            return super().container_operator(operator, left, right, node)
        joined = ListBox()
        self.state[joined] = []
        found = self.view_of(first, joined)
        before, behind = (self._places_among(found, side, node) for side in (left, right))
        found.places = super().container_operator(operator, before, behind, node)
        return found

    def _joined_by_columns(
        self, like: RecordsBox, left: Value, right: Value, node: ast.AST
    ) -> RecordsBox:
        """A list of the records of two, of which none is written to, field by field."""
        columns = [
            self._joined_by_columns(column, one, other, node)
            if isinstance(column, RecordsBox)
            else super(RecordGrowth, self).container_operator(ast.Add, one, other, node)
            for column, one, other in zip(
                like.columns,
                self._columns_of(like, left, node),
                self._columns_of(like, right, node),
                strict=True,
            )
        ]
        made = RecordsBox(like.layout, like.entry, columns)
        made.by_value = True
        self.state[made] = self.whole_use()
        return made

    def _columns_of(self, like: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        """A list of records as one list for each field that ``like`` has."""
        items = self.known_items(value)
        if items is not None:
            rows = [self.fields_of(like, item, node) for item in items]
            return [
                self.like(Static([]), [row[k] for row in rows]) for k in range(len(like.columns))
            ]
        if not (isinstance(value, RecordsBox) and value.by_value):
            raise self._several(node)
        if value.layout.keys != like.layout.keys or value.layout.type is not like.layout.type:
            raise self._several(node)
        if value.places is None:
            return list(value.columns)
        at = self.node(self.all_places(value))
        return [self.column_at(column, at) for column in value.columns]

    def _several(self, node: ast.AST) -> UnsupportedError:
        return self.unsupported(
            "a list that holds records of several lists, or new ones among them",
            "Keep the records of each list apart.",
            node,
        )

    def _places_among(self, box: RecordsBox, value: Value, node: ast.AST) -> Value:
        """The places of the records of one list, as those of a list of the same records."""
        if isinstance(value, RecordsBox):
            return self.all_places(value)
        items = self.known_items(value)
        if items is None:
            return value
        places = ListBox()
        self.state[places] = [self.place_among(box, item, node) for item in items]
        return places

    def take_out(self, box: ListBox, position: Value) -> Value:
        if not isinstance(box, RecordsBox):
            return super().take_out(box, position)
        if isinstance(box.places, ListBox):
            place = self.node(super().take_out(box.places, position))
            return self.record_at(box.home, place, ast.Pass())
        self._check_grows(box, ast.Pass())
        if not box.by_value or box.places is not None:
            raise self.unsupported(
                "an object that is taken out of a list of records",
                "Keep the list, and note which of its objects are done with.",
            )
        taken = [self.take_out(column, position) for column in box.columns]
        if box.layout.kind == "tuple" or issubclass(box.layout.type or dict, tuple):
            return TupleValue(tuple(taken), box.layout.type)
        made: DictBox | ObjectBox
        made = DictBox() if box.layout.kind == "dict" else ObjectBox(None, box.layout.type, None)
        self.state[made] = dict(zip(box.layout.keys, taken, strict=True))
        return made

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        if isinstance(box, ENTRIES):
            self.check_writable(box.records, node)
            return
        super().check_writable(box, node)

    def records_in_order(self, box: RecordsBox, order: ListBox) -> RecordsBox:
        """The records of a list in another order."""
        if box.places is None:
            return self.view_of(box, order)
        at = self.node(order)

        def place(index: Node) -> Value:
            at_index = self.primitive(sequence.index, at, index)
            self.naturals.add(at_index)
            return self.place_in(box, at_index)

        count = self.primitive(sequence.length, at)
        return self.view_of(box, self.gathered(count, place, ast.Pass()))
