"""The methods of lists, dicts and NamedTuples."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.containers import merging
from chainrule.lift.containers.sets import Sets
from chainrule.lift.containers.tables import Tables
from chainrule.lift.library.builtins import Arguments, Builtins, Keywords, make_list, paired
from chainrule.lift.library.ordering import make_sorted
from chainrule.lift.values import (
    MAPPINGS,
    DictBox,
    DictItems,
    ListBox,
    Place,
    RecordsBox,
    Static,
    TableBox,
    TupleValue,
    Value,
    Zip,
    is_told_apart,
)
from chainrule.primitives import places, sequence
from chainrule.primitives.rows import append_in, drop_last_in


class Methods(Sets):
    """Lifts calls of methods of containers."""

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        if (
            isinstance(owner, RecordsBox)
            and isinstance(owner.places, ListBox)
            and name in OF_PLACES
        ):
            return RECORD_METHODS.get(name) or _of_places(name)
        if name == "__getitem__" and (self.is_container(owner) or isinstance(owner, TableBox)):
            return _get_item
        if isinstance(owner, ListBox):
            return LIST_METHODS.get(name)
        row = isinstance(owner, Node) and isinstance(owner.type, SequenceType)
        if isinstance(owner, Place) and name in (*CHANGES, "index", "count"):
            return row_method(name)
        if name == "copy" and (row or isinstance(owner, Place)):
            return _copy
        if isinstance(owner, TableBox):
            return TABLE_METHODS.get(name)
        if name == "move_to_end":
            ordered = isinstance(owner, DictBox) and issubclass(owner.kind, OrderedDict)
            return _move_to_end if ordered else None
        if isinstance(owner, DictBox) or (
            isinstance(owner, Static) and isinstance(owner.value, MAPPINGS)
        ):
            return DICT_METHODS.get(name)
        if isinstance(owner, TupleValue) and name == "_replace":
            return _replace
        return None

    def look_at_entry(self, row: Place, value: Value) -> None:
        """Begin anew where a row of a list of lists gets a record."""
        raise NotImplementedError

    def change_row(
        self, row: Place, change: Callable[[tuple[Node, ...]], Node], node: ast.AST
    ) -> None:
        """Make of the list and the path to a row in it the list with that row changed."""
        self.check_writable(row.box, node)
        self.check_row(row, node)
        self.check_resizing_row(row)
        old = self.make_dynamic(row.box)
        new = change((old, *row.path))
        self.rename(old, new)
        self.state[row.box] = new


def _get_item(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return self.item(owner, args[0], node)


def _append(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.append(owner, args[0], node)
    return Static(None)


def _clear(self: Sets, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    self.empty(owner, node)
    return Static(None)


def _extend(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.extend(owner, self.as_list(args[0], node), node)
    return Static(None)


def _pop(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.check_writable(owner, node)
    if isinstance(owner, RecordsBox):
        place = args[0] if args else self.graph.constant(-1)
        self.check_in_range(owner, place, "pop index out of range")
        return self.take_out(owner, place)
    items = self.known_items(owner)
    position = self.static_int(args[0]) if args else -1
    if items is not None and position is not None and -len(items) <= position < len(items):
        value = items.pop(position)
        self.state[owner] = items
        return value
    if position != -1:
        self.check_in_range(owner, args[0], "pop index out of range")
        return self.take_out(owner, args[0])
    base = self.make_dynamic(owner)
    value = self.primitive(sequence.index, base, self.graph.constant(-1))
    self.check_resizing(owner)
    self.rows_moved(owner)
    rest = self.primitive(sequence.drop_last, base)
    self.rename(base, rest)
    self.state[owner] = rest
    return value


def _copy(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return make_list(self, [owner], {}, node)


def _insert(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.check_writable(owner, node)
    items, position = self.known_items(owner), self.static_int(args[0])
    if items is not None and position is not None:
        items.insert(position, args[1])
        self.state[owner] = items
        return Static(None)
    self.freeze(args[1])
    if position == 0:
        self.put_first(owner, self.node(args[1]))
        return Static(None)
    inserted = ListBox()
    self.state[inserted] = [args[1]]
    self.replace_part(owner, args[0], args[0], inserted)
    return Static(None)


def _reverse(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.check_writable(owner, node)
    items = self.known_items(owner)
    self.rows_moved(owner)
    self.state[owner] = (
        items[::-1]
        if items is not None
        else self.primitive(sequence.backwards, self.make_dynamic(owner))
    )
    return Static(None)


def _sort(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.check_writable(owner, node)
    result = make_sorted(self, [owner], keywords, node)
    if isinstance(owner, RecordsBox):
        _put_in_order(self, owner, result, node)
        return Static(None)
    self.rows_moved(owner)
    self.state[owner] = self.state[result]
    return Static(None)


def _take_columns(self: Builtins, owner: RecordsBox, other: RecordsBox) -> None:
    """Let a list hold the records of another, which nobody else has."""
    for column, theirs in zip(owner.columns, other.columns, strict=True):
        if isinstance(column, RecordsBox):
            assert isinstance(theirs, RecordsBox)
            _take_columns(self, column, theirs)
        else:
            self.state[column] = self.node(theirs)


def _put_in_order(self: Builtins, owner: RecordsBox, result: Value, node: ast.AST) -> None:
    """Move the records of a list, which have no names of their own, to where they are sorted."""
    assert isinstance(result, RecordsBox)
    if not self.may_move(owner):
        raise self.unsupported(
            "`sort` of a list of records, one of which has another name",
            "Sort it before, or give the sorted list another name: `ordered = sorted(...)`.",
            node,
        )
    if result.places is None:
        _take_columns(self, owner, result)
        return
    order = self.node(result.places)

    def move(column: ListBox) -> None:
        if isinstance(column, RecordsBox):
            for inner in column.columns:
                move(inner)
            return

        def entry(index: Node) -> Value:
            return self.item(column, self.primitive(sequence.index, order, index), node)

        moved = self.gathered(self.primitive(sequence.length, order), entry, ast.Pass())
        self.state[column] = self.node(moved)

    move(owner)


def _count(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return self.verbatim("_0_.count(_1_)", self.node(owner), self.node(args[0]), type=INT)


def _index(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return self.primitive(places.found_at, self.node(owner), *map(self.node, args))


def _remove(
    self: Builtins, owner: ListBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if isinstance(owner, RecordsBox):
        raise self.unsupported("`remove` from a list of records", "Use `pop` or `del`.", node)
    self.check_writable(owner, node)
    wanted = self.node(args[0])
    place = self.primitive(places.found_at, self.node(owner), wanted)
    self.take_out(owner, place)
    return Static(None)


LIST_METHODS: dict[str, Callable[..., Value]] = {
    "append": _append,
    "clear": _clear,
    "extend": _extend,
    "pop": _pop,
    "copy": _copy,
    "insert": _insert,
    "reverse": _reverse,
    "sort": _sort,
    "remove": _remove,
    "index": _index,
    "count": _count,
}


def _put_places_in_order(
    self: Builtins, owner: RecordsBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    result = make_sorted(self, [owner], keywords, node)
    assert isinstance(owner.places, ListBox) and isinstance(result, RecordsBox)
    assert isinstance(result.places, ListBox)
    self.check_resizing(owner.places)
    self.state[owner.places] = self.state[result.places]
    return Static(None)


def _of_places(name: str) -> Callable[..., Value]:
    """A method of a list of records of another: that of the list of their places."""

    def method(
        self: Builtins, owner: RecordsBox, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        given = list(args)
        if name in ("insert", *SEARCHES):
            if name in SEARCHES and not is_told_apart(owner.layout.type):
                raise self.unsupported(
                    f"`{name}` of a list of objects that are compared by `==`",
                    "Loop over it, and compare what they hold.",
                    node,
                )
            sought = 0 if name in SEARCHES else -1
            given[sought] = self.place_among(owner, args[sought], node)
        found = LIST_METHODS[name](self, owner.places, given, keywords, node)
        return self.record_at(owner.home, self.node(found), node) if name == "pop" else found

    return method


# They look for an entry.
SEARCHES = ("remove", "index", "count")
OF_PLACES = ("append", "clear", "extend", "pop", "insert", "reverse", "sort", *SEARCHES)
RECORD_METHODS: dict[str, Callable[..., Value]] = {
    "append": _append,
    "extend": _extend,
    "sort": _put_places_in_order,
}

# They change a list.
CHANGES = ("append", "clear", "extend", "pop", "insert", "reverse", "sort", "remove")


def _grow_row(
    self: Methods, owner: Place, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.look_at_entry(owner, args[0])
    self.freeze(args[0])
    value = self.node(args[0])
    self.change_row(owner, lambda base: self.primitive(append_in, *base, value), node)
    return Static(None)


def _pop_of_row(
    self: Methods, owner: Place, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if args and self.static_int(args[0]) != -1:
        return _of_row("pop")(self, owner, args, keywords, node)
    self.check_row(owner, node)
    base = self.sequence_node(owner.box)
    last = self.primitive(sequence.index, base, *owner.path, self.graph.constant(-1))
    self.change_row(owner, lambda base: self.primitive(drop_last_in, *base), node)
    return last


def _of_row(name: str) -> Callable[..., Value]:
    """A method of a row: that of the list which it is, and a write of it where it stood."""

    def method(
        self: Methods, owner: Place, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        row = ListBox()
        self.state[row] = before = self.node(owner)
        found: Value = LIST_METHODS[name](self, row, args, keywords, node)
        if self.state[row] is not before:
            changed = self.node(row)
            self.change_row(
                owner, lambda base: self.primitive(sequence.index_set, *base, changed), node
            )
        return found

    return method


ROW_METHODS: dict[str, Callable[..., Value]] = {"append": _grow_row, "pop": _pop_of_row}


def row_method(name: str) -> Callable[..., Value]:
    """A method that changes a row of a list of lists, or looks into it."""
    return ROW_METHODS.get(name) or _of_row(name)


def _content(self: Builtins, owner: Value) -> dict[Any, Value]:
    if isinstance(owner, DictBox):
        return self.entries(owner)
    self.watch_layout(owner)
    return {key: self.static_item(owner, key) for key in owner.value}


def _items(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    content = _content(self, owner)
    pairs = tuple(TupleValue((self.wrap(key), value)) for key, value in content.items())
    return DictItems(pairs, None, owner, "items")


def _keys(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    keys = tuple(self.wrap(key) for key in _content(self, owner))
    return DictItems(keys, None, owner, "keys")


def _values(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return DictItems(tuple(_content(self, owner).values()), None, owner, "values")


def _get(self: Sets, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, key = self.static_value(args[0])
    default = args[1] if len(args) > 1 else Static(None)
    if not known:

        def of(word: object) -> Value:
            return _get(self, owner, [Static(word), default], keywords, node)

        chosen = self.dispatched(owner, args[0], of, lambda: default, node)
        if chosen is not None:
            return chosen
        if isinstance(owner, DictBox) and self.holds_numbers(owner):
            places = self.places_of(owner)
            held = self.verbatim("_0_ in _1_", self.node(args[0]), places, type=BOOL, pure=True)
            return self.choose_kind(
                held, lambda: self.item(owner, args[0], node), lambda: default, "expression"
            )
        nodes = [self.node(part) for part in (owner, args[0], default)]
        found = self.verbatim("_0_.get(_1_, _2_)", *nodes, type=DYNAMIC)
        return self.pick(found, _content(self, owner).values(), owner)
    if isinstance(owner, DictBox):
        return self.entries(owner).get(key, default)
    self.watch_membership(key, owner)
    return self.static_item(owner, key) if key in owner.value else default


def _dict_pop(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    known, key = self.static_value(args[0])
    if not known or not isinstance(owner, DictBox):
        raise self.unsupported("`pop` from this dict", "Use a constant key.", node)
    content = dict(self.entries(owner))
    if key not in content and len(args) < 2:
        self.always_raises("KeyError(_0_)", self.node(args[0]))
    value = content.pop(key, args[1] if len(args) > 1 else Static(None))
    self.set_entries(owner, content, node)
    return value


def _dict_pop_item(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    last = _last(self, owner, [*args, *keywords.values()])
    if not isinstance(owner, DictBox) or last is None:
        raise self.unsupported("`popitem` of this dict", "Use `pop` of a constant key.", node)
    content = dict(self.entries(owner))
    if not content:
        self.always_raises("KeyError('popitem(): dictionary is empty')")
    key = list(content)[-1 if last else 0]
    value = content.pop(key)
    self.set_entries(owner, content, node)
    return TupleValue((self.wrap(key), value))


def _last(self: Builtins, owner: Value, given: Arguments) -> bool | None:
    """Whether the last entry of an OrderedDict is meant; of a dict it is; None of other calls."""
    if not given:
        return True
    ordered = isinstance(owner, DictBox) and issubclass(owner.kind, OrderedDict)
    known, last = self.static_value(given[0])
    return bool(last) if ordered and known and len(given) == 1 else None


def _move_to_end(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``OrderedDict.move_to_end``."""
    known, key = self.static_value(args[0])
    last = _last(self, owner, [*args[1:], *keywords.values()])
    if not isinstance(owner, DictBox) or not known or last is None:
        raise self.unsupported("this `move_to_end`", "Give it a constant key.", node)
    content = dict(self.entries(owner))
    if key not in content:
        self.always_raises("KeyError(_0_)", self.node(args[0]))
    moved = {key: content.pop(key)}
    self.set_entries(owner, {**content, **moved} if last else {**moved, **content}, node)
    return Static(None)


def _set_default(
    self: Tables, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    known, key = self.static_value(args[0])
    if not known and isinstance(owner, DictBox):
        raise self.needs_table(owner, node)
    if not isinstance(owner, DictBox):
        raise self.unsupported("`setdefault` of this dict", "Make a new dict.", node)
    content = self.entries(owner)
    if key not in content:
        added = args[1] if len(args) > 1 else Static(None)
        self.set_entries(owner, {**content, key: added}, node)
    return self.entries(owner)[key]


def _update(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if not isinstance(owner, DictBox):
        raise self.unsupported("`update` of this dict", "Make a new dict.", node)
    self.check_counts(owner, "`update`", node)
    content = dict(self.entries(owner))
    for arg in args:
        given = self.read(arg)
        entries = self.entries(given) if isinstance(given, DictBox) else paired(self, given, node)
        content.update(entries)
    content.update(keywords)
    self.set_entries(owner, content, node)
    return Static(None)


def _dict_copy(
    self: Builtins, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    box = DictBox()
    box.kind = owner.kind if isinstance(owner, DictBox) else type(owner.value)
    self.state[box] = dict(_content(self, owner))
    return box


DICT_METHODS: dict[str, Callable[..., Value]] = {
    "items": _items,
    "keys": _keys,
    "values": _values,
    "get": _get,
    "pop": _dict_pop,
    "popitem": _dict_pop_item,
    "setdefault": _set_default,
    "update": _update,
    "clear": _clear,
    "copy": _dict_copy,
}


def _table_get(
    self: Tables, owner: TableBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    default = args[1] if len(args) > 1 else Static(None)
    return self.entry_or(owner, args[0], default, node)


def _table_default(
    self: Tables, owner: TableBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return self.set_default(owner, args[0], args[1] if len(args) > 1 else Static(None), node)


def _table_items(
    self: Tables, owner: TableBox, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return Zip((self.view_of_keys(owner), owner.values))


TABLE_METHODS: dict[str, Callable[..., Value]] = {
    "get": _table_get,
    "setdefault": _table_default,
    "items": _table_items,
    "keys": lambda self, owner, args, keywords, node: self.view_of_keys(owner),
    "values": lambda self, owner, args, keywords, node: owner.values,
    "copy": merging.copied,
    "update": merging.update,
}


def _replace(
    self: Builtins, owner: TupleValue, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    fields: Sequence[str] = getattr(owner.named, "_fields", ())
    items = [keywords.get(name, item) for name, item in zip(fields, owner.items, strict=True)]
    return TupleValue(tuple(items), owner.named)
