"""Generator functions, run where their items are read.

A call of one gives :class:`~chainrule.lift.values.Yields`.  A loop over it is the generator's own
body, with the loop's body in the place of each ``yield``::

    def powers(x, n):                       total = 0.0
        p = 1.0                             p = 1.0
        for _ in range(n):                  for _ in range(n):
            yield p                             total += p
            p *= x                              p *= x

    for p in powers(x, n):
        total += p

A ``break`` of the loop is a ``return`` of the generator.  Anything else that reads the items gets a
list of them, which is the same where making them one by one could not be told.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard

from chainrule.errors import UnsupportedError
from chainrule.graph.naming import free_name
from chainrule.graph.node import Node
from chainrule.lift.calls.callees import items_handed_on, yields_in_turn
from chainrule.lift.calls.calling import Given
from chainrule.lift.calls.functions import Callee
from chainrule.lift.calls.inlining import Inlining
from chainrule.lift.core import AlwaysRaises, Completion, LoopExits
from chainrule.lift.iteration.exits import has_exits
from chainrule.lift.iteration.felt import acts
from chainrule.lift.iteration.resuming import is_yield, own_parts, stepping
from chainrule.lift.source import Source
from chainrule.lift.state import Frame, is_as_it_was
from chainrule.lift.values import (
    ITSELF,
    Closure,
    Generator,
    Mapped,
    ObjectBox,
    Static,
    TupleValue,
    Value,
    Yields,
)
from chainrule.records import dataclass

# Generators that read generators are run in one another up to so many.
DEEPEST = 40
REMEDY = "Return a list of the values."


@dataclass(frozen=True, eq=False)
class Consumer:
    """Who reads the items of a generator: what is done with each, and the names that binds."""

    frame: Frame
    names: Sequence[str]
    give: Callable[[Value], Completion]


class Yielding(Inlining):
    """Runs generator functions of the user's."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        self.consumers: dict[Frame, Consumer] = {}
        # Generators that give items until nobody reads them, once they have been run.
        self._unended: set[Frame] = set()
        self._returning: set[Frame] = set()
        # Where what a generator returns is kept, of what hands on its items.
        self._returned_to: dict[ast.AST, str] = {}
        # The generator functions of whose items lists are being made.
        self.listing: list[ast.AST] = []

    # --- calls ----------------------------------------------------------------------------

    def run_callee(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        if not is_generator(source.tree):
            return super().run_callee(source, frame, given, node)
        name = source.identifier
        return Yields(Callee(source.function, name, source, source.tree, frame), given, node)

    def _inline_closure(
        self, function: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        if not is_generator(function.tree):
            return super()._inline_closure(function, args, keywords, node)
        callee = self.closure_callee(function)
        given = (args, keywords, function.defaults, function.keyword_defaults)
        return Yields(callee, given, node)

    # --- reading the items ----------------------------------------------------------------

    def consume(
        self,
        items: Yields,
        names: Sequence[str],
        exits: LoopExits,
        action: Callable[[Value], Completion],
    ) -> Value:
        """Run the generator with ``action`` for each ``yield``; ``exits`` tell whether that left.

        It gives what the generator returns.  ``action`` binds ``names`` in the frame that reads
        the items.
        """
        self._check_runnable(items)
        frame, loops, calls = self.frame, self.loops, list(self.calls)
        false = self.graph.constant(False)
        # A generator that reads another one is left where its own items are no longer read.
        returned = [self.returned_flag()] if frame in self.consumers else []
        leaving = [*exits.leaving, *returned]
        flags = {flag: free_name(f"left_{k}", frame.local_names) for k, flag in enumerate(leaving)}
        for name in flags.values():
            self.state[frame, name] = false

        def give(value: Value) -> Completion:
            inside = self.frame, self.loops, self.calls, self.here, self.graph.origin
            self.frame, self.loops, self.calls = frame, loops, calls
            for flag in (*leaving, exits.continued):
                self.state[flag] = false
            try:
                completion = action(value)
            finally:
                self.frame, self.loops, self.calls, self.here, self.graph.origin = inside
            if completion is Completion.RAISES:
                return completion
            self.state.pop(exits.continued, None)
            for flag, name in flags.items():
                self.state[frame, name] = self.state.pop(flag)
            ways = [self.state[frame, flags[flag]] for flag in (exits.broke, *returned)]
            return self._left([way for way in ways if way is not false])

        callee = _anew(items.callee, items.callee.tree)
        self.consumers[callee.frame] = Consumer(frame, (*names, *flags.values()), give)
        try:
            value = self._inlined(callee, items.given, items.node)
        finally:
            del self.consumers[callee.frame]
        for flag, name in flags.items():
            self.state[flag] = self.state.pop((frame, name))
        if len(flags) == 1 and callee.frame in self._unended:
            # There is no other way out.
            self.state[leaving[0]] = self.graph.constant(True)
        return value

    def statement(self, node: ast.stmt) -> Completion:
        if isinstance(node, ast.Return) and self.frame in self.consumers:
            self._returning.add(self.frame)
        asked: Any = getattr(node, "value", None)
        used = isinstance(asked, ast.YieldFrom) and not isinstance(node, ast.Expr)
        if used and self.frame in self.consumers:
            return self._with_returned(node, asked)
        return super().statement(node)

    def _with_returned(self, node: ast.stmt, asked: ast.YieldFrom) -> Completion:
        """``total = yield from parts``: hand on the items, and go on with what is returned."""
        name = free_name("returned", self.frame.local_names)
        self.frame.local_names.add(name)
        self._returned_to[asked] = name
        after: Any = copy.copy(node)
        after.value = ast.copy_location(ast.Name(name, ast.Load()), asked)
        return self.statements([ast.copy_location(ast.Expr(asked), node), after])

    def keep_returned(self, loop: ast.AST, value: Value) -> None:
        """Keep what a generator has returned where the loop over its items asks for it."""
        if loop in self._returned_to:
            self.state[self.frame, self._returned_to[loop]] = value

    def returned_by(self, frame: Frame) -> Value:
        if frame in self.consumers:
            # It is left where nobody asks for more of its items: nobody reads what it returns.
            return self.state.pop((frame, "return"), Static(None))
        return super().returned_by(frame)

    def completed(self, frame: Frame, completion: Completion) -> None:
        super().completed(frame, completion)
        if frame in self.consumers and completion is Completion.EXITS:
            self._unended |= {frame} - self._returning

    def stepped(self, items: Yields) -> Value:
        """A function that gives the items of a generator without end one by one."""
        parent = items.callee.frame.parent
        source = None if parent is None else parent.source
        steps = stepping(items.callee.tree, None if source is None else source.tree)
        assert steps is not None
        return self._inlined(_anew(items.callee, steps), items.given, items.node)

    def _left(self, ways: list[Value]) -> Completion:
        """Leave the generator where the loop over its items was left in one of these ways."""

        def leave() -> Completion:
            self.state[self.frame, "return"] = Static(None)
            self.state[self.returned_flag()] = self.graph.constant(True)
            return Completion.EXITS

        if not ways:
            return Completion.FALLS
        first, *rest = ways
        known, truth = self.truth(first)
        if known:
            return leave() if truth else self._left(rest)
        return self.branch(self.node(first), leave, lambda: self._left(rest), "statement")

    def _check_runnable(self, items: Yields) -> None:
        callee = items.callee
        for part in own_parts(callee.tree.body):
            if isinstance(part, (ast.Try, ast.With)) and any(map(is_yield, own_parts([part]))):
                raise self.unsupported("`yield` within `try` or `with`", REMEDY, items.node)
        if self.under_way.count(callee.identity) > DEEPEST:
            raise self.unsupported(
                "a generator function that calls itself to a depth known at run time only",
                REMEDY,
                items.node,
            )

    def yielded(self, node: ast.Expr) -> Completion | None:
        consumer = self.consumers.get(self.frame)
        if consumer is None or not is_yield(node.value):
            return None
        if isinstance(node.value, ast.YieldFrom):
            name = free_name("item", self.frame.local_names)
            each = ast.Expr(ast.Yield(ast.Name(name, ast.Load())))
            loop = ast.For(ast.Name(name, ast.Store()), node.value.value, [each], [])
            for part in ast.walk(loop):
                if part is not node.value.value and "lineno" in part._attributes:
                    ast.copy_location(part, node)
            self.frame.local_names.add(name)
            if node.value in self._returned_to:
                self._returned_to[loop] = self._returned_to.pop(node.value)
                # What is no generator returns nothing.
                self.keep_returned(loop, Static(None))
            return self.statements([loop])
        assert isinstance(node.value, ast.Yield)
        given = node.value.value
        value = Static(None) if given is None else self.expression(given)
        return consumer.give(value)

    def bound_outside(self) -> Iterator[tuple[Frame, str]]:
        """Names in other frames that are bound where the current function yields."""
        consumer = self.consumers.get(self.frame)
        while consumer is not None:
            yield from ((consumer.frame, name) for name in consumer.names)
            consumer = self.consumers.get(consumer.frame)

    def opened(self, value: Value, node: ast.AST) -> Value:
        """What ``__iter__`` of an object yields, if that is a generator function."""
        if not isinstance(value, ObjectBox) or not hasattr(value.type, "__iter__"):
            return value
        inside = self.call_method(value, "__iter__", [], node)
        if isinstance(inside, Mapped) and inside.function is ITSELF:
            return inside.parts[0]
        known = self.known_items(value) if isinstance(inside, Yields) else None
        if known is not None:
            return TupleValue(tuple(known))
        return inside if isinstance(inside, (Yields, ObjectBox)) else value

    def made_once(
        self,
        make: Callable[[], Value],
        stream: Callable[..., Any] | None,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
    ) -> Value:
        made_of = [*args, *keywords.values()]
        state, mark = dict(self.state), len(self.block.steps)
        try:
            items = make()
        except UnsupportedError:
            # A list of what a generator gives is not made where that does not end.
            if stream is None or not any(isinstance(part, (Yields, Generator)) for part in made_of):
                raise
        else:
            if not self.is_changed(state) and not any(map(acts, self.block.steps[mark:])):
                return self.given_once(items, made_of)
            if stream is None:
                raise self.unsupported(
                    "items that act on the world or change something when they are asked for",
                    "Write it as a loop, or make a list of them before.",
                    node,
                )
        self.give_up(state, mark)
        return self.call(Static(stream), args, keywords, node)

    # --- other readers --------------------------------------------------------------------

    def known_items(self, value: Value) -> list[Value] | None:
        value = self.read(value)
        if not isinstance(value, ObjectBox):
            return super().known_items(value)
        return self._items_given(value) if hasattr(value.type, "__iter__") else None

    def _items_given(self, value: ObjectBox) -> list[Value] | None:
        """What ``__iter__`` of an object gives; None where more is felt of it than its items."""
        before, mark = dict(self.state), len(self.block.steps)
        inside, found = self.call_method(value, "__iter__", [], ast.Pass()), None
        if isinstance(inside, Mapped) and inside.function is ITSELF:
            found = self.known_items(inside.parts[0])
        elif isinstance(inside, Yields) and yields_in_turn(inside.callee.tree):
            found = self.known_items(self.as_list(inside, ast.Pass()))
        changed = any(
            key in self.state and not is_as_it_was(held, self.state[key])
            for key, held in before.items()
        )
        if changed or any(map(acts, self.block.steps[mark:])):
            self.give_up(before, mark)
            return None
        return found

    def as_list(self, value: Value, node: ast.AST) -> Value:
        value = self.opened(self.read(value), node)
        if not isinstance(value, Yields):
            return super().as_list(value, node)
        mark = len(self.block.steps)
        with self.made_at_once():
            found = self._collected_items(value, node)
        self.check_in_turn(mark, node)
        return found

    def _collected_items(self, items: Yields, node: ast.AST) -> Value:
        box = self.new_list(node)

        def collect(item: Value) -> Completion:
            self.append(box, item, node)
            return Completion.FALLS

        self.listing.append(items.callee.tree)
        try:
            self.consume(items, [], LoopExits(), collect)
        except AlwaysRaises:
            raise self.does_not_end(node) from None
        finally:
            self.listing.pop()
        return box

    def is_listed_whole(self, loop: ast.For) -> bool:
        """Whether a list is made of what a generator gives that nothing but this loop ends."""
        inside = any(loop is part for tree in self.listing for part in ast.walk(tree))
        return inside and not has_exits(loop.body)

    def indexed(self, iterable: Value, node: ast.AST) -> tuple[Node, Callable[[Node], Value]]:
        iterable = self.opened(self.read(iterable), node)
        if isinstance(iterable, Yields):
            iterable = self.as_list(iterable, node)
        return super().indexed(iterable, node)


def _anew(callee: Callee, tree: ast.FunctionDef) -> Callee:
    """A generator at the moment at which its items are read, in a frame of its own."""
    inner = callee.frame
    fresh = Frame(inner.source, inner.parent, inner.globals)
    fresh.cells, fresh.owner = inner.cells, inner.owner
    return Callee(callee.identity, callee.name, callee.source, tree, fresh, callee.closure)


def is_endless(value: Value) -> TypeGuard[Yields]:
    """Whether a value is what a generator without end gives."""
    return isinstance(value, Yields) and stepping(value.callee.tree) is not None


@functools.lru_cache(maxsize=4096)
def is_generator(tree: ast.AST) -> bool:
    """Whether a function yields items itself, and does more than to hand on others."""
    if not isinstance(tree, ast.FunctionDef) or items_handed_on(tree) is not None:
        return False
    return any(map(is_yield, own_parts(tree.body)))
