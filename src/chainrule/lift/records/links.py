"""Objects that are linked: lists and trees that the function makes, node by node.

    while node is not None:             while node >= 0:
        total += node.value                 total += value[node]
        node = node.next                    node = next[node]

They are in arenas, and what may be None is a place there: -1 where it is.  Lifting does so where it
does not understand names and attributes that are an object on one path and None on another.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from chainrule.errors import UnsupportedError
from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE
from chainrule.lift.anew import Anew
from chainrule.lift.branches.branching import Path
from chainrule.lift.records.arenas import Arenas
from chainrule.lift.records.layout import RecordLayout
from chainrule.lift.state import Key, State
from chainrule.lift.values import (
    ENTRIES,
    UNBOUND,
    ArrayBox,
    Fact,
    ListBox,
    ObjectBox,
    ObjectEntry,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    is_made,
    is_told_apart,
)
from chainrule.primitives import arithmetic
from chainrule.records import dataclass, replace

NOTHING = -1


@dataclass(frozen=True)
class Link:
    """The type of an attribute that holds an object of the class ``kind``, or None."""

    kind: type


# The type of one that was taken for such, and holds numbers or None.
PLAIN = "plain"


class Linked(Anew):
    """Objects of ``layout`` are linked, which was not known."""

    def __init__(self, layout: RecordLayout) -> None:
        super().__init__(layout.type)
        self.layout = layout


class NoneHeld(Anew):
    """A name or an attribute that holds an object of the class ``kind`` may hold None as well."""

    def __init__(self, kind: type) -> None:
        super().__init__(kind)
        self.kind = kind


class Links(Arenas):
    """Lifts names and attributes that hold one of the objects of an arena, or None."""

    # Whether this is the way in which objects are lifted.
    linking = False

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # The classes whose objects hold None, or one another; with True those of which names that
        # may be one or another are written to, and none was None so far; so it is of lists.
        self.linkable: dict[type, bool] = {}
        self._begun_as_links: list[Key] = []

    def begin_arenas(self, layouts: dict[type, RecordLayout]) -> None:
        super().begin_arenas(layouts)
        for arena in self._arenas.values() if self.linking else ():
            arena.is_linked, arena.by_value = True, False

    def _construct(self, function: Static, found: type, *rest: Any) -> Value:
        made = super()._construct(function, found, *rest)
        if is_new(made):
            # What differs from path to path is refused where it is read, if it is.
            content = self.decided(self.state.get(made, {}))
            given = content.values() if isinstance(content, dict) else ()
            held = [self.decided(value) for value in given]
            if any(_is_none(each) or self._link_of(each) for each in held):
                self.linkable.setdefault(found, False)
        return made

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        try:
            super().check_writable(box, node)
        except UnsupportedError:
            if isinstance(box, ObjectBox) and not isinstance(box, ENTRIES):
                self.linkable.setdefault(box.type, True)
            elif type(box) in (ListBox, ArrayBox):
                self.linkable.setdefault(list, True)
            raise

    def check_fresh(self, box: Any) -> None:
        try:
            super().check_fresh(box)
        except UnsupportedError:
            if type(box) in (ListBox, ArrayBox):
                self.linkable.setdefault(list, True)
            raise

    # --- what is linked -------------------------------------------------------------------

    def unify_lists(self, start: State, paths: Sequence[Path], keys: Sequence[Key]) -> None:
        for key in keys if self.linking else ():
            values = [path.state.get(key, start.get(key, UNBOUND)) for path in paths]
            alike = self._alike(values, [path.state for path in paths])
            for path, before, value in zip(paths, values, alike, strict=True):
                if value is not before:
                    path.state[key] = value
        super().unify_lists(start, paths, keys)

    def _widen_all(self, attempt: Any, shapes: dict[Key, Any]) -> dict[Key, Any]:
        self._begun_as_links = []
        for key, value in attempt.after.items() if self.linking else ():
            before = self.state.get(key, UNBOUND)
            was, attempt.after[key] = self._alike([before, value], [self.state, attempt.after])
            if was is not before:
                self.state[key] = was
                self._begun_as_links.append(key)
        return super()._widen_all(attempt, shapes)

    def begin_as_arrays(
        self, shapes: Mapping[Key, Any], after: State, bounds: Sequence[Node], body: Any
    ) -> list[Key]:
        return [*super().begin_as_arrays(shapes, after, bounds, body), *self._begun_as_links]

    def _alike(self, values: Sequence[Value], states: Sequence[State]) -> list[Value]:
        """What a name holds on several paths, with None as a place where others hold an object."""
        if all(isinstance(value, dict) for value in values):
            return self._contents_alike(values, states)
        if all(isinstance(value, TupleValue) for value in values):
            return self._tuples_alike(values, states)
        held = [self.decided(value) for value in values]
        entries = [value for value in held if is_linked(value)]
        nothing = [value for value in held if _is_none(value)]
        for each, state in zip(held, states, strict=True) if nothing or entries else ():
            if is_new(each):
                raise self._found(each, state)
        new = [each for each in held if is_new(each)]
        if len(new) == len(held):
            self._look_into(new, states)
            for each, state in zip(new, states, strict=True) if len(set(new)) > 1 else ():
                if self.linkable.get(each.type):
                    raise self._found(each, state)
        if not entries or not nothing:
            return list(values)
        return [self._none_in(entries[0].records) if _is_none(v) else v for v in held]

    def _look_into(self, objects: Sequence[ObjectBox], states: Sequence[State]) -> None:
        """Begin anew where an attribute is another object in one of them and None in another."""
        contents = [
            self._attributes_in(each, state) for each, state in zip(objects, states, strict=True)
        ]
        for name in contents[0]:
            column = [self.read(content.get(name, UNBOUND)) for content in contents]
            for value, state in zip(column, states, strict=True):
                if any(map(_is_none, column)) and is_new(value):
                    raise self._found(value, state)

    def _contents_alike(
        self, values: Sequence[dict[Any, Value]], states: Sequence[State]
    ) -> list[Value]:
        found: list[Value] = [dict(value) for value in values]
        for name in values[0]:
            if all(name in value for value in values):
                column = self._alike([value[name] for value in values], states)
                for content, value in zip(found, column, strict=True):
                    content[name] = value
        changed = any(
            new[name] is not old[name]
            for new, old in zip(found, values, strict=True)
            for name in old
        )
        return found if changed else list(values)

    def _tuples_alike(self, values: Sequence[TupleValue], states: Sequence[State]) -> list[Value]:
        lengths = {len(value.items) for value in values}
        if len(lengths) > 1 or lengths == {0}:
            return list(values)
        columns = zip(*(value.items for value in values), strict=True)
        rows = list(zip(*(self._alike(each, states) for each in columns), strict=True))
        changed = any(
            new is not old
            for row, value in zip(rows, values, strict=True)
            for new, old in zip(row, value.items, strict=True)
        )
        if not changed:
            return list(values)
        return [TupleValue(row, value.named) for row, value in zip(rows, values, strict=True)]

    def _none_in(self, arena: RecordsBox) -> ObjectEntry:
        return ObjectEntry(arena, self._nothing(arena.layout.type))

    def _nothing(self, kind: type) -> Node:
        """The place of None among the objects of a class."""
        if self.linkable.get(kind):
            raise NoneHeld(kind)
        return self.graph.constant(NOTHING)

    def found_linked(self, box: ObjectBox) -> Exception:
        """What tells that an object of the function's own is one of several that are written to."""
        return self._found(box, self.state)

    def _found(self, box: ObjectBox, state: State) -> Exception:
        """What tells that an object of the function's own is linked."""
        if self.is_apart:
            return self.unsupported(
                "an object that a recursion makes and links", "Write the recursion as a loop."
            )
        if isinstance(box, ENTRIES) or box.type in self._arenas:
            return self.unsupported(
                f"an object of the class `{box.type.__name__}` that is put together step by step",
                "Give it all of its attributes in `__init__`.",
            )
        content = {key: self.read(value) for key, value in self._attributes_in(box, state).items()}
        # What is None may come to be another object of the class.
        own = Link(box.type)
        types = tuple(
            own if _is_none(value) else self._link_of(value) for value in content.values()
        )
        return Linked(RecordLayout("object", box.type, tuple(content), types))

    def _attributes_in(self, box: ObjectBox, state: State) -> dict[str, Value]:
        before, self.state = self.state, state
        try:
            return self.attributes_of(box)
        finally:
            self.state = before

    def _link_of(self, value: Value) -> Link | None:
        return Link(value.type) if is_new(value) or is_linked(value) else None

    # --- places ---------------------------------------------------------------------------

    def fields_of(self, box: RecordsBox, value: Value, node: ast.AST) -> list[Value]:
        values = super().fields_of(box, value, node)
        if not box.is_linked:
            return values
        layout = box.layout
        return [self._as_held(layout, position, each, node) for position, each in enumerate(values)]

    def _as_held(self, layout: RecordLayout, position: int, value: Value, node: ast.AST) -> Value:
        """What the list of an attribute has where the attribute is ``value``."""
        value, type_ = self.read(value), layout.types[position]
        if not isinstance(type_, Link):
            link = self._link_of(value)
            if link is None or type_ == PLAIN:
                return value
            raise self._retyped(layout, position, link)
        if _is_none(value):
            return self._nothing(type_.kind)
        if not isinstance(value, ObjectEntry) or value.records is not self._arena(type_):
            arena = self._arena(type_)
            if is_new(value) and (arena is None or value.type is not type_.kind):
                raise self._found(value, self.state)
            if is_new(value) and arena is not None:
                if set(self.attributes_of(value)) != set(arena.layout.keys):
                    raise self._found(value, self.state)
                return self.enter_early(value, node).place
            if isinstance(value, Node) and value.type != OPAQUE:
                raise self._retyped(layout, position, PLAIN)
            raise self.unsupported(
                f"an attribute `{layout.keys[position]}` that holds things of several kinds",
                "Keep objects of one class in it, or None.",
                node,
            )
        return value.place

    def _retyped(self, layout: RecordLayout, position: int, type_: Any) -> Linked:
        types = (*layout.types[:position], type_, *layout.types[position + 1 :])
        return Linked(replace(layout, types=types))

    def _arena(self, link: Link) -> RecordsBox | None:
        return self._arenas.get(link.kind)

    def field(self, entry: Any, key: Any, node: ast.AST) -> Value:
        found = super().field(entry, key, node)
        if not is_linked(entry):
            return found
        link = entry.records.layout.types[entry.records.layout.keys.index(key)]
        if not isinstance(link, Link):
            return found
        arena = self._arena(link)
        if arena is None:
            # Of that class there was no object yet.
            return Static(None)
        return self.record_at(arena, self.node(found), node)

    def write_field(self, entry: Any, key: Any, value: Value, node: ast.AST) -> None:
        layout = entry.records.layout
        if is_linked(entry) and key in layout.keys:
            self._check_there(entry, key, node)
            value = self._as_held(layout, layout.keys.index(key), value, node)
        super().write_field(entry, key, value, node)

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        if is_linked(owner):
            self._check_there(owner, name, node)
        return super()._object_attribute(owner, name, node)

    # --- what may be None -----------------------------------------------------------------

    def _is_object(self, entry: ObjectEntry) -> bool | None:
        """Whether this is an object, where that is known."""
        if entry.place.op is CONSTANT:
            return entry.place.params[0] != NOTHING
        if self.is_natural(entry.place) or self.linkable.get(entry.type):
            return True
        missing = self.fact(self._absence(entry))
        return self.fact(self._presence(entry)) if missing is None else not missing

    def _presence(self, entry: ObjectEntry) -> Node:
        """The bool that tells whether it is an object."""
        return self.primitive(arithmetic.greater_equal, entry.place, self.graph.constant(0))

    def _absence(self, entry: ObjectEntry) -> Node:
        """The bool that tells whether it is None."""
        return self.primitive(arithmetic.less, entry.place, self.graph.constant(0))

    def _may_be_none(self, value: Value) -> bool:
        value = self.read(value)
        return is_linked(value) and self._is_object(value) is not True

    def _check_there(self, entry: ObjectEntry, name: str, node: ast.AST) -> None:
        """Raise what Python raises where None is asked for an attribute."""
        there = self._is_object(entry)
        text = f"AttributeError(\"'NoneType' object has no attribute {name!r}\")"
        if there is False:
            self.always_raises(text)
        if there is None:
            absence = self._absence(entry)
            self.raise_if(absence, text)
            self.state[Fact(absence)] = False

    def truth(self, value: Value) -> tuple[bool, bool]:
        value = self.read(value)
        if is_linked(value):
            there = self._is_object(value)
            if there is not True:
                return there is False, False
        return super().truth(value)

    def predicate(self, value: Value) -> Node:
        if self._may_be_none(value):
            value = self.read(value)
            if any(hasattr(value.type, name) for name in ("__bool__", "__len__")):
                raise self._refused_none("`bool` of what may be None, and whose class")
            return self._presence(value)
        condition: Node = super().predicate(value)
        return condition

    def _identity(self, operator: type, left: Value, right: Value) -> Value:
        for one, other in ((left, right), (right, left)):
            if is_linked(one) and _is_none(other):
                there = self._is_object(one)
                if there is not None:
                    return Static(there is not (operator is ast.Is))
                return self._absence(one) if operator is ast.Is else self._presence(one)
        return super()._identity(operator, left, right)

    def compare(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        left, right = self.read(left), self.read(right)
        if operator in (ast.Eq, ast.NotEq) and (is_linked(left) or is_linked(right)):
            same = {ast.Eq: ast.Is, ast.NotEq: ast.IsNot}[operator]
            kinds = [each.type for each in (left, right) if isinstance(each, ObjectBox)]
            nothing = _is_none(left) or _is_none(right)
            if all(is_told_apart(kind) or (nothing and _is_by_fields(kind)) for kind in kinds):
                return self._identity(same, left, right)
            if self._may_be_none(left) or self._may_be_none(right):
                raise self._refused_none("a comparison of what may be None", node)
        return super().compare(operator, left, right, node)

    def is_instance(self, args: Any, keywords: Any, node: ast.AST) -> Value:
        if not self._may_be_none(args[0]):
            return super().is_instance(args, keywords, node)
        entry = self.read(args[0])
        known, kinds = self.static_value(args[1])
        if not known or self._is_object(entry) is False or isinstance(None, kinds):
            raise self._refused_none("`isinstance` of what may be None", node)
        return self._presence(entry) if issubclass(entry.type, kinds) else Static(False)

    def _call_object(self, function: Value, args: Any, *rest: Any) -> Value:
        found = function.value if isinstance(function, Static) else None
        if self.builtin(found) is not None and found is not builtins.isinstance:
            for arg in args:
                if self._may_be_none(arg):
                    name = getattr(found, "__name__", "this function")
                    raise self._refused_none(f"`{name}` of what may be None")
        return super()._call_object(function, args, *rest)

    def _refused_none(self, what: str, node: ast.AST | None = None) -> Exception:
        return self.unsupported(what, "Ask `is None` first.", node)


def is_new(value: Value) -> TypeGuard[ObjectBox]:
    """Whether it is an object that the function has made, and no place in an arena."""
    return isinstance(value, ObjectBox) and is_made(value) and not isinstance(value, ENTRIES)


def is_linked(value: Value) -> TypeGuard[ObjectEntry]:
    """Whether it is an object of an arena, or None."""
    return isinstance(value, ObjectEntry) and value.records.is_linked


def _is_by_fields(kind: type) -> bool:
    """Whether objects of a dataclass are compared by their fields, and unlike all others."""
    code = getattr(getattr(kind, "__eq__", None), "__code__", None)
    return code is not None and code.co_filename == "<string>"


def _is_none(value: Value) -> bool:
    return isinstance(value, Static) and value.value is None
