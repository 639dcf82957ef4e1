"""The narrowest shape for what a loop carries under a name, from what its steps leave there."""

from __future__ import annotations

import ast
import functools
from collections.abc import Hashable
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, OPAQUE, Type, join, join_entries
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.containers.sharing import Box, boxes_in, is_held
from chainrule.lift.iteration.cycles import leads_back
from chainrule.lift.iteration.kept_attributes import with_missing, with_places
from chainrule.lift.iteration.shapes import (
    HELD,
    KEEP,
    Alternatives,
    Fresh,
    Keep,
    Layout,
    Made,
    MaybeBound,
    Same,
    Scalar,
    Shape,
    Unknown,
    bound_part,
    in_time,
    kind_of_shape,
    shapes_by_kind,
)
from chainrule.lift.kinds import are_apart, change_rank, is_of_node, kind_of
from chainrule.lift.state import Key, State, same_value
from chainrule.lift.values import (
    ENTRIES,
    UNBOUND,
    DictBox,
    Either,
    ListBox,
    ObjectBox,
    Place,
    Poison,
    Read,
    RecordsBox,
    Static,
    TableBox,
    TupleValue,
    Value,
    View,
    alternatives_of,
    is_made,
    is_member,
    some_member,
)
from chainrule.lift.waiting import Waiting
from chainrule.primitives.written import carried_type, display_type, filled_type

# Lists of no more numbers, also in lists, are carried by their entries.
MOST_NUMBERS = 9


class Widening(Waiting):
    """Finds shapes that fit what was carried so far and the next value."""

    # The names whose lists are carried by their entries; None where all are carried as a whole.
    rows: list[Hashable] | None = None

    def _shape(self, value: Value) -> Shape:
        if isinstance(value, Node):
            return Scalar(value.type)
        if isinstance(value, ENTRIES):
            return Layout("entry", (Scalar(value.place.type),), (), value.records)
        if isinstance(value, TupleValue):
            return Layout("tuple", tuple(map(self._shape, value.items)), (), value.named)
        if isinstance(value, list):
            return Layout("list", tuple(map(self._shape, value)))
        if isinstance(value, dict):
            return Layout("dict", tuple(map(self._shape, value.values())), tuple(value))
        if isinstance(value, Either) and value.orelse is UNBOUND and isinstance(value.then, Node):
            return MaybeBound(Scalar(value.then.type))
        return KEEP

    def begun_with(self, key: Key, value: Value, shapes: dict[Key, Shape]) -> Value:
        """What a loop begins with under a key, given what a step leaves there."""
        before = self.state.get(key, UNBOUND)
        held = with_missing(key, before, value)
        if held is not before:
            self.state[key] = held
            shapes |= {key: with_places(shapes[key], held)} if key in shapes else {}
        return held

    def _widen(self, shape: Shape, before: Value, value: Value, after: State, key: Key) -> Shape:
        """The narrowest shape that fits ``shape`` and the next value."""
        if not isinstance(shape, (Alternatives, Same)):
            widened = self._widen_one(shape, before, value, after, key)
            if not isinstance(widened, Unknown):
                return widened
        if value is UNBOUND:
            return shape
        return self._two_kinds(shape, before, value, after, key)

    def _two_kinds(
        self, shape: Shape, before: Value, value: Value, after: State, key: Key
    ) -> Shape:
        """The shape of a name that holds values of two kinds, one in some steps only."""
        held = shapes_by_kind(shape).values()
        was = [part.value for part in held if isinstance(part, Same)]
        opaque = isinstance(shape, Scalar) and shape.type == OPAQUE
        if some_member([*was, before, value] if before is not UNBOUND else [*was, value]) or (
            opaque and all(map(is_member, alternatives_of(value)))
        ):
            return Scalar(OPAQUE)
        found = self._kinds_so_far(shape, before, key)
        if found is None or isinstance(value, Poison):
            return Unknown()
        for part in alternatives_of(value):
            kind = kind_of(part)
            if kind is None or part is UNBOUND:
                return Unknown()
            known = found.get(kind)
            widened = (
                self._part_shape(part, after, key)
                if known is None
                else self._widen_part(known, part, after, key)
            )
            if isinstance(widened, Unknown):
                return widened
            found[kind] = widened
        if all(isinstance(part, Layout) and part.kind == "tuple" for part in found.values()):
            return self._tuples(list(found.values()))
        if len(found) == 1:
            return next(iter(found.values()))
        # What may be None, or another plain value, comes last.
        *kinds, (_, orelse) = sorted(
            found.items(), key=lambda item: (isinstance(item[1], Same), is_of_node(item[0]))
        )
        for kind, then in reversed(kinds):
            orelse = Alternatives(kind, then, orelse)
        return orelse

    def _kinds_so_far(self, shape: Shape, before: Value, key: Key) -> dict[Any, Shape] | None:
        """The shapes of the kinds that a name is known to hold; None if that is not known."""
        if isinstance(shape, Alternatives):
            return shapes_by_kind(shape)
        if before is UNBOUND or isinstance(shape, (Unknown, MaybeBound)):
            return None
        if not isinstance(shape, Keep):
            kind = kind_of_shape(shape)
            shape = shape.as_list() if isinstance(shape, Made) else shape
            return None if kind is None else {kind: in_time(shape)}
        found: dict[Any, Shape] = {}
        for part in alternatives_of(before):
            kind = kind_of(part)
            if kind is None or kind in found or part is UNBOUND or isinstance(part, Poison):
                return None
            found[kind] = self._part_shape(part, self.state, key)
        return found if not any(isinstance(part, Unknown) for part in found.values()) else None

    def _part_shape(self, value: Value, state: State, key: Key) -> Shape:
        """The shape of a value that a name holds in some steps."""
        if isinstance(value, Node):
            return Scalar(value.type)
        made_here = is_made(value) and value not in self.state
        if isinstance(value, (TupleValue, *HELD, *ENTRIES)) or made_here:
            return in_time(self._late(value, state, key))
        # A row of a list is found by positions, which are others in the next step.  What the step
        # has made is another one then, too.
        passing = any(box not in self.state for box in boxes_in(value))
        return Unknown() if passing or isinstance(value, Place) else Same(value)

    def _widen_part(self, shape: Shape, value: Value, after: State, key: Key) -> Shape:
        if not isinstance(shape, Same):
            return in_time(self._widen_one(shape, UNBOUND, value, after, key))
        if same_value(shape.value, value):
            return shape
        if self._are_of_a_class(shape.value, value):
            first = in_time(self._late(shape.value, self.state, key))
            return in_time(self._widen_one(first, UNBOUND, value, after, key))
        held, given = self._leaf_type(shape.value), self._leaf_type(value)
        return Unknown() if held is None or given is None else self._scalar(held, given)

    def _tuples(self, shapes: list[Shape]) -> Shape:
        """Tuples of several lengths: one whose length is known at run time only."""
        parts = [part for shape in shapes for part in shape.parts]
        if not all(isinstance(part, Scalar) for part in parts):
            return Unknown()
        item = functools.reduce(join_entries, (part.type for part in parts))
        lost = any(part.type.differentiable for part in parts) and not item.differentiable
        return Unknown() if lost else Scalar(SequenceType(item, "tuple"))

    def _check_iterator(self, read: Read) -> None:
        """A loop that reads an iterator from before it finds nothing left in its second step."""
        if any(value is read.iterator for value in self.state.values()):
            refusal = self.unsupported(
                "an iterator that was made before a loop is read in it",
                "Make a list of its items before: `list(...)`.",
            )
            raise self.asked_again(read.iterator, refusal)

    def _grown(self, key: Key, value: Value) -> Shape:
        """The shape of a list that a loop has made a run-time list, ``value`` at the end."""
        content = self.state[key]
        if isinstance(value, Node):
            return self._scalar(content.type, value.type)
        return self._shape(content)

    def _scalar(self, left: Type, right: Type, late: bool = False) -> Shape:
        """One node of either type, if a derivative can still flow through it."""
        joined = join(left, right)
        lost = (left.differentiable or right.differentiable) and not joined.differentiable
        lost = lost or are_apart((left, right))
        return Unknown() if lost else Scalar(joined, late)

    def _widen_one(
        self, shape: Shape, before: Value, value: Value, after: State, key: Key
    ) -> Shape:
        """The same where all values are of one kind, else :class:`Unknown`."""
        if isinstance(value, Either) and value.orelse is not UNBOUND:
            return Unknown()
        if isinstance(shape, MaybeBound) and value is not UNBOUND:
            inner = self._widen(shape.shape, UNBOUND, bound_part(value), after, key)
            return Unknown() if isinstance(inner, Unknown) else MaybeBound(in_time(inner))
        if isinstance(shape, Unknown) or value is UNBOUND:
            return shape
        if isinstance(value, Poison):
            return Unknown()
        if isinstance(value, Either) and before is UNBOUND and value.orelse is UNBOUND:
            inner = self._widen(shape, before, value.then, after, key)
            return Unknown() if isinstance(inner, Unknown) else MaybeBound(in_time(inner))
        if isinstance(shape, Keep):
            if same_value(before, value) or same_value(bound_part(before), value):
                return shape
            if before is UNBOUND:
                return self._late(value, after, key)
            maybe = isinstance(before, Either) and before.orelse is UNBOUND
            if maybe and self._is_held(part := bound_part(value)):
                # Where the loop comes to its end it is bound, or is what it was.
                inner = self._widen(shape, bound_part(before), part, after, key)
                return Unknown() if isinstance(inner, Unknown) else MaybeBound(in_time(inner))
            if isinstance(before, RecordsBox) or isinstance(value, RecordsBox):
                return self._widen_records(before, value, after, key)
            if isinstance(before, TableBox) or isinstance(value, TableBox):
                return self._widen_tables(before, value, after, key)
            if (
                self.rows is not None
                and self._entries_of_row(before, self.state)
                and self._entries_of_row(value, after)
            ):
                self.rows.append(key)
                row = self._made(before, self.state, key)
                return self._widen_made(row, before, value, after, key)
            if self._is_held(before) and self._is_held(value):
                held = self._held_type(before, self.state), self._held_type(value, after)
                if change_rank(*held):
                    return Unknown()
                alike = len({type(each) for each in held}) == 1
                fresh = self._fresh(join(*held) if alike else held[1], value, after, key)
                alone = fresh.alone and self._is_alone(before, self.state, key)
                lenders = dict.fromkeys((*self._existing(before), *fresh.lenders))
                return Fresh(fresh.type, tuple(lenders), alone)
            if isinstance(before, ENTRIES) and isinstance(value, ENTRIES):
                return self._widen(self._shape(before), before, value, after, key)
            if isinstance(before, ListBox) or isinstance(value, ListBox):
                return Unknown()
            if self._are_of_a_class(before, value):
                return self._widen_made(
                    self._made(before, self.state, key), before, value, after, key
                )
            node_type = self._leaf_type(value)
            before_type = self._leaf_type(before)
            if node_type is None or before_type is None:
                return Unknown()
            return self._scalar(*carried_type(before, before_type, node_type))
        if isinstance(shape, Scalar):
            if isinstance(shape.type, SequenceType) and isinstance(value, list):
                return Scalar(join(shape.type, self._content_type(value, after)))
            node_type = self._leaf_type(value)
            if node_type is None:
                return Unknown() if not shape.late else self._late(value, after, key)
            return self._scalar(*carried_type(before, shape.type, node_type), shape.late)
        if isinstance(shape, Made):
            return self._widen_made(shape, before, value, after, key)
        if isinstance(shape, Fresh):
            return self._widen_fresh(shape, value, after, key)
        parts = self._parts(value)
        if (
            parts is not None
            and self._kind(value) == shape.kind
            and len(parts) == len(shape.parts)
            and self._keys(value) == shape.keys
            and (shape.kind != "entry" or value.records is shape.named)
            and (shape.kind != "records" or self._are_alike_records(value, shape.named))
            and (shape.kind != "table" or value.is_like(shape.named))
        ):
            before_parts = self._parts(before)
            if before_parts is None or len(before_parts) != len(parts):
                before_parts = [UNBOUND] * len(parts)
            return Layout(
                shape.kind,
                tuple(
                    self._widen_part_of(s, b, v, after, key)
                    for s, b, v in zip(shape.parts, before_parts, parts, strict=True)
                ),
                shape.keys,
                shape.named,
            )
        if shape.kind == "list" and (
            isinstance(value, list)
            or (isinstance(value, Node) and isinstance(value.type, SequenceType))
        ):
            return Scalar(
                join(self._content_type(before, self.state), self._content_type(value, after))
            )
        return Unknown()

    def _widen_part_of(
        self, shape: Shape, before: Value, value: Value, after: State, key: Key
    ) -> Shape:
        """The shape of a part; of an attribute that is missing before, with a bool for that."""
        widened = self._widen(shape, before, value, after, key)
        missing = isinstance(key, ObjectBox) and before is UNBOUND and value is not UNBOUND
        told = not missing or isinstance(widened, (Unknown, Keep, MaybeBound))
        return widened if told else MaybeBound(in_time(widened))

    def _widen_fresh(self, shape: Fresh, value: Value, after: State, key: Key) -> Shape:
        """The shape of a list or an array that is another one in each step."""
        if not self._is_held(value):
            return Unknown()
        own = self._held_type(value, after)
        if change_rank(shape.type, own):
            return Unknown()
        held_type = join(shape.type, own)
        fresh = self._fresh(held_type, value, after, key)
        lenders = dict.fromkeys((*shape.lenders, *fresh.lenders))
        return Fresh(held_type, tuple(lenders), shape.alone and fresh.alone)

    def _widen_records(self, before: Value, value: Value, after: State, key: Key) -> Shape:
        """The shape of a name that is bound to another list of records in each step."""
        if not isinstance(before, RecordsBox) or not isinstance(value, RecordsBox):
            return Unknown()
        if not self._are_alike_records(before, value):
            return Unknown()
        columns = zip(self._lists_of(before), self._lists_of(value), strict=True)
        parts = tuple(self._widen(KEEP, *each, after, key) for each in columns)
        return Layout("records", parts, (), value)

    def _widen_tables(self, before: Value, value: Value, after: State, key: Key) -> Shape:
        """The shape of a name that is bound to another dict of run-time keys in each step."""
        for one, other in ((before, value), (value, before)):
            made = isinstance(one, DictBox) and one.site is not None
            if made and isinstance(other, TableBox):
                raise self.needs_table(one, ast.Pass())
        if not isinstance(before, TableBox) or not isinstance(value, TableBox):
            return Unknown()
        if not value.is_like(before):
            return Unknown()
        pairs = zip(self._parts(before) or (), self._parts(value) or (), strict=True)
        parts = tuple(self._widen(KEEP, *each, after, key) for each in pairs)
        return Layout("table", parts, (), value)

    def _are_alike_records(self, left: RecordsBox, right: RecordsBox) -> bool:
        """Whether two lists hold records of one layout, all of their own or of one home."""
        if isinstance(left.places, ListBox) and isinstance(right.places, ListBox):
            return left.home is right.home
        one, other = left.layout, right.layout
        same = (one.kind, one.type, one.keys) == (other.kind, other.type, other.keys)
        return same and left.places is None and right.places is None

    def records_like(self, box: RecordsBox, columns: list[ListBox]) -> RecordsBox:
        """A list of records of the layout of another, with columns of its own."""
        if box.places is not None:
            made = box.at(*columns)
            self.state[made] = self.state[box.home]
            return made
        made = RecordsBox(box.layout, box.entry, columns)
        made.by_value = box.by_value
        self.state[made] = self.state.get(box)
        return made

    def _lists_of(self, box: RecordsBox) -> list[Value]:
        """The lists that a list of records consists of: of its fields, or of places."""
        return [box.places] if isinstance(box.places, ListBox) else list(box.columns)

    def _are_of_a_class(self, left: Value, right: Value) -> bool:
        """Whether both are dicts, or objects of one class of which one is made by the function."""
        kinds = (DictBox, ObjectBox)
        if not isinstance(left, kinds) or not isinstance(right, kinds):
            return False
        same = getattr(left, "type", None) is getattr(right, "type", None)
        return same and (is_made(left) or is_made(right))

    def _entries_of_row(self, value: Value, state: State) -> list[Value]:
        """The entries of a short list of the function's own of numbers and rows; else none."""
        rows: list[Value] = [value]
        numbers = 0
        for row in rows:
            content = state.get(row) if type(row) is ListBox and not row.parameter else None
            if not isinstance(content, list):
                return []
            inner = [entry for entry in content if isinstance(entry, ListBox)]
            plain = [
                entry for entry in content if isinstance(entry, Node) and entry.type in (FLOAT, INT)
            ]
            numbers += len(plain)
            if len(inner) + len(plain) != len(content) or numbers > MOST_NUMBERS:
                return []
            if not content or any(entry in rows for entry in inner) or len(set(inner)) < len(inner):
                return []
            rows += inner
        entries: list[Value] = state[value]
        return entries

    def content_in(self, box: Value, state: State) -> dict[Any, Value] | list[Value]:
        """The entries of a dict or a row, or the attributes of an object, in ``state``."""
        if isinstance(box, ListBox):
            return self._entries_of_row(box, state)
        before, self.state = self.state, state
        try:
            return self.entries(box) if isinstance(box, DictBox) else self.attributes_of(box)
        finally:
            self.state = before

    def _made(self, box: DictBox | ObjectBox | ListBox, state: State, key: Key) -> Made:
        """The shape of a name that is bound to a dict, row or object, as the loop finds it."""
        layout = self._shape(self.content_in(box, state))
        return Made(layout, _class_of(box), self._existing(box), self._is_alone(box, state, key))

    def _widen_made(
        self, shape: Made, before: Value, value: Value, after: State, key: Key
    ) -> Shape:
        """The shape of a dict, a row or an object that is another one in each step."""
        if shape.type is list and len(self._entries_of_row(value, after)) != len(
            shape.content.parts
        ):
            return self._widen_one(shape.as_list(), before, value, after, key)
        if not isinstance(value, (DictBox, ObjectBox, ListBox)):
            return Unknown()
        if _class_of(value) is not shape.type or leads_back(value, after):
            return Unknown()
        content = self.content_in(value, after)
        news = self._parts(content) or []
        if self._keys(content) != shape.content.keys:
            return Unknown()
        olds = [UNBOUND] * len(news)
        if isinstance(before, (DictBox, ObjectBox, ListBox)):
            olds = self._parts(self.content_in(before, self.state)) or olds
        parts = tuple(
            self._widen(part, old, new, after, key)
            for part, old, new in zip(shape.content.parts, olds, news, strict=True)
        )
        lenders = dict.fromkeys((*shape.lenders, *self._existing(value)))
        alone = shape.alone and self._is_alone(value, after, key)
        layout = Layout(shape.content.kind, parts, shape.content.keys)
        return Made(layout, shape.type, tuple(lenders), alone)

    def _late(self, value: Value, after: State, key: Key) -> Shape:
        if is_made(value):
            if leads_back(value, after):
                return Unknown()
            content = self.content_in(value, after)
            parts = tuple(self._late_part(item, after, key) for item in self._parts(content) or ())
            kind = value.type if isinstance(value, ObjectBox) else None
            layout = Layout("dict", parts, tuple(content))
            return Made(layout, kind, self._existing(value), self._is_alone(value, after, key))
        if isinstance(value, RecordsBox):
            if isinstance(value.places, tuple):
                return Unknown()
            parts = tuple(self._late(column, after, key) for column in self._lists_of(value))
            return Layout("records", parts, (), value)
        if isinstance(value, TableBox):
            parts = tuple(self._late(part, after, key) for part in self._parts(value) or ())
            return Layout("table", parts, (), value)
        if isinstance(value, ENTRIES):
            return Layout("entry", (self._late(value.place, after, key),), (), value.records)
        if isinstance(value, TupleValue):
            items = tuple(self._late(item, after, key) for item in value.items)
            return Layout("tuple", items, (), value.named)
        if isinstance(value, HELD):
            # Its content is a key of its own; the name keeps pointing to a fresh list.
            return self._fresh(self._held_type(value, after), value, after, key)
        leaf = self._leaf_type(value)
        if leaf is None:
            return Unknown()
        return Scalar(leaf, late=True)

    def _late_part(self, value: Value, after: State, key: Key) -> Shape:
        """The shape of an attribute; functions and the like are the same in every step."""
        constant = isinstance(value, Static) and self._leaf_type(value) is None
        return Same(value) if constant else self._late(value, after, key)

    def _is_held(self, value: Value) -> bool:
        """Whether a value is a list or an array, be it a row of a list."""
        return isinstance(value, HELD) or self.is_array(value)

    def _held_type(self, value: Value, state: State) -> Type:
        """Type of what a list, an array or a view of one holds in ``state``."""
        return (
            value.type
            if isinstance(value, (View, Node))
            else self._content_type(state[value], state)
        )

    def _fresh(self, type: Type, value: Value, after: State, key: Key) -> Fresh:
        """The shape of the name ``key`` that a step leaves bound to a list or array."""
        return Fresh(type, self._existing(value), self._is_alone(value, after, key))

    def _existing(self, value: Value) -> tuple[Box, ...]:
        """What a value may share its memory with and that exists before the loop."""
        lenders = dict.fromkeys(self.loans.lenders(value))
        return tuple(box for box in lenders if box in self.state)

    def _is_alone(self, value: Value, state: State, key: Key) -> bool:
        """Whether no name but ``key`` leads to the memory of a list or array."""
        lenders = self.loans.lenders(value)
        return (
            bool(lenders)
            and not any(
                is_held(box, state, (key,)) or box in self.frozen or box in self.shown.given
                for box in lenders
            )
            and not self.loans.meets_another(lenders[0], state, (key,))
        )

    def _leaf_type(self, value: Value) -> Type | None:
        if isinstance(value, Node):
            return value.type
        if isinstance(value, Static) and (
            value.value is None or isinstance(value.value, (str, bool))
        ):
            return self.graph.constant(value.value).type
        return OPAQUE if is_member(value) else None

    def _content_type(self, content: Value, state: State) -> Type:
        """Type of the list that has this content in ``state``."""
        if isinstance(content, Node):
            return content.type
        entries = content if isinstance(content, list) else ()
        kinds = [(_is_written(entry), self._type_of_entry(entry, state)) for entry in entries]
        written = [kind for literal, kind in kinds if literal]
        return filled_type((kind for literal, kind in kinds if not literal), written, "list")

    def _type_of_entry(self, entry: Value, state: State) -> Type:
        """Type of an entry of a list in ``state``."""
        if isinstance(entry, View) or (isinstance(entry, ListBox) and entry in state):
            return self._held_type(entry, state)
        if isinstance(entry, Place):
            found = self._held_type(entry.box, state)
            for _ in entry.path:
                found = found.item if isinstance(found, SequenceType) else OPAQUE
            return found
        if isinstance(entry, TupleValue):
            return display_type([self._type_of_entry(item, state) for item in entry.items], "tuple")
        return self._leaf_type(entry) or OPAQUE

    def _parts(self, value: Value) -> list[Value] | None:
        if isinstance(value, RecordsBox):
            return self._lists_of(value)
        if isinstance(value, TableBox):
            return [value.places, value.values]
        if isinstance(value, ENTRIES):
            return [value.place]
        if isinstance(value, TupleValue):
            return list(value.items)
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            return list(value.values())
        return None

    def _kind(self, value: Value) -> str:
        if isinstance(value, RecordsBox):
            return "records"
        if isinstance(value, TableBox):
            return "table"
        if isinstance(value, ENTRIES):
            return "entry"
        return "tuple" if isinstance(value, TupleValue) else type(value).__name__

    def _keys(self, value: Value) -> tuple[Any, ...]:
        return tuple(value) if isinstance(value, dict) else ()


def _class_of(box: DictBox | ObjectBox | ListBox) -> Any:
    """What a box is made of anew (:class:`Made`)."""
    if isinstance(box, ListBox):
        return list
    return box.type if isinstance(box, ObjectBox) else None


def _is_written(value: Value) -> bool:
    """Whether a value is a number or None that stands in the code."""
    return isinstance(value, Static) or (isinstance(value, Node) and value.op is CONSTANT)
