"""Tables of functions: which of them it is hangs on a word that is known at run time only.

    method = "laminar" if re < 2300.0 else "haaland"
    return METHODS[method](re, roughness)

A function is no value that generated code could hold, so that each of those it may be is called on
a path of its own, told by the word.
"""

from __future__ import annotations

import ast
import enum
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Generic

from chainrule.graph.block import CONSTANT, ITEM
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.lift.containers.merging import Merging
from chainrule.lift.source import python_call
from chainrule.lift.values import (
    MAPPINGS,
    ArrayBox,
    Closure,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    PartialCall,
    Static,
    TableBox,
    TupleValue,
    Value,
)
from chainrule.primitives import arithmetic
from chainrule.primitives.control import item_sources

# So many functions are told apart by comparing the word with each.
MOST = 12
# The classes of numbers, by the names of their types.
CLASSES: dict[str, type] = {"float": float, "int": int, "bool": bool}


class Dispatch(Merging):
    """Reads tables of functions, and those of ``functools.singledispatch``."""

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        found = function.value
        if isinstance(found, enum.EnumMeta) and len(args) == 1 and not keywords:
            known, value = self.static_value(args[0])
            members: list[enum.Enum] = list(found)
            if known and value in [member.value for member in members]:
                return Static(found(value))
        if isinstance(found, enum.Enum) and (method := python_call(found)) is not None:
            return self.call(Static(method), [function, *args], keywords, node)
        if args and isinstance(found, types.FunctionType) and hasattr(found, "registry"):
            kind = self._class_of(args[0])
            if kind is not None and hasattr(found, "dispatch"):
                entries = Route(found, "tuple(_0_.registry.items())")
                self.graph.guard(entries, "equals", tuple(found.registry.items()))
                self.watch_type(args[0])
                return self.call(Static(found.dispatch(kind)), args, keywords, node)
        return super()._call_object(function, args, keywords, node)

    def _class_of(self, value: Value) -> type | None:
        """The class of a value, where it is known."""
        value = self.read(value)
        if isinstance(value, ObjectBox):
            return value.type
        if isinstance(value, Static):
            return type(value.value)
        if isinstance(value, TupleValue):
            return value.named or tuple
        if isinstance(value, (DictBox, TableBox)):
            return dict
        if isinstance(value, ListBox) and not isinstance(value, ArrayBox):
            return list
        return CLASSES.get(str(value.type)) if isinstance(value, Node) else None

    def item(self, base: Value, key: Value, node: ast.AST) -> Value:
        base, key = self.read(base), self.read(key)
        item = super().item
        if isinstance(base, Static) and isinstance(base.value, type):
            kind = base.value
            known, name = self.static_value(key)
            if issubclass(kind, Generic):
                # What is told of the types of its attributes.
                return base
            if isinstance(kind, enum.EnumMeta) and known and name in kind.__members__:
                return Static(kind[name])

        def find(word: object) -> Value:
            return item(base, Static(word), node)

        def missing() -> Value:
            if self._functions_in_order(base) is not None:
                kind = "list" if self._class_of(base) is list else "tuple"
                self.raises_itself("_0_[_1_]", self.display((), kind), self.node(key))
            self.always_raises("KeyError(_0_)", self.node(key))

        found = self.dispatched(base, key, find, missing, node)
        return item(base, key, node) if found is None else found

    def dispatched(
        self,
        table: Value,
        key: Value,
        find: Callable[[object], Value],
        missing: Callable[[], Value],
        node: ast.AST,
    ) -> Value | None:
        """What ``find`` gives for the word that ``key`` is, or ``missing`` where there is none.

        None where ``table`` is no table of functions, or where it is read as any other.
        """
        entries = self._entries_of(table)
        if not entries or not all(map(_is_function, entries.values())):
            return None

        def find_or_not(word: object) -> Value:
            if word in entries:
                return find(word)
            self.watch_membership(word, table)
            return missing()

        if isinstance(key, ObjectBox) and isinstance(key.instance, enum.Enum) and key.route:
            self.graph.guard(key.route, "is", key.instance)
            return find_or_not(key.instance)
        known, word = self.static_value(key)
        if known and isinstance(table, Static):
            return find_or_not(word)
        if known or not isinstance(key, Node):
            return None
        words = _choices(key)
        otherwise = None
        if words is None and (known_count := self._functions_in_order(table)) is not None:
            words = list(range(known_count))
            key = self._from_the_front(key, known_count, node)
            otherwise = None if _is_within(key, known_count) else missing
            self.watch_layout(table)
        elif words is None:
            # Any word may come.
            words, otherwise = list(entries), missing
            self.watch_layout(table)
        if len(words) > MOST:
            return None
        return self._one_of(words, key, find_or_not, otherwise, node)

    def _entries_of(self, table: Value) -> Mapping[object, Value]:
        if isinstance(table, Static) and isinstance(table.value, MAPPINGS):
            return {word: Static(found) for word, found in table.value.items()}
        if isinstance(table, Static) and isinstance(table.value, (list, tuple)):
            items: Sequence[Value] = [Static(found) for found in table.value]
        elif isinstance(table, (TupleValue, ListBox)):
            items = self.known_items(table) or []
        else:
            return self.entries(table) if isinstance(table, DictBox) else {}
        return dict(enumerate(items))

    def _functions_in_order(self, table: Value) -> int | None:
        """How many functions a list or tuple of them has; None of other tables."""
        in_order = isinstance(table, (TupleValue, ListBox)) or (
            isinstance(table, Static) and isinstance(table.value, (list, tuple))
        )
        return len(self._entries_of(table)) if in_order else None

    def _from_the_front(self, key: Node, count: int, node: ast.AST) -> Node:
        """The place in a list of this length that an int tells, which may count from its end."""
        if self.is_natural(key) or _is_within(key, count):
            return key
        made: Node = self.choose_kind(
            self.predicate(self.compare(ast.Lt, key, self.graph.constant(0), node)),
            lambda: self.binary(ast.Add, key, self.graph.constant(count), node),
            lambda: key,
            "expression",
        )
        return made

    def _one_of(
        self,
        words: Sequence[object],
        key: Node,
        find: Callable[[object], Value],
        otherwise: Callable[[], Value] | None,
        node: ast.AST,
    ) -> Value:
        """What is found under the word that ``key`` is; it is one of them if not ``otherwise``."""
        if not words and otherwise is not None:
            return otherwise()
        first, *others = words
        if not others and otherwise is None:
            return find(first)
        return self.choose_kind(
            self.predicate(self.compare(ast.Eq, key, Static(first), node)),
            lambda: find(first),
            lambda: self._one_of(others, key, find, otherwise, node),
            "expression",
        )


def _is_function(value: Value) -> bool:
    """Whether a value is a function, or a tuple with one."""
    if isinstance(value, Static):
        parts = value.value if isinstance(value.value, tuple) else (value.value,)
        return any(map(callable, parts))
    if isinstance(value, TupleValue):
        return any(map(_is_function, value.items))
    return isinstance(value, (Closure, Method, PartialCall))


def _is_within(key: Node, count: int) -> bool:
    """Whether an int certainly is a place in a list: the rest of a division by its length."""
    by = key.args[1] if key.op is arithmetic.remainder else None
    return by is not None and by.op is CONSTANT and by.params[0] == count


def _choices(key: Node) -> list[object] | None:
    """The words between which branches and loops choose; None where others may come."""
    words: dict[object, None] = {}
    waiting, seen = [key], {key}
    while waiting:
        value = waiting.pop()
        if value.op is CONSTANT:
            words[value.params[0]] = None
            continue
        sources = item_sources(value) if value.op is ITEM else []
        if not sources:
            return None
        waiting += [source for source in reversed(sources) if source not in seen]
        seen.update(sources)
    return list(words)
