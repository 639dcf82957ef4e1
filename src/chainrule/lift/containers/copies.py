"""Copies of numbers, arrays, containers and objects; the fields of dataclasses."""

from __future__ import annotations

import ast
import copy
import dataclasses
import datetime
import enum
import inspect
import types
from typing import Any

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.library.builtins import (
    BUILTINS,
    Arguments,
    Builtins,
    Keywords,
    list_of,
    make_list,
)
from chainrule.lift.values import (
    DictBox,
    ListBox,
    ObjectBox,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    another_dict,
)
from chainrule.primitives import sequence

# The methods by which a class tells what is to be copied of its objects.
REDUCERS = (
    "__reduce_ex__",
    "__reduce__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
)


def make_tuple(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``tuple(items)``."""
    if not args:
        return TupleValue(())
    value = self.as_list(args[0], node)
    items = self.known_iteration(value)
    if items is not None:
        return TupleValue(tuple(items))
    if isinstance(value, RecordsBox):
        records = make_list(self, [value], {}, node)
        records.is_tuple = True
        return records
    base = self.node(value)
    if isinstance(base.type, SequenceType):
        return self.primitive(sequence.as_tuple, base)
    return self.verbatim("tuple(_0_)", base)


def _copied(name: str, deep: bool) -> Builtin:
    def make(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 2 if deep else 1, f"copy.{name}")
        memo = self.read(args[1]) if len(args) > 1 else None
        if isinstance(memo, Memo):
            return _Copier(self, node, deep, memo).copy(args[0])
        if memo is not None and self.static_value(memo) != (True, None):
            raise self.unsupported(
                f"`{name}` with a memo of the function's own", "Leave it out.", node
            )
        return _Copier(self, node, deep).copy(args[0])

    return make


class Memo(DictBox):
    """The dict that ``__deepcopy__`` is given, to hand it on.

    ``copies`` has what was copied already, in ``block`` and in those around it.
    """

    copies: dict[Value, Value]
    block: Block


class _Copier:
    """Copies one value: what it holds twice it holds twice in the copy."""

    def __init__(
        self, lifter: Builtins, node: ast.AST, deep: bool, memo: Memo | None = None
    ) -> None:
        self.lifter = lifter
        self.node = node
        self.deep = deep
        self.made: dict[Value, Value] = {}
        self.lists = 0
        if memo is not None:
            # What is copied on one path only was not copied on the others.
            self.made = memo.copies if memo.block is lifter.block else dict(memo.copies)

    def copy(self, value: Value) -> Value:
        lifter = self.lifter
        value = lifter.read(value)
        if isinstance(value, Node) and value.type in (FLOAT, INT, BOOL):
            return value
        if isinstance(value, Static) and _never_changes(value.value):
            return value
        if lifter.is_array(value):
            return lifter.call_method(value, "copy", [], self.node, {})
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(self._part, value.items)), value.named)
        if value not in self.made:
            self.made[value] = self._made(value)
        return self.made[value]

    def _part(self, value: Value) -> Value:
        return self.copy(value) if self.deep else value

    def _made(self, value: Value) -> Value:
        lifter = self.lifter
        made: Value
        if isinstance(value, DictBox):
            made = another_dict(value)
            lifter.state[made] = {
                key: self._part(item) for key, item in lifter.entries(value).items()
            }
            return made
        if isinstance(value, ObjectBox):
            own = self._own(value)
            if own is not None:
                return own
            made = ObjectBox(None, value.type, None)
            lifter.state[made] = {
                name: self._part(item) for name, item in lifter.attributes_of(value).items()
            }
            return made
        entries = lifter.known_items(value)
        if isinstance(value, ListBox) and entries is not None:
            self.lists += 1
            site = (lifter.site_of(self.node), self.lists)
            return list_of(lifter, list(map(self._part, entries)), site, self.node)
        if isinstance(value, ListBox) and not _is_nested(lifter.node(value)):
            return make_list(lifter, [value], {}, self.node)
        raise lifter.unsupported(
            f"{self._name} of this value",
            "Numbers, arrays, lists of numbers, tuples, dicts and objects are understood: make "
            "the object anew.",
            self.node,
        )

    def _own(self, value: ObjectBox) -> Value | None:
        """What the class of an object makes of it for a copy; None of one that does not."""
        lifter, name = self.lifter, f"__{self._name}__"
        if isinstance(inspect.getattr_static(value.type, name, None), types.FunctionType):
            if not self.deep:
                return lifter.call_method(value, name, [], self.node)
            memo = Memo()
            memo.copies, memo.block = self.made, lifter.block
            lifter.state[memo] = {}
            return lifter.call_method(value, name, [memo], self.node)
        for each in (name, *REDUCERS):
            found = inspect.getattr_static(value.type, each, None)
            if found is not inspect.getattr_static(object, each, None):
                raise lifter.unsupported(
                    f"{self._name} of an object whose class has `{each}`",
                    f"Give the class a `{name}`, or make the object anew.",
                    self.node,
                )
        return None

    @property
    def _name(self) -> str:
        return "deepcopy" if self.deep else "copy"


class _Spelled:
    """What ``dataclasses.asdict`` and ``astuple`` make of a value: dataclasses are taken apart."""

    def __init__(self, lifter: Builtins, node: ast.AST, name: str) -> None:
        self.lifter = lifter
        self.name = name
        self.copier = _Copier(lifter, node, deep=True)

    def spell(self, value: Value) -> Value:
        lifter = self.lifter
        value = lifter.read(value)
        if isinstance(value, ObjectBox) and dataclasses.is_dataclass(value.type):
            return self._fields(value)
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(self.spell, value.items)), value.named)
        made: Value
        if isinstance(value, DictBox):
            made = another_dict(value)
            lifter.state[made] = {
                key: self.spell(item) for key, item in lifter.entries(value).items()
            }
            return made
        entries = lifter.known_items(value) if isinstance(value, ListBox) else None
        if entries is None or lifter.is_array(value):
            return self.copier.copy(value)
        made = ListBox()
        lifter.state[made] = list(map(self.spell, entries))
        return made

    def _fields(self, owner: ObjectBox) -> Value:
        fields = {
            field.name: self.spell(self.lifter.attribute(owner, field.name, self.copier.node))
            for field in dataclasses.fields(owner.type)
        }
        if self.name == "astuple":
            return TupleValue(tuple(fields.values()))
        box = DictBox()
        self.lifter.state[box] = fields
        return box


def _spelled(name: str) -> Builtin:
    def make(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 1, f"dataclasses.{name}")
        owner = self.read(args[0])
        if not isinstance(owner, ObjectBox) or not dataclasses.is_dataclass(owner.type):
            raise self.unsupported(f"`{name}` of this value", "Give it a dataclass.", node)
        return _Spelled(self, node, name).spell(owner)

    return make


def _never_changes(value: Any) -> bool:
    """Whether a value is its own copy: a number, a text, a member of an Enum, a tuple of such."""
    if type(value) is tuple:
        return all(map(_never_changes, value))
    return isinstance(value, (str, bytes, int, float, type(None), enum.Enum, datetime.date))


def _is_nested(node: Node) -> bool:
    """Whether the entries of a run-time list are lists or arrays themselves."""
    item = node.type.item if isinstance(node.type, SequenceType) else None
    return item is not None and item not in (FLOAT, INT, BOOL)


BUILTINS[copy.copy] = _copied("copy", deep=False)
BUILTINS[copy.deepcopy] = _copied("deepcopy", deep=True)
BUILTINS[dataclasses.asdict] = _spelled("asdict")
BUILTINS[dataclasses.astuple] = _spelled("astuple")
BUILTINS[tuple] = make_tuple
