"""Comprehensions and generator expressions: known items, or a loop that gathers them."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.lift.core import AlwaysRaises, Completion, LoopExits
from chainrule.lift.iteration.felt import acts, may_be_felt
from chainrule.lift.iteration.iterables import Iterables
from chainrule.lift.iteration.widening import MOST_NUMBERS
from chainrule.lift.state import Frame, State, assigned_names
from chainrule.lift.values import (
    Endless,
    Generator,
    ListBox,
    ObjectBox,
    Range,
    RecordsBox,
    Static,
    TupleValue,
    Value,
    Yields,
)
from chainrule.primitives.control import LOOP

# Counted items, and those of tables, are written out up to so many; counted ones beyond that up to
# so many steps in all.
FEW_ITEMS = 8
MOST_STEPS = 40
# Fewer items are always written out.
FEWEST = 4
# What binds names of its own.
SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


class Comprehensions(Iterables):
    """Lifts comprehensions, and what generator expressions give."""

    # Loops that are written out, and others of which this was found: where they stand.
    written_out: set[Hashable]
    may_be_written_out: list[Hashable]

    def comprehension(self, node: ast.ListComp) -> Value:
        items = self.known_comprehension(node, self.frame)
        if items is not None:
            return self._list_of(items, node)
        return self._collected(node, self.frame)

    def _list_of(self, items: list[Value], node: ast.AST) -> Value:
        """A new list of known entries."""
        box = self.new_list(node)
        if isinstance(box, RecordsBox):
            self.extend(box, TupleValue(tuple(items)), node)
        else:
            self.state[box] = items
        return box

    def listed(self, generator: Generator) -> Value:
        """The list of what a generator expression gives."""
        mark = len(self.block.steps)
        with self.made_at_once():
            found = self._listed(generator)
        self.check_in_turn(mark, generator.tree)
        return found

    def check_in_turn(self, mark: int, node: ast.AST) -> None:
        """Refuse items made at once, since ``mark``, that act where they are read one by one."""
        if self.readers_in_turn and any(map(acts, self.block.steps[mark:])):
            raise self.unsupported(
                "a generator that acts on the world while it is read one by one",
                "Write it as a loop, or make a list of it before.",
                node,
            )

    def _listed(self, generator: Generator) -> Value:
        items = self.known_iteration(generator)
        if items is not None:
            return self._list_of(items, generator.tree)
        return self._collected(generator.tree, generator.frame)

    def scope_of(self, node: Any, parent: Frame) -> Frame:
        frame = Frame(parent.source, parent, parent.globals)
        frame.local_names = set(assigned_names([part.target for part in node.generators]))
        # What a walrus binds is the function's own.
        frame.outer_names = set(assigned_names([node]))
        frame.owner = parent.owner
        return frame

    def known_comprehension(self, node: Any, parent: Frame) -> list[Value] | None:
        """The entries, when the clauses run over few known items with decidable filters."""
        before, self.frame = self.frame, parent
        state, mark = dict(self.state), len(self.block.steps)
        try:
            found: list[Value] = []
            if self._known_clause(node, 0, found):
                return found
            self._give_up_items(state, mark)
            return None
        finally:
            self.frame = before

    def _known_clause(self, node: Any, position: int, found: list[Value]) -> bool:
        """Add the entries of the clauses from ``position`` on; whether all of them are known."""
        if position == len(node.generators):
            found.append(self.in_each_kind(node.elt))
            return True
        clause = node.generators[position]
        iterable = self.opened_in(self.expression(clause.iter), node, clause.iter)
        items = self.known_iteration(iterable)
        if items is None or self.too_many([*found, *items]):
            return False
        if self.is_table(iterable) and len(items) > FEW_ITEMS:
            return False
        single = len(node.generators) == 1
        if position == 0:
            if not single and not self._stay_apart(items, node):
                return False
            self.frame = self.scope_of(node, self.frame)
        first = len(self.block.steps)
        for item in items:
            if single and len(found) == 1 and self._swells(iterable, items, found[0], first, node):
                return False
            self.assign(clause.target, item)
            verdicts = [self.truth(self.test_in_each_kind(test)) for test in clause.ifs]
            if not all(known for known, _ in verdicts):
                return False
            kept = all(truth for _, truth in verdicts)
            if kept and not self._known_clause(node, position + 1, found):
                return False
        return True

    def _stay_apart(self, items: list[Value], node: Any) -> bool:
        """Whether items of an outer clause are objects, lists of them, or words, and no numbers."""
        if self.site_of(node) in self.written_out:
            return True
        return any(self.holds_objects(item) or self._is_word(item) for item in items)

    def _is_word(self, item: Value) -> bool:
        """Whether an item is a key of the text, or has one: a loop at run time would forget it."""
        item = self.read(item)
        if isinstance(item, TupleValue):
            return any(map(self._is_word, item.items))
        return isinstance(self.static_value(item)[1], (str, enum.Enum))

    def _swells(
        self, iterable: Value, items: list[Value], made: Value, first: int, node: Any
    ) -> bool:
        """Whether items are too long a text; the first was ``made`` by steps from ``first`` on."""
        steps = self.block.steps[first:]
        if not steps or len(items) < FEWEST or self.site_of(node) in self.written_out:
            return False
        if self._are_of_several_classes(items):
            return False
        row = self.state.get(made) if isinstance(made, ListBox) else None
        counted = isinstance(iterable, Range) and (
            (len(items) > FEW_ITEMS and len(steps) * len(items) > MOST_STEPS)
            or (isinstance(row, list) and len(row) * len(items) > MOST_NUMBERS)
        )
        repeating = any(step.op is LOOP for step in steps)
        return (counted or repeating) and not self._chooses(node.elt)

    def _are_of_several_classes(self, items: list[Value]) -> bool:
        """Whether items are objects, or rows with objects, that no list of one kind could hold."""
        rows = [self.read(item) for item in items]
        columns = [
            tuple(map(self.read, row.items)) if isinstance(row, TupleValue) else (row,)
            for row in rows
        ]
        classes = [
            [value.type if isinstance(value, ObjectBox) else None for value in row]
            for row in columns
        ]
        return any(row != classes[0] for row in classes)

    def _chooses(self, item: ast.expr) -> bool:
        """Whether an item takes what has no place in a list of numbers: one of some functions."""
        for part in _of_this_scope(item):
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name | ast.Attribute):
                parts = self.read(self.expression(part.value))
                if isinstance(parts, Static | TupleValue):
                    return True
        return False

    def _give_up_items(self, state: State, mark: int) -> None:
        """Leave it to a loop to make items: what can be felt of those made here is not done."""
        if any(map(may_be_felt, self.block.steps[mark:])):
            self.give_up(state, mark)
        self.state = state

    def _collected(self, node: Any, parent: Frame) -> Value:
        """The entries gathered by a loop at run time, which may be written out if it is refused."""
        try:
            return self._gathered(node, parent)
        except UnsupportedError:
            self.may_be_written_out.append(self.site_of(node))
            raise

    def _gathered(self, node: Any, parent: Frame) -> Value:
        box = self.new_list(node)
        if not isinstance(box, RecordsBox):
            self.state[box] = self.display((), "list")
        self._gather_clauses(
            node, parent, lambda: self.append(box, self.in_each_kind(node.elt), node)
        )
        return box

    def _gather_clauses(self, node: Any, parent: Frame, collect: Callable[[], None]) -> None:
        """Do ``collect`` in every step of the clauses of a comprehension."""
        before, self.frame = self.frame, self.scope_of(node, parent)
        scope = self.frame
        try:
            self._clause(node, 0, collect)
        finally:
            self.frame = before
            self.leave(scope)

    def _clause(self, node: Any, position: int, collect: Callable[[], None]) -> Completion:
        if position == len(node.generators):
            collect()
            return Completion.FALLS
        clause = node.generators[position]
        if clause.is_async:
            raise self.unsupported("async comprehensions", "Use an ordinary one.", node)
        found = self._iterated_in(clause.iter, position)
        if isinstance(self.read(found), Endless):
            raise self.does_not_end(node)
        iterable = self.opened_in(found, node, clause.iter)
        exits = LoopExits()
        names = assigned_names([clause.target, node])
        if isinstance(iterable, Yields):

            def each(value: Value) -> Completion:
                self.assign(clause.target, value)
                return self._filters(node, position, 0, collect)

            try:
                self.consume(iterable, names, exits, each)
            except AlwaysRaises:
                raise self.does_not_end(node) from None
            return Completion.FALLS
        kind, bounds, item = self.iterated(iterable, exits, clause.iter)
        self.loops.append(exits)
        try:

            def action(index: Node | None) -> Completion:
                assert index is not None
                self.assign(clause.target, item(index))
                return self._filters(node, position, 0, collect)

            completion = self.run_loop(kind, bounds, names, exits, None, action)
            for counts in exits.uneven:
                self.check_even(counts)
            return completion
        finally:
            self.loops.pop()

    def _iterated_in(self, iterated: ast.expr, position: int) -> Value:
        """What a clause runs over: the first is evaluated outside, and may share names with it."""
        scope = self.frame
        if position == 0:
            assert scope.parent is not None
            self.frame = scope.parent
        try:
            return self.expression(iterated)
        finally:
            self.frame = scope

    def does_not_end(self, node: ast.AST) -> UnsupportedError:
        """The refusal to make a list of what gives items without end."""
        return self.unsupported(
            "a generator that does not end, of which a list would be made",
            "Loop over it and leave the loop by `break`.",
            node,
        )

    def _filters(
        self, node: Any, position: int, test: int, collect: Callable[[], None]
    ) -> Completion:
        clause = node.generators[position]
        if test == len(clause.ifs):
            return self._clause(node, position + 1, collect)
        value = self.test_in_each_kind(clause.ifs[test])
        known, truth = self.truth(value)
        if known:
            return self._filters(node, position, test + 1, collect) if truth else Completion.FALLS
        return self.branch(
            self.predicate(value),
            lambda: self._filters(node, position, test + 1, collect),
            lambda: Completion.FALLS,
            "statement",
        )

    def set_comprehension(self, node: ast.SetComp) -> Value:
        """The set of what a list would hold."""
        listed = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
        items = self.comprehension(listed)
        words = self.known_items(items)
        if words and all(map(self._is_word, words)):
            return self.set_of(words, node)
        return self.call(Static(set), [items], {}, node)

    def dict_comprehension(self, node: ast.DictComp) -> Value:
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        rows = self.known_comprehension(
            ast.copy_location(ast.ListComp(pair, node.generators), node), self.frame
        )
        if rows is not None:
            return self.made_dict(((row.items[0], row.items[1]) for row in rows), node)
        table = self.new_table(None, node)

        def collect() -> None:
            self.write_entry(
                table, self.in_each_kind(node.key), self.in_each_kind(node.value), node
            )

        self._gather_clauses(node, self.frame, collect)
        return table


def _of_this_scope(item: ast.expr) -> Iterator[ast.AST]:
    """The parts of an expression without those that bind names of their own."""
    pending: list[ast.AST] = [item]
    while pending:
        part = pending.pop()
        if not isinstance(part, SCOPES):
            yield part
            pending.extend(ast.iter_child_nodes(part))
