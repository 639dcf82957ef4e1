"""Sets: of numbers and words they are kept as they are, and of objects lifted.

Which of them a set is tells what it is made of, or, of one that is empty at first, what is put into
it.  Where that is found out later, lifting begins anew, knowing it (:class:`ObjectsInSet`), as it
does where a set of known entries is changed (:class:`SetChanged`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, FLOAT, INT, OPAQUE, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.anew import Anew
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.calls.foreign import CHANGING
from chainrule.lift.containers.dispatch import Dispatch
from chainrule.lift.iteration.iterables import ItemAt
from chainrule.lift.library.builtins import BUILTINS, Arguments, Builtins, Keywords
from chainrule.lift.library.object_sets import ObjectSet
from chainrule.lift.library.ordering import make_sorted, sorted_list
from chainrule.lift.values import (
    DictBox,
    Enumerate,
    ListBox,
    Mapped,
    ObjectBox,
    Reversed,
    Static,
    TableBox,
    TupleValue,
    Value,
    Zip,
    is_made,
)
from chainrule.primitives import sequence

# What gives items one by one.
LAZY = (Enumerate, Mapped, Reversed, Zip)

OF_SETS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Sub: operator.sub,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
# Those whose entries all are entries of the first.
OF_FIRST = (ast.Sub, ast.BitAnd)


class ObjectsInSet(Anew):
    """A set made at ``site`` was kept as it is, and has objects that the function makes."""

    def __init__(self, site: Hashable) -> None:
        super().__init__(site)
        self.site = site


class SetChanged(Anew):
    """A set made at ``site`` was taken for one that stays as it is."""

    def __init__(self, site: Hashable) -> None:
        super().__init__(site)
        self.site = site


class SetHolds(Anew):
    """A set made at ``site`` was read when nothing was known of it, and holds what is of a type."""

    def __init__(self, site: Hashable, type: Type) -> None:
        super().__init__(site)
        self.site = site
        self.type = type


class Entries:
    """What is known of the entries of a set that is kept as it is, which was made at ``site``."""

    def __init__(self, site: Hashable, type: Type | None) -> None:
        self.site = site
        # The types of what was put in, in order; those of another of this place.
        self.types: dict[Type, None] = {} if type is None else {type: None}
        # Whether it was read as a list of one type, and when nothing was known of it.
        self.counted_on = False
        self.asked_empty = False
        # Those of sets that have all that is put into this one.
        self.merged: list[Entries] = []


class Sets(Dispatch):
    """Lifts sets."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Where sets were made that are kept as they are.
        self._made_at: dict[Node, Hashable] = {}
        # Where those were made that are known here, and where those are made that are changed.
        self._known_at: dict[Value, tuple[Hashable, ...]] = {}
        self.changed_sets: set[Hashable] = set()
        # What was put into those that are kept, and what earlier liftings found, by place.
        self._numbers_of: dict[Value, Node] = {}
        self._put_in: dict[Value, Entries] = {}
        self.set_types: dict[Hashable, Type] = {}

    def new_set(self, items: list[Value], node: ast.AST) -> Value:
        """``set(...)`` of no argument, or of one."""
        site = self.place_of(node)
        if items and isinstance(self.read(items[0]), (DictBox, TableBox)):
            items = [self.call_method(items[0], "keys", [], node)]
        elif items and isinstance(self.read(items[0]), LAZY):
            items = [self.as_list(items[0], node)]
        if site in self.object_sets:
            return self.call(Static(ObjectSet), items, {}, node)
        if items and self._has_objects(self.known_items(items[0]) or ()):
            raise ObjectsInSet(site)
        known = self.known_iteration(items[0]) if items else None
        if known is not None and all(self._is_number(item) for item in known):
            return self.set_of(known, node)
        refusal = None
        if isinstance(node, ast.SetComp):
            refusal = self.unsupported("a set of what is differentiated", "Use a list.", node)
        content = self.state.get(items[0]) if items and type(items[0]) is ListBox else None
        numbers = content if isinstance(content, Node) else None
        if numbers is not None and numbers.type == SequenceType(FLOAT):
            made = self.verbatim("set(_0_)", numbers, type=DYNAMIC, refusal=refusal)
            self.kept_kinds[made] = set
            self._numbers_of[made] = numbers
        else:
            made = self.opaque_call(self.static_node(Static(set)), items, {}, node, refusal)
        if isinstance(made, Node):
            self._made_at[made] = site
            self._put_in[made] = entries = self._entries_at(node)
            for item in items:
                self._note_entries(entries, item, node)
        return made

    def _told_of(self, kept: Value) -> Entries | None:
        """What is known of a set; of one that a loop carries what is known of that before it."""
        if isinstance(kept, Node) and kept not in self._put_in:
            kept = self.held_before(kept)[-1]
        return self._put_in.get(kept)

    def _entries_at(self, node: ast.AST) -> Entries:
        site = self.place_of(node)
        return Entries(site, self.set_types.get(site))

    def numbers_in(self, kept: Value, node: ast.AST) -> Value | None:
        """Of each number in a set that is made of a list of them the first that the list has."""
        numbers = self._numbers_of.get(kept)
        if numbers is None:
            return None
        text = "sorted({value: k for k, value in reversed(list(enumerate(_0_)))}.values())"
        first = self.verbatim(text, numbers, type=SequenceType(INT), pure=True)

        def entry(index: Node) -> Value:
            at = self.primitive(sequence.index, first, index)
            return self.primitive(sequence.index, numbers, at)

        return self.gathered(self.primitive(sequence.length, first), entry, node)

    def words_in(self, kept: Value) -> Value | None:
        """The entries of a set that is kept, if they are words or whole numbers all."""
        entries = self._told_of(kept)
        if entries is None or not isinstance(kept, Node):
            return None
        types = list(entries.types)
        entries.asked_empty |= not types
        if len(types) != 1 or types[0] not in (OPAQUE, INT):
            return None
        entries.counted_on = True
        return self.boxed(self.verbatim("list(_0_)", kept, type=SequenceType(types[0])))

    def _note_entries(self, kept: Entries, items: Value, node: ast.AST) -> None:
        """A set gets the entries of a list, or the keys of a dict."""
        items = self.read(items)
        entries = self.known_items(items)
        if entries is not None:
            for entry in entries:
                self._note_entry(kept, entry, node)
            return
        if isinstance(items, TableBox):
            items = self.keys_of(items)
        content = self.state.get(items) if type(items) is ListBox else items
        kind = content.type if isinstance(content, Node) else DYNAMIC
        self._note_type(kept, kind.item if isinstance(kind, SequenceType) else DYNAMIC, node)

    def _note_entry(self, kept: Entries, entry: Value, node: ast.AST) -> None:
        entry = self.read(entry)
        known, found = self.static_value(entry)
        if known and type(found) in (str, int):
            self._note_type(kept, OPAQUE if type(found) is str else INT, node)
        else:
            self._note_type(kept, entry.type if isinstance(entry, Node) else DYNAMIC, node)

    def _note_type(self, kept: Entries, type: Type, node: ast.AST) -> None:
        if type in kept.types:
            return
        kept.types[type] = None
        if kept.asked_empty and len(kept.types) == 1 and type in (OPAQUE, INT):
            raise SetHolds(kept.site, type)
        if kept.counted_on and len(kept.types) > 1:
            raise self.unsupported(
                "a set of words or whole numbers that gets something else",
                "Keep each kind in a set of its own.",
                node,
            )
        for merged in kept.merged:
            self._note_type(merged, type, node)

    def _set(self, node: ast.Set) -> Value:
        if any(isinstance(item, (ast.Constant, ast.JoinedStr)) for item in node.elts):
            return super()._set(node)
        items = [self.expression(item) for item in node.elts]
        if self._has_objects(items):
            return self.call(Static(ObjectSet), [self.like(Static([]), items)], {}, node)
        return self.set_of(items, node)

    def set_of(self, items: Sequence[Value], node: ast.AST) -> Value:
        """A set of numbers and words, known here if the function does not change it."""
        parts = [self.static_value(item) for item in items]
        site = self.place_of(node)
        if site in self.changed_sets or not all(known for known, _ in parts):
            kept = super().set_of(items, node)
            self._put_in[kept] = entries = self._entries_at(node)
            for item in items:
                self._note_entry(entries, item, node)
            return kept
        made = Static({found for _, found in parts})
        self._known_at[made] = (site,)
        return made

    def _is_number(self, item: Value) -> bool:
        """Whether an item is a number that is known: the order of words changes with each run."""
        known, found = self.static_value(item)
        return known and isinstance(found, (int, float))

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        """``left operator right``, of sets that are known here as well."""
        sets = [self.read(left), self.read(right)]
        act = OF_SETS.get(operator)
        if act is None or not all(each in self._known_at for each in sets):
            made = super().binary(operator, left, right, node)
            if act is not None and any(map(self._told_of, sets)):
                entries = self._put_in[made] = self._entries_at(node)
                self._note_parts(entries, sets[:1] if operator in OF_FIRST else sets, node)
            return made
        one, other = (self.static_value(each)[1] for each in sets)
        made = self.set_of(list(map(self.wrap, act(one, other))), node)
        if made in self._known_at:
            self._known_at[made] = tuple(site for each in sets for site in self._known_at[each])
        return made

    def in_place(self, operator: type, old: Value, operand: Value, node: ast.AST) -> Value | None:
        """``old operator= operand``, which puts into a set what the operand has."""
        sets = [self.read(old), self.read(operand)]
        # What a step of a loop makes of a known set is another known set in each.
        if operator in OF_SETS and (self.loops or sets[1] not in self._known_at):
            self._check_known(sets[0])
        changed = super().in_place(operator, old, operand, node)
        entries = self._told_of(sets[0])
        if entries is not None and operator not in OF_FIRST:
            self._note_parts(entries, sets[1:], node)
        return changed

    def _note_parts(self, made: Entries, parts: Sequence[Value], node: ast.AST) -> None:
        """A set gets the entries of others."""
        for part in parts:
            entries = self._told_of(part)
            if entries is not None:
                entries.merged.append(made)
                if part not in self._put_in:
                    # A loop may carry what is made here as the next of these.
                    made.merged.append(entries)
                for type in entries.types:
                    self._note_type(made, type, node)
            elif part in self._known_at:
                for entry in self.static_value(part)[1]:
                    self._note_entry(made, self.wrap(entry), node)
            else:
                self._note_type(made, DYNAMIC, node)

    def is_kept_set(self, value: Value) -> bool:
        """Whether a value is a set that is kept as it is, or may be one that a loop carries."""
        if not isinstance(value, Node) or value.type != DYNAMIC:
            return False
        kind = self.kept_kinds.get(self.held_before(value)[-1])
        return self._told_of(value) is not None or kind is set

    def sorted_entries(self, value: Value) -> list[Value] | None:
        """The sorted entries of a set that is known here; None of others."""
        found = self.static_value(value)[1] if value in self._known_at else None
        kinds = {type(entry) for entry in found or ()}
        if found is None or not (kinds <= {int, float, bool} or kinds == {str} or kinds == {tuple}):
            return None
        if kinds == {tuple} and not all(type(part) is int for entry in found for part in entry):
            return None
        return list(map(self.wrap, sorted(found)))

    def _has_objects(self, items: Iterable[Value]) -> bool:
        return any(isinstance(item, ObjectBox) and is_made(item) for item in map(self.read, items))

    def _check_method(self, owner: Value, name: str, args: list[Value], node: ast.AST) -> None:
        if name in CHANGING or name.endswith("_update"):
            self._check_known(owner)
            self._numbers_of.pop(owner, None)
        self._check_objects(owner, args)
        entries = self._told_of(owner)
        if entries is not None and name == "add":
            self._note_entry(entries, args[0], node)
        elif entries is not None and name in ("update", "symmetric_difference_update"):
            for arg in args:
                self._note_entries(entries, arg, node)
        super()._check_method(owner, name, args, node)

    def _check_known(self, owner: Value) -> None:
        """Begin anew where a set is changed, or looped over in its own order."""
        if owner in self._known_at:
            raise SetChanged(self._known_at[owner][0])

    def _indexed_container(self, iterable: Value, node: ast.AST) -> tuple[Node, ItemAt]:
        self._check_known(iterable)
        return super()._indexed_container(iterable, node)

    def _membership(self, operator: type, left: Value, right: Value) -> Value:
        self._check_objects(right, [left])
        return super()._membership(operator, left, right)

    def _check_objects(self, owner: Value, items: list[Value]) -> None:
        """Begin anew where objects are put into a set that was kept, or looked for in it."""
        if isinstance(owner, Node) and owner in self._made_at and self._has_objects(items):
            raise ObjectsInSet(self._made_at[owner])


def _set_of(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if isinstance(self, Sets) and not keywords and len(args) < 2:
        return self.new_set(args, node)
    return self.opaque_call(self.static_node(Static(set)), args, keywords, node, None)


def _sorted(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known = self.sorted_entries(self.read(args[0])) if isinstance(self, Sets) and args else None
    if known is not None:
        return make_sorted(self, [TupleValue(tuple(known))], keywords, node)
    return sorted_list(self, _listed(self, args, keywords, node), keywords, node)


def _listed(self: Builtins, args: Arguments, keywords: Keywords, node: ast.AST) -> Arguments:
    """A set of words alone, or of the numbers of a list, as a list whose order nobody sees."""
    if not isinstance(self, Sets) or len(args) != 1:
        return args
    kept = self.read(args[0])
    found = self.words_in(kept) if "key" in keywords else self.numbers_in(kept, node)
    found = self.words_in(kept) if found is None else found
    if found is None and "key" in keywords and self.is_kept_set(kept):
        raise self.unsupported(
            "entries of a set that are not known to be words, or whole numbers, all",
            "Keep them in a list, or change one set with `add`, `|=` and `-=`.",
            node,
        )
    return args if found is None else [found]


def _of_words(choose: Builtin) -> Builtin:
    """``max`` or ``min``, of sets of words as well."""
    return lambda self, args, keywords, node: choose(
        self, _listed(self, args, keywords, node), keywords, node
    )


BUILTINS[set] = _set_of
BUILTINS[sorted] = _sorted
BUILTINS[max] = _of_words(BUILTINS[max])
BUILTINS[min] = _of_words(BUILTINS[min])
