"""Words, and tables of words and numbers, that a loop reads at run time.

What is known while lifting need not be written out: ``for letter in "kitten"`` and
``for name, power in TABLE`` are loops where all entries are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, OPAQUE, Record, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.iteration.lengths import Lengths
from chainrule.lift.values import DictItems, Enumerate, Reversed, Static, TupleValue, Value, Zip
from chainrule.primitives import sequence

# How the entries of a dict are read in their order.
SHOWN = {"keys": "tuple(_0_)", "values": "tuple(_0_.values())", "items": "tuple(_0_.items())"}

# Rows of so many numbers may be of whole numbers here and of others there.
FEW = 3


class Constants(Lengths):
    """Reads known entries by their places."""

    def constant_entries(self, table: Value) -> tuple[Node, Callable[[Node], Value]] | None:
        """``(length, entry at a place)`` of what is known and uniform; None of anything else."""
        typed = self._typed_entries(table)
        if typed is None:
            return None
        base, entry = typed
        count = self.primitive(sequence.length, base)
        if isinstance(table, TupleValue) and not isinstance(table, DictItems):
            count = self.graph.constant(len(table.items))
        elif isinstance(table, Static) and base.args[0].op is CONSTANT:
            # A word in place.
            count = self.graph.constant(len(table.value))
        words = _words_in(table, entry)
        return count, lambda place: self._known_entry(base, entry, place, words)

    def is_constant_table(self, iterable: Value) -> bool:
        """Whether a loop over known items may as well read them where they stand."""
        if isinstance(iterable, (Enumerate, Reversed)):
            return self.is_constant_table(iterable.items)
        if isinstance(iterable, Zip):
            return all(map(self.is_constant_table, iterable.parts))
        return type_of_entries(iterable) is not None

    def _typed_entries(self, table: Value) -> tuple[Node, Type] | None:
        entry = type_of_entries(table)
        if entry is None and isinstance(table, Static) and isinstance(table.value, (list, tuple)):
            found = self.entry_type(table.value)
            entry = found if found.differentiable else None
        if entry is None:
            return None
        if isinstance(table, TupleValue) and not isinstance(table, DictItems):
            return self.display(tuple(map(self.node, table.items)), "tuple"), entry
        text, kind = "_0_", "tuple"
        owner = table.owner if isinstance(table, DictItems) else table
        if isinstance(owner.value, dict):
            text = SHOWN[getattr(table, "method", "keys")]
            self.watch_layout(owner)
        elif isinstance(owner.value, list):
            kind = "list"
            # That they are alike shapes the code.
            if not entry.differentiable or isinstance(entry, Record):
                self.watch_content(owner)
        node = self.static_node(owner)
        return self.verbatim(text, node, type=SequenceType(entry, kind), pure=True), entry

    def _known_entry(
        self, base: Node, entry: Type, place: Node, words: list[frozenset[str]]
    ) -> Value:
        if not isinstance(entry, Record):
            return self._known_kind(self.primitive(sequence.index, base, place), words[0])
        parts = (
            self.primitive(sequence.index, base, place, self.graph.constant(column))
            for column in range(len(entry.items))
        )
        return TupleValue(tuple(map(self._known_kind, parts, words)))

    def _known_kind(self, found: Node, words: frozenset[str]) -> Value:
        if found.type == OPAQUE:
            self.words[found] = words
        elif found.type == INT:
            self.number_types[found] = (int,)
        return self.boxed_item(found)


def type_of_entries(table: Value) -> Type | None:
    """The type of every entry of a known table: a number, a word, a row of such; else None."""
    if isinstance(table, DictItems):
        owner = table.owner.value if isinstance(table.owner, Static) else None
        if type(owner) is not dict or not owner:
            return None
        keys, values = _joined(list(owner)), _joined(list(owner.values()))
        if table.method != "items":
            return keys if table.method == "keys" else values
        return _row([keys, values])
    if isinstance(table, TupleValue):
        plain = table.named is None and all(map(_is_plain, table.items))
        return _joined(list(map(_constant, table.items))) if plain else None
    found = table.value if isinstance(table, Static) else None
    if type(found) is str:
        return OPAQUE if found else None
    return _joined(list(found)) if isinstance(found, (list, tuple, dict)) else None


def _words_in(table: Value, entry: Type) -> list[frozenset[str]]:
    """The words that stand in each column of a table."""
    if isinstance(table, DictItems):
        columns = [list(table.owner.value), list(table.owner.value.values())]
        columns = {"keys": columns[:1], "values": columns[1:]}.get(table.method, columns)
    else:
        entries = table.items if isinstance(table, TupleValue) else table.value
        rows = [_constant(each) if isinstance(each, (Node, Static)) else each for each in entries]
        columns = list(zip(*rows, strict=True)) if isinstance(entry, Record) else [rows]
    return [frozenset(each for each in column if isinstance(each, str)) for column in columns]


def _is_plain(item: Value) -> bool:
    number = isinstance(item, Node) and item.op is CONSTANT and item.type in (FLOAT, INT)
    return number or (isinstance(item, Static) and type(item.value) is str)


def _constant(item: Value) -> Hashable:
    known: Hashable = item.value if isinstance(item, Static) else item.params[0]
    return known


def _joined(entries: list[Any]) -> Type | None:
    """The type of all of these; None where they are of several or of another."""
    kinds = {type(entry) for entry in entries}
    if kinds == {str}:
        return OPAQUE
    if kinds and kinds <= {int, float}:
        return INT if kinds == {int} else FLOAT
    if kinds not in ({tuple}, {list}):
        return None
    if kinds == {tuple} and len(set(map(len, entries))) == 1:
        found = _row([_joined(list(column)) for column in zip(*entries, strict=True)])
        if found is not None:
            return found
    rows = {_joined(entry) for entry in entries}
    numbers = rows <= {INT, FLOAT}
    item = rows.pop() if len(rows) == 1 else FLOAT
    return SequenceType(item, kinds.pop().__name__) if numbers and item is not None else None


def _row(columns: list[Type | None]) -> Type | None:
    """A row whose entries are of several types; None of one of numbers alone, or of others."""
    known = [column for column in columns if column in (OPAQUE, INT, FLOAT)]
    numbers = OPAQUE not in known
    if len(known) < len(columns) or (numbers and (len(set(known)) == 1 or len(known) > FEW)):
        return None
    return Record(tuple(known))
