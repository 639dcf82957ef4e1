"""``max``, ``min``, ``sorted`` and ``filter``, with keys, of lists of any length.

What is chosen is followed to its place: the derivative is that of the entry that Python takes.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import functools
import types
from collections.abc import Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, INT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.core import Completion, LoopExits
from chainrule.lift.iteration.felt import acts
from chainrule.lift.library import streams
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.values import ITSELF, ListBox, Mapped, RecordsBox, Static, TupleValue, Value
from chainrule.primitives import arithmetic, places, sequence
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.records import dataclass, replace


def _extreme(name: str) -> Builtin:
    def choose(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        counts = [count for count in map(self.static_int, args) if count is not None]
        if len(counts) == len(args) > 1 and not keywords:
            return self.graph.constant(getattr(builtins, name)(counts))
        if len(args) != 1 or self.known_iteration(args[0]) is not None:
            return self.extreme(args, keywords, node, name)
        if set(keywords) - {"key", "default"}:
            raise self.unsupported(f"this call of `{name}`", "Give it key and default only.", node)
        items = self.as_list(args[0], node)
        key = _key(keywords)

        def best() -> Value:
            if key is None and not isinstance(items, RecordsBox):
                return self.primitive(TABLE[f"sequence_{name}"], self.node(items))
            ranked = _ranked(self, key, items, node)
            # The first of equal ones, as Python chooses.
            place = self.verbatim(ranked.places(name), *ranked.parts, type=INT, pure=True)
            return self.item(items, place, node)

        if "default" not in keywords:
            return best()
        count = self.length_of(items)
        filled = self.primitive(TABLE["greater"], count, self.graph.constant(0))
        return self.choose(filled, best, lambda: keywords["default"], "expression")

    return choose


def _key(keywords: Keywords) -> Value | None:
    key = keywords.get("key")
    return None if isinstance(key, Static) and key.value is None else key


def _keys(self: Builtins, key: Value, items: Value, node: ast.AST) -> Node:
    """The key of every entry, in a list."""

    def of_entry(index: Node) -> Value:
        return self.call(key, [self.item(items, index, node)], {}, node)

    # The call itself is where its entries are listed.
    given = (each.value for each in getattr(node, "keywords", ()) if each.arg == "key")
    return self.node(self.gathered(self.length_of(items), of_entry, next(given, node)))


def _keys_by_comparison(self: Builtins, items: RecordsBox, node: ast.AST) -> Node:
    """Keys that put entries in the order of their ``__lt__``, which compares a number of each."""
    refusal = self.unsupported(
        f"an order by `{items.layout.type.__name__}.__lt__`",
        "Give `key=`: it has to compare one number of each of the two.",
        node,
    )

    def of_entry(index: Node) -> Value:
        state, mark = dict(self.state), len(self.block.steps)
        # Any other entry.
        another = self.verbatim("int()", type=INT, pure=True)
        self.naturals.add(another)
        one, other = (self.item(items, place, node) for place in (index, another))
        small, large = _smaller_first(self.compare(ast.Lt, one, other, node))
        large_too, small_too = _smaller_first(self.compare(ast.Lt, other, one, node))
        alike = small is small_too and large is large_too
        if small is None or large is None or not alike or self.is_changed(state):
            raise refusal
        if any(map(acts, self.block.steps[mark:])):
            raise refusal
        ascending = not (_depends(small, another) or _depends(large, index))
        if not ascending and (_depends(small, index) or _depends(large, another)):
            raise refusal
        self.give_up(state, mark)
        one = self.item(items, index, node)
        key, _ = _smaller_first(self.compare(ast.Lt, one, one, node))
        assert key is not None
        return key if ascending else self.primitive(arithmetic.negative, key)

    return self.node(self.gathered(self.length_of(items), of_entry, node))


def _smaller_first(found: Value) -> tuple[Node | None, Node | None]:
    """The two numbers that a comparison compares, the one that has to be smaller first."""
    if isinstance(found, Node) and found.op is arithmetic.less:
        return found.args[0], found.args[1]
    if isinstance(found, Node) and found.op is arithmetic.greater:
        return found.args[1], found.args[0]
    return None, None


def _depends(value: Node, on: Node) -> bool:
    """Whether a number is computed from another."""
    stack, met = [value], set()
    while stack:
        current = stack.pop()
        if current is on:
            return True
        if current not in met:
            met.add(current)
            stack.extend(current.args)
    return False


@dataclass(frozen=True)
class Ranked:
    """Keys by which entries are put in order: a text for the list of them, and what it is of.

    The last of ``parts`` is the number of entries.
    """

    text: str
    parts: tuple[Node, ...]

    def places(self, name: str, option: str = "") -> str:
        """What ``name``, a function with a key, chooses from the places of the entries."""
        return f"{name}(range(_{len(self.parts) - 1}_), key={self.text}.__getitem__{option})"


def _ranked(self: Builtins, key: Value | None, items: Value, node: ast.AST) -> Ranked:
    """The keys of a list's entries; records without a key are compared as the tuples they are."""
    count = self.length_of(items)
    if key is not None:
        return Ranked("_0_", (_keys(self, key, items, node), count))
    columns: list[Node] = []

    def zipped(records: RecordsBox) -> str:
        layout = records.layout
        plain = layout.kind == "tuple" or issubclass(layout.type or dict, tuple)
        if records.places is not None or not plain:
            columns.append(self.node(records))
            return ""
        names = []
        for column in records.columns:
            if isinstance(column, RecordsBox):
                names.append(zipped(column))
            else:
                names.append(f"_{len(columns)}_")
                columns.append(self.node(column))
        return f"zip({', '.join(names)})"

    if isinstance(items, RecordsBox):
        if isinstance(getattr(items.layout.type, "__lt__", None), types.FunctionType):
            return Ranked("_0_", (_keys_by_comparison(self, items, node), count))
        return Ranked(f"list({zipped(items)})", (*columns, count))
    return Ranked("_0_", (self.node(items), count))


def make_sorted(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """The same as a list whose entries can be followed to their places."""
    known, backwards = self.static_value(keywords.get("reverse", Static(False)))
    if set(keywords) - {"key", "reverse"} or not known:
        raise self.unsupported(
            "this call of `sorted`", "Give it key and a constant reverse only.", node
        )
    key = _key(keywords)
    items = self.known_iteration(args[0])
    parts = [self.static_value(item) for item in items] if items is not None else []
    box = ListBox()
    if key is None and items is not None and all(known for known, _ in parts):
        in_order = sorted((found for _, found in parts), reverse=bool(backwards))
        self.state[box] = [self.wrap(found) for found in in_order]
        return box
    if key is None:
        in_place = _by_first(self, items or [], bool(backwards))
    else:
        in_place = _by_known_keys(self, key, items or [], bool(backwards), node)
    if in_place is not None:
        self.state[box] = in_place
        return box
    listed = self.as_list(args[0], node)
    if isinstance(listed, RecordsBox):
        ranks = ListBox()
        self.state[ranks] = _order(self, _ranked(self, key, listed, node), bool(backwards))
        return self.records_in_order(listed, ranks)
    source = self.node(listed)
    if key is None and self.is_kept(source):
        option = ", reverse=True" if backwards else ""
        return self.verbatim(f"sorted(_0_{option})", source, type=DYNAMIC)
    if not isinstance(source.type, SequenceType):
        raise self.unsupported(
            "`sorted` of what is no list of numbers", "Sort numbers, or their positions.", node
        )
    ranked = _ranked(self, key, source, node)
    if self.by_entries and items is not None:
        count = self.graph.constant(len(items))
        order = _order(self, replace(ranked, parts=(*ranked.parts[:-1], count)), bool(backwards))
        self.state[box] = [
            self.item(args[0], self.primitive(sequence.index, order, self.graph.constant(k)), node)
            for k in range(len(items))
        ]
        return box
    order = _order(self, ranked, bool(backwards))

    def entry(index: Node) -> Value:
        return self.primitive(sequence.index, source, self.primitive(sequence.index, order, index))

    return self.gathered(self.primitive(sequence.length, order), entry, node)


def sorted_list(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``sorted(items, key, reverse)``: known objects as a list of which of them comes when."""
    known, backwards = self.static_value(keywords.get("reverse", Static(False)))
    key, items = _key(keywords), self.read(args[0])
    plain = isinstance(items, (ListBox, TupleValue)) and not set(keywords) - {"key", "reverse"}
    if known and plain and key is not None:
        among = self.ordered_among(items, key, bool(backwards), node)
        if among is not None:
            return among
    return make_sorted(self, args, keywords, node)


def _by_first(self: Builtins, items: list[Value], backwards: bool) -> list[Value] | None:
    """Tuples in the order of their first entries, where these are words, no two the same."""
    words = {}
    for item in map(self.read, items):
        known, word = self.static_value(item.items[0] if isinstance(item, TupleValue) else item)
        if not known or not isinstance(word, str) or word in words:
            return None
        words[word] = item
    return [words[word] for word in sorted(words, reverse=backwards)] or None


def _by_known_keys(
    self: Builtins, key: Value, items: list[Value], backwards: bool, node: ast.AST
) -> list[Value] | None:
    """Entries in the order of their keys, where these are words and numbers that are known."""
    state, mark = dict(self.state), len(self.block.steps)
    ranks: list[Any] = []
    for item in items:
        known, rank = self.static_value(self.call(key, [item], {}, node))
        if not known or not _is_comparable(rank, ranks):
            self.give_up(state, mark)
            return None
        ranks.append(rank)
    order = sorted(range(len(items)), key=ranks.__getitem__, reverse=backwards)
    return [items[place] for place in order] or None


def _is_comparable(rank: Any, others: Sequence[Any]) -> bool:
    """Whether a key is a word among words, or a whole number among such."""
    return type(rank) in (str, int) and all(type(rank) is type(other) for other in others[:1])


def _order(self: Builtins, ranked: Ranked, backwards: bool) -> Node:
    """The positions of the keys in the order of sorted's own, which is stable."""
    option = ", reverse=True" if backwards else ""
    text = ranked.places("sorted", option)
    made = self.verbatim(text, *ranked.parts, type=SequenceType(INT), pure=True)
    self.graph.names.setdefault(made, "order")
    self.naturals.add(made)
    return made


def filtered(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``filter(test, items)``."""
    self.positional(args, keywords, node, 2, 2, "filter")
    return self.made_once(
        functools.partial(_filtered, self, args, node), streams.filtered, args, {}, node
    )


def _filtered(self: Builtins, args: Arguments, node: ast.AST) -> Value:
    """The items that pass, as a list."""
    test, items = self.read(args[0]), self.known_iteration(args[1])

    def verdict(item: Value) -> Value:
        plain = isinstance(test, Static) and test.value is None
        return item if plain else self.call(test, [item], {}, node)

    box = ListBox()
    if items is not None:
        state, mark = dict(self.state), len(self.block.steps)
        verdicts = [self.truth(verdict(item)) for item in items]
        if all(known for known, _ in verdicts):
            self.state[box] = [
                item for item, (_, kept) in zip(items, verdicts, strict=True) if kept
            ]
            return box
        self.give_up(state, mark)
    box = self.new_list(node)
    if not isinstance(box, RecordsBox):
        self.state[box] = self.display((), "list")
    kind, bounds, item_at = self.iteration(args[1], node)
    exits = LoopExits()
    self.loops.append(exits)

    def action(index: Node | None) -> Completion:
        assert index is not None
        item = item_at(index)

        def keep() -> Completion:
            self.append(box, item, node)
            return Completion.FALLS

        return self.branch(
            self.predicate(verdict(item)), keep, lambda: Completion.FALLS, "statement"
        )

    try:
        self.run_loop(kind, bounds, [], exits, None, action)
    finally:
        self.loops.pop()
    return box


def _place(op: Primitive) -> Builtin:
    """``bisect.bisect_right`` and ``bisect_left``."""
    name = op.name

    def find(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        self.positional(args, {}, node, 2, 4, name)
        if set(keywords) - {"lo", "hi", "key"}:
            raise self.unsupported(f"this call of `{name}`", "Give it lo, hi and key only.", node)
        key = _key(keywords)
        items = self.node(args[0]) if key is None else _keys(self, key, args[0], node)
        ends = args[2:]
        low = ends[0] if ends else keywords.get("lo", self.graph.constant(0))
        high = ends[1] if len(ends) > 1 else keywords.get("hi", Static(None))
        bounds = [low] if self.static_value(high) == (True, None) else [low, high]
        if len(bounds) == 1 and self.static_int(low) == 0:
            bounds = []
        return self.primitive(op, items, self.node(args[1]), *map(self.node, bounds))

    return find


BUILTINS[bisect.bisect_left] = _place(places.bisect_left)
BUILTINS[bisect.bisect_right] = _place(places.bisect_right)
BUILTINS[builtins.max] = _extreme("max")
BUILTINS[builtins.min] = _extreme("min")
BUILTINS[builtins.sorted] = sorted_list
BUILTINS[builtins.filter] = filtered
BUILTINS[builtins.iter] = lambda self, args, keywords, node: Mapped(ITSELF, tuple(args))
