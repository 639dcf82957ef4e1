"""Iterators that are asked for one item after the other: ``next(it)``, and what is read by several.

What ``iter``, ``zip``, ``map`` and generators give is taken for its items.  Where one is asked by
``next``, read a second time or put into a container, lifting begins anew
(:class:`IteratorMade`), and it is an object that knows how far it is, as those are whose class
defines ``__next__``.  A loop over such an object asks it in each step; one over a list from some
place on that nothing else asks meanwhile is a loop over a part of the list.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
from collections.abc import Callable, Hashable
from typing import Any, TypeGuard

from chainrule.errors import UnsupportedError
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.lift.anew import Anew
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.core import Completion
from chainrule.lift.iteration.exits import has_exits
from chainrule.lift.iteration.felt import acts
from chainrule.lift.iteration.iterables import is_made_in_steps
from chainrule.lift.iteration.resuming import receives
from chainrule.lift.iteration.stops import giving, parted, told_apart
from chainrule.lift.iteration.unended import Unended
from chainrule.lift.iteration.yielding import is_endless
from chainrule.lift.library import cursors
from chainrule.lift.library.builtins import BUILTINS, Arguments, Keywords
from chainrule.lift.library.definitions import islice_of_endless
from chainrule.lift.library.quantified import first_given
from chainrule.lift.source import Source, source_of
from chainrule.lift.state import Frame, assigned_names, is_as_it_was
from chainrule.lift.values import (
    ITERATORS,
    ITSELF,
    Closure,
    Endless,
    Enumerate,
    Generator,
    Indexed,
    ListBox,
    Mapped,
    ObjectBox,
    Range,
    Reversed,
    Slice,
    Static,
    TupleValue,
    Value,
    Yields,
    Zip,
)
from chainrule.primitives import arithmetic


class IteratorMade(Anew):
    """What is made at ``site`` was taken for its items, and is asked for them one by one."""

    def __init__(self, site: Hashable) -> None:
        super().__init__(site)
        self.site = site


class Shared(UnsupportedError):
    """A loop over the items of an iterator asks it for more in its body."""


class Advancing(Unended):
    """Lifts iterators as objects."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # Where iterators are made that are asked one by one.
        self.iterator_sites: set[Hashable] = set()
        # Iterators all of whose items a loop around reads.
        self._read_whole: list[ObjectBox] = []
        self._ends_told: dict[ast.Try, list[ast.stmt] | None] = {}
        self._parted: dict[ast.AST, tuple[ast.FunctionDef, ...] | None] = {}
        self._giving: dict[ast.AST, ast.FunctionDef] = {}

    # --- where they are made --------------------------------------------------------------

    def alternatives(self, node: ast.expr) -> Value:
        value = super().alternatives(node)
        if not isinstance(node, (ast.Call, ast.GeneratorExp)) or not self._gives_once(value):
            return value
        site = self.site_of(node)
        sent = is_endless(value) and receives(value.callee.tree)
        if sent or site in self.iterator_sites:
            return self._as_reader(value, node)
        self.made_at.setdefault(value, site)
        return value

    def _gives_once(self, value: Value) -> bool:
        if isinstance(value, ListBox):
            return value in self.once
        return isinstance(value, ITERATORS)

    def asked_again(self, value: Value, refusal: UnsupportedError) -> Exception:
        site = self.made_at.get(value)
        return refusal if site is None or site in self.iterator_sites else IteratorMade(site)

    def keep(self, value: Value) -> Value:
        if self._gives_once(value) and value in self.made_at:
            raise self.asked_again(
                value, self.unsupported("an iterator in a container", "Name it.")
            )
        return value

    def _as_reader(self, value: Value, node: ast.AST) -> Value:
        """The object that knows how far an iterator is."""
        if isinstance(value, Endless):
            return self.call(value.kind, list(value.args), {}, node)
        if is_endless(value):
            kind = cursors.Receiving if receives(value.callee.tree) else cursors.Stepped
            return self.call(Static(kind), [self.stepped(value)], {}, node)
        value = self._drained(value, node)
        if isinstance(value, Mapped) and value.function is ITSELF:
            value = value.parts[0]
        return self.call(Static(cursors.Cursor), [value], {}, node)

    def _drained(self, value: Value, node: ast.AST) -> Value:
        """An iterator whose items are there already, if only what it is made of gave them."""
        value = self.read(value)
        if isinstance(value, Enumerate):
            return Enumerate(self._drained(value.items, node), value.start)
        if isinstance(value, Zip):
            return Zip(tuple(self._drained(part, node) for part in value.parts), value.strict)
        if isinstance(value, Mapped):
            parts = tuple(self._drained(part, node) for part in value.parts)
            return Mapped(value.function, parts)
        if not isinstance(value, (Generator, Yields)):
            return value
        before, mark = dict(self.state), len(self.block.steps)
        if isinstance(value, Generator) and is_made_in_steps(value):
            value = Indexed(*self.indexed(value, node))
        else:
            value = self.as_list(value, node)
        changed = any(
            key in self.state and not is_reader(key) and not is_as_it_was(held, self.state[key])
            for key, held in before.items()
        )
        if changed or any(map(acts, self.block.steps[mark:])):
            raise self.unsupported(
                "a generator that acts on the world and is asked for one item at a time",
                "Write it as a loop, or make a list of its items first.",
                node,
            )
        return value

    def reader_of(self, value: Value, node: ast.AST) -> Value:
        """``iter(value)`` as an object with ``__next__``."""
        value = self.read(value)
        if isinstance(value, ObjectBox) and hasattr(value.type, "__iter__"):
            value = self.read(self.call_method(value, "__iter__", [], node))
        return value if is_reader(value) else self._as_reader(value, node)

    def _call_object(
        self, function: Static, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        found = function.value
        known = found if isinstance(found, Hashable) else None
        endless = self.without_end(known, args, keywords, node)
        if endless is not None:
            return endless
        if known in cursors.ONE_BY_ONE:
            args = [self._asked_first(each, known, node) for each in args]
        if known in cursors.ONE_BY_ONE and any(map(self._is_asked, args)):
            return self.call(Static(cursors.ONE_BY_ONE[known]), args, keywords, node)
        if known is itertools.islice and isinstance(self.read(args[0]), Endless):
            return self.call(Static(islice_of_endless), args, keywords, node)
        if known is builtins.next and len(args) == 1 and _is_ours(self.read(args[0])):
            return self.call(Static(cursors.asked), args, {}, node)
        if known is itertools.tee:
            return self.call(Static(cursors.tee), args, keywords, node)
        if known is builtins.iter and len(args) == 2:
            return self.call(Static(cursors.until), args, keywords, node)
        return super()._call_object(function, args, keywords, node)

    def _asked_first(self, value: Value, known: Any, node: ast.AST) -> Value:
        """An argument of what gives items one by one: what has no end is asked for its own."""
        found = self.read(value)
        if known is zip:
            return self.reader_of(value, node) if is_endless(found) else value
        return self.reader_of(value, node) if isinstance(found, Endless) else value

    def _is_asked(self, value: Value) -> bool:
        """Whether what a value gives is asked one by one: of an object, by its class."""
        value = self.read(value)
        if not isinstance(value, ObjectBox) or is_reader(value):
            return is_reader(value)
        found = inspect.getattr_static(value.type, "__iter__", None)
        if not inspect.isfunction(found) or inspect.isgeneratorfunction(found):
            return False
        state, mark = dict(self.state), len(self.block.steps)
        try:
            return is_reader(self.call_method(value, "__iter__", [], ast.Pass()))
        finally:
            self.give_up(state, mark)

    # --- asking ---------------------------------------------------------------------------

    def attempt(self, node: ast.Try) -> Completion:
        if node not in self._ends_told:
            known, found = self.static_value(self.lookup("next", node))
            is_plain = known and found is builtins.next
            self._ends_told[node] = told_apart(node, self._free) if is_plain else None
        told = self._ends_told[node]
        if told is None:
            return super().attempt(node)
        completion = self.statements(told)
        # Nobody reads the name of the item again.
        for name in assigned_names(told[:1]):
            self.state.pop((self.frame, name), None)
        return completion

    def _free(self, stem: str) -> str:
        name = free_name(stem, self.frame.local_names)
        self.frame.local_names.add(name)
        return name

    def advance(self, reader: ObjectBox, default: Value, node: ast.AST) -> Value:
        """``next(reader, default)``."""
        self._check_unread(reader)
        source, frame = self._source_of_next(reader)
        assert isinstance(source.tree, ast.FunctionDef)
        if source.tree not in self._giving:
            names = {part.id for part in ast.walk(source.tree) if isinstance(part, ast.Name)}
            taken = names | {"default"}

            def free(stem: str) -> str:
                name = free_name(stem, taken)
                taken.add(name)
                return name

            self._giving[source.tree] = giving(source.tree, free_name("default", names), free)
        tree = self._giving[source.tree]
        return self._inline(tree, source, frame, [reader, default], {}, (), {}, node)

    def _source_of_next(self, reader: ObjectBox) -> tuple[Source, Frame]:
        """The text of a ``__next__``, and a frame to run it in."""
        self.watch_class(reader.type, "__next__")
        source = source_of(inspect.getattr_static(reader.type, "__next__"))
        plain = source.function
        frame = Frame(source, None, plain.__globals__)
        if plain.__closure__:
            frame.cells = dict(zip(plain.__code__.co_freevars, plain.__closure__, strict=True))
        return source, frame

    def _check_unread(self, reader: Value) -> None:
        if reader in self._read_whole:
            raise Shared(
                "an iterator that a loop reads is asked for more in the loop",
                remedy="Make a list of its items first: `list(...)`.",
                position=self.graph.origin.position,
            )

    # --- reading the rest -----------------------------------------------------------------

    def left_of(self, reader: Value, node: ast.AST) -> Value:
        self._check_unread(reader)
        source, frame = self._source_of_next(reader)
        if source.tree not in self._parted:
            assert isinstance(source.tree, ast.FunctionDef)
            self._parted[source.tree] = parted(source.tree)
        ways = self._parted[source.tree]
        if ways is None:
            return self.call(Static(cursors.left_of), [reader], {}, node)
        parts = [Closure(each, frame, (), {}) for each in ways]
        return self.call(Static(cursors.left_while), [reader, *parts], {}, node)

    def opened(self, value: Value, node: ast.AST) -> Value:
        value = self.read(value)
        if isinstance(value, Endless):
            return value.stream
        inside = super().opened(value, node)
        return self.left_of(inside, node) if is_reader(inside) else inside

    def unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        starred = any(isinstance(name, ast.Starred) for name in target.elts)
        found = self.read(value)
        if starred and is_reader(found) and not _gives_itself(found.type):
            raise self.unsupported(
                "a starred name for the rest of an iterator whose `__iter__` does more than to"
                " return itself: Python asks it again for the rest",
                "Make a list of its items first: `list(...)`.",
                target,
            )
        super().unpack(target, value)

    def opened_in(self, value: Value, within: ast.AST, node: ast.AST) -> Value:
        names = {part.id for part in ast.walk(within) if isinstance(part, ast.Name)}
        rest = None if "next" in names else self.rest_of(value, node)
        return self.opened(value, node) if rest is None else rest

    def rest_of(self, value: Value, node: ast.AST) -> Value | None:
        """All items from where a cursor is on, which is at its end then; None of others."""
        value = self.read(value)
        if not isinstance(value, ObjectBox) or value.type is not cursors.Cursor or self.attempts:
            return None
        self._check_unread(value)
        content = self.read(self.state[value])
        items, at = self.read(content["items"]), self.read(content["at"])
        if self.is_over(value):
            return TupleValue(())
        count = self._number_of(items, node)
        self.state[value] = {**content, "at": count, "over": self.graph.constant(True)}
        begun = self.static_int(at)
        if begun == 0:
            return items
        known, end = self.static_int(count), begun
        if known is not None and end is not None:
            constants = (self.graph.constant(k) for k in range(end, known))
            return TupleValue(tuple(self._item_at(items, at, node) for at in constants))
        if isinstance(items, (ListBox, Node)):
            none = Static(None)
            return self.slice(items, Slice(at, none, none))

        def item(index: Node) -> Value:
            return self._item_at(items, self.primitive(arithmetic.add, at, index), node)

        return Indexed(self.primitive(arithmetic.subtract, count, at), item)

    def over_rest(
        self, value: Value, node: ast.For, run: Callable[[Value], Any]
    ) -> tuple[bool, Any]:
        """What ``run`` does with all that a cursor has left; whether it could be done so."""
        if has_exits(node.body):
            return False, None
        state, mark = dict(self.state), len(self.block.steps)
        rest = self.rest_of(value, node.iter)
        if rest is None:
            return False, None
        items = self.read(self.state[value])["items"]
        before = {box: self.state.get(box) for box in boxes_in(items)}
        self._read_whole.append(value)
        try:
            found = run(rest)
        except Shared:
            self.give_up(state, mark)
            return False, None
        finally:
            self._read_whole.pop()
        if not all(is_as_it_was(held, self.state.get(box)) for box, held in before.items()):
            self.give_up(state, mark)
            return False, None
        return True, found

    def as_list(self, value: Value, node: ast.AST) -> Value:
        rest = self.rest_of(value, node)
        return super().as_list(value if rest is None else rest, node)

    def made_once(
        self,
        make: Callable[[], Value],
        stream: Callable[..., Any] | None,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        if stream is not None and any(map(self._is_asked, (*args, *keywords.values()))):
            # It asks for no more than it needs.
            return self.call(Static(stream), args, keywords, node)
        return super().made_once(make, stream, args, keywords, node)

    def check_resizing(self, box: ListBox) -> None:
        super().check_resizing(box)
        self._check_none_at_its_end(box)

    def check_writable(self, box: Any, node: ast.AST | None = None) -> None:
        super().check_writable(box, node)
        if isinstance(box, ListBox) and isinstance(self.state.get(box), list):
            self._check_none_at_its_end(box, certainly=False)

    def _check_none_at_its_end(self, box: ListBox, certainly: bool = True) -> None:
        """Refuse that a list grows behind an iterator that is, or may be, at its end."""
        for held, content in self.state.items():
            if not isinstance(held, ObjectBox) or held.type is not cursors.Cursor:
                continue
            inside = self.read(content)
            known, is_over = self.static_value(inside.get("over", Static(False)))
            tells = known and (not is_over or not certainly)
            if not tells and box in boxes_in(inside["items"]):
                self._check_unread(held)
                raise self.unsupported(
                    "a list grows or shrinks behind an iterator that has come to its end",
                    "Make another iterator, or a list of the items first.",
                )

    def is_over(self, cursor: ObjectBox) -> bool:
        """Whether it is known that a cursor has come to its end: there it stays."""
        return self.static_value(self.read(self.state[cursor])["over"]) == (True, True)

    def number_of(self, cursor: Value, node: ast.AST) -> Node:
        """How many items a cursor may come to."""
        assert isinstance(cursor, ObjectBox)
        if self.is_over(cursor):
            return self.graph.constant(0)
        return self._number_of(self.read(self.state[cursor])["items"], node)

    # --- items by their place -------------------------------------------------------------

    def _number_of(self, items: Value, node: ast.AST) -> Node:
        items = self.read(items)
        if isinstance(items, (Zip, Mapped)):
            counts = [
                self._number_of(part, node) for part in items.parts if not isinstance(part, Endless)
            ]
            known = [self.static_int(count) for count in counts]
            if counts and None not in known:
                return self.graph.constant(min(count for count in known if count is not None))
            return self.shortest(counts)
        if isinstance(items, (Enumerate, Reversed)):
            return self._number_of(items.items, node)
        if isinstance(items, Indexed):
            return items.count
        known_items = None if isinstance(items, Range) else self.known_items(items)
        if known_items is not None:
            return self.graph.constant(len(known_items))
        return self.indexed(items, node)[0]

    def place_after(self, at: Value) -> Node:
        """The place behind one; of a known place a known one."""
        known = self.static_int(at)
        if known is not None:
            return self.graph.constant(known + 1)
        return self.primitive(arithmetic.add, self.node(at), self.graph.constant(1))

    def _item_at(self, items: Value, at: Node, node: ast.AST) -> Value:
        items = self.read(items)
        if isinstance(items, Zip):
            return TupleValue(tuple(self._item_at(part, at, node) for part in items.parts))
        if isinstance(items, Mapped):
            row = [self._item_at(part, at, node) for part in items.parts]
            return row[0] if items.function is ITSELF else self.call(items.function, row, {}, node)
        if isinstance(items, Enumerate):
            begun, place = self.static_int(items.start), self.static_int(at)
            if begun is not None and place is not None:
                number = self.graph.constant(begun + place)
            elif begun == 0:
                number = at
            else:
                number = self.primitive(arithmetic.add, items.start, at)
            return TupleValue((number, self._item_at(items.items, at, node)))
        if isinstance(items, Reversed):
            last = self._number_of(items, node)
            known, place = self.static_int(last), self.static_int(at)
            if known is not None and place is not None:
                return self._item_at(items.items, self.graph.constant(known - 1 - place), node)
            last = self.primitive(arithmetic.subtract, last, self.graph.constant(1))
            if place == 0:
                return self._item_at(items.items, last, node)
            return self._item_at(items.items, self.primitive(arithmetic.subtract, last, at), node)
        if isinstance(items, (Indexed, Endless)):
            return items.item(at)
        place = self.static_int(at)
        known_items = None if isinstance(items, Range) else self.known_items(items)
        if known_items is not None and place is not None:
            return known_items[place]
        if isinstance(items, Range) and items.backwards:
            last = self.primitive(
                arithmetic.subtract, self.length_of(items), self.graph.constant(1)
            )
            at = self.primitive(arithmetic.subtract, last, at)
        if isinstance(items, (ListBox, TupleValue)):
            return self.item(items, at, node)
        return self.indexed(items, node)[1](at)


def is_reader(value: Value) -> TypeGuard[ObjectBox]:
    """Whether a value is an object whose class defines ``__next__``."""
    if not isinstance(value, ObjectBox):
        return False
    return inspect.isfunction(inspect.getattr_static(value.type, "__next__", None))


def _gives_itself(kind: type) -> bool:
    """Whether ``__iter__`` of a class is ``return self``."""
    found = inspect.getattr_static(kind, "__iter__", None)
    if not inspect.isfunction(found):
        return False
    tree = source_of(found).tree
    assert isinstance(tree, ast.FunctionDef)
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    found = body[0].value if isinstance(body[0], ast.Return) else None
    return isinstance(found, ast.Name) and found.id == tree.args.args[0].arg


def _is_ours(value: Value) -> bool:
    """Whether this is an iterator that reads others."""
    ours = is_reader(value) and value.type.__module__ == cursors.__name__
    return ours and value.type is not cursors.Cursor


def _zipped(self: Advancing, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``zip(*args)`` of iterators."""
    known, strict = self.truth(keywords.get("strict", Static(False)))
    if not known or strict or keywords.keys() - {"strict"} or not args:
        raise self.unsupported("this `zip` of iterators", "Give it iterables only.", node)
    *before, last = (self.reader_of(each, node) for each in args)
    made = self.call(Static(cursors.Single), [last], {}, node)
    for reader in reversed(before):
        made = self.call(Static(cursors.Zipped), [reader, made], {}, node)
    return made


def _next(self: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``next(iterator)``, of what is no generator expression that is written there."""
    items = self.read(args[0]) if len(args) in (1, 2) and not keywords else None
    written = isinstance(node, ast.Call) and isinstance(node.args[0], ast.GeneratorExp)
    if is_reader(items) and len(args) == 2:
        return self.advance(items, args[1], node)
    if not written and self._gives_once(items):
        refusal = self.unsupported("`next` of this iterator", "Loop over it.", node)
        raise self.asked_again(items, refusal)
    return first_given(self, args, keywords, node)


BUILTINS[builtins.next] = _next
BUILTINS[cursors.number_of] = lambda self, args, keywords, node: self.number_of(args[0], node)
BUILTINS[cursors.item_at] = lambda self, args, keywords, node: self._item_at(
    args[0], self.node(args[1]), node
)
BUILTINS[cursors.reader_of] = lambda self, args, keywords, node: self.reader_of(args[0], node)
BUILTINS[cursors.zipped] = _zipped
BUILTINS[cursors.place_after] = lambda self, args, keywords, node: self.place_after(args[0])
