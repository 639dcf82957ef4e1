"""``copy.copy`` and ``copy.deepcopy`` of numbers, arrays, lists, tuples and dicts."""

from __future__ import annotations

import ast
import copy

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.builtins import BUILTINS, Arguments, Builtins, Keywords, make_list
from chainrule.lift.calls import Builtin
from chainrule.lift.values import DictBox, ListBox, Static, TupleValue, Value


def _copied(name: str, deep: bool) -> Builtin:
    def make(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, keywords, node, 1, 1, f"copy.{name}")
        return _copy(self, args[0], node, deep)

    return make


def _copy(self: Builtins, value: Value, node: ast.AST, deep: bool) -> Value:
    value = self.read(value)
    if isinstance(value, Node) and value.type in (FLOAT, INT, BOOL):
        return value
    if isinstance(value, Static) and isinstance(value.value, (str, int, float, type(None))):
        return value
    if self.is_array(value):
        return self.call_method(value, "copy", [], node, {})
    if isinstance(value, TupleValue):
        items = (
            tuple(_copy(self, item, node, deep) for item in value.items) if deep else value.items
        )
        return TupleValue(items, value.named)
    if isinstance(value, DictBox):
        box = DictBox()
        content = dict(self.state[value])
        self.state[box] = {
            key: _copy(self, item, node, deep) if deep else item for key, item in content.items()
        }
        return box
    entries = self.known_items(value)
    if deep and entries is not None:
        fresh = ListBox()
        self.state[fresh] = [_copy(self, entry, node, deep) for entry in entries]
        return fresh
    if isinstance(value, ListBox) and not _is_nested(self.node(value)):
        return make_list(self, [value], {}, node)
    raise self.unsupported(
        f"{'deepcopy' if deep else 'copy'} of this value",
        "Numbers, arrays, lists of numbers, tuples and dicts are understood: make the object anew.",
        node,
    )


def _is_nested(node: Node) -> bool:
    """Whether the entries of a run-time list are lists or arrays themselves."""
    item = node.type.item if isinstance(node.type, SequenceType) else None
    return item is not None and item not in (FLOAT, INT, BOOL)


BUILTINS[copy.copy] = _copied("copy", deep=False)
BUILTINS[copy.deepcopy] = _copied("deepcopy", deep=True)
