"""Which calls are inlined, and which are calls of functions that are kept apart.

A function is called that calls itself to a depth known at run time only, and one that is large
and called several times, as :mod:`~chainrule.lift.calls.repeated` finds.
"""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Hashable, Iterator
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.identity import Identity
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.lift.calls.calling import DEEPEST_CALL, Given
from chainrule.lift.calls.endless import EndlessRecursion, Unrolling
from chainrule.lift.calls.functions import Callee, Functions, is_plain
from chainrule.lift.calls.repeated import MOST_INPUTS, Use, is_worth_it, numbers_in, size_of
from chainrule.lift.core import is_box
from chainrule.lift.library.object_sets import ObjectSet
from chainrule.lift.operators import is_fixed
from chainrule.lift.source import Source, unwrap
from chainrule.lift.state import Frame, assigned_names, is_literal
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    Either,
    Fact,
    ListBox,
    ObjectBox,
    Poison,
    Static,
    TupleValue,
    Value,
    View,
)
from chainrule.primitives.declare import NUMBERS

# A recursion whose end is seen while lifting is inlined up to so many calls, and up to so many more
# where it is not understood as calls of a function.
MOST_UNROLLED = 64
MOST_CALLS = 400
# So many numbers may be handed on by a recursion that could as well be inlined.
MOST_OF_RECURSION = 32


class Inlining(Functions):
    """Decides which calls are inlined."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Functions whose calls of themselves are being inlined.
        self.unrolling: dict[Any, Unrolling] = {}
        # Where the functions that are being inlined were defined, the last of those under way.
        self.made_in: list[Frame | None] = []
        # The objects that they were given and that exist outside.
        self.objects_given: list[tuple[Hashable, ...]] = []
        # The inlined call that is under way.
        self.use: Use | None = None

    def run_callee(self, source: Source, frame: Frame, given: Given, node: ast.AST) -> Value:
        name = source.identifier
        callee = Callee(source.function, name, source, source.tree, frame)
        return self._run(callee, given, node, calls_itself(source))

    def _inline_closure(
        self, function: Closure, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        given = (args, keywords, function.defaults, function.keyword_defaults)
        return self._run(self.closure_callee(function), given, node, False)

    def closure_callee(self, function: Closure) -> Callee:
        """A function of the lifted function at the moment of its call."""
        outer: Frame = function.frame
        frame = Frame(outer.source, outer, outer.globals)
        frame.owner = outer.owner
        assert outer.source is not None
        name = getattr(function.tree, "name", "lambda_")
        return Callee(function.tree, name, outer.source, function.tree, frame, function)

    def _run(self, callee: Callee, given: Given, node: ast.AST, recursive: bool) -> Value:
        """The value of a call, by inlining the function or by a call."""
        met = callee.identity in self.under_way
        met = met or any(known.function is callee.identity for known, _ in self.calls)
        shrinks = any(map(self._is_known, (*given[0], *given[1].values())))
        apart = met and not shrinks and self._is_of_another(callee, given)
        if apart or (met and self._is_another(callee)):
            return self._inlined(callee, given, node)
        unrolling = self.unrolling.get(callee.identity)
        if unrolling is not None:
            if len(self.calls) > DEEPEST_CALL:
                raise EndlessRecursion(callee.identity)
            with unrolling.call(self._known_of(given), lambda: self._known_in_state(unrolling)):
                return self._run_once(callee, given, node)
        if shrinks and (met or recursive):
            return self._inlined_whole(callee, given, node)
        elif met or recursive:
            return self._called_or_whole(callee, given, node)
        elif len(self.calls) > DEEPEST_CALL:
            raise self.unsupported("calls are nested too deep", "Write it as a loop.", node)
        return self._run_once(callee, given, node)

    def _run_once(self, callee: Callee, given: Given, node: ast.AST) -> Value:
        """The value of a call whose calls of the function itself, if any, are inlined."""
        # A function apart reads the globals that are set outside.
        use = None if self.globals_are_set() else self._use_of(callee, given, node)
        if use is None:
            return self._inlined(callee, given, node)
        self.repeated.meet(use, self._chain(node))
        if use.key in self.repeated.apart:
            state, mark = dict(self.state), len(self.block.steps)
            try:
                return self._called(callee, given, node, self.repeated.apart[use.key], MOST_INPUTS)
            except UnsupportedError:
                # Where it is inlined more is known of it.
                self.repeated.reject(use.key)
                self.give_up(state, mark)
        with self._noted(use):
            result = self._inlined(callee, given, node)
        use.outputs = numbers_in(result)
        return result

    def _inlined(self, callee: Callee, given: Given, node: ast.AST) -> Value:
        self.under_way.append(callee.identity)
        self.made_in.append(callee.frame.parent)
        self.objects_given.append(_objects(given))
        try:
            return self._inline(callee.tree, callee.source, callee.frame, *given, node)
        finally:
            self.under_way.pop()
            self.made_in.pop()
            self.objects_given.pop()

    def _is_another(self, callee: Callee) -> bool:
        """Whether a closure is none of those of the same text that call it.

        It is a link of a chain, as of functions that are composed.
        """
        if callee.closure is None or len(self.calls) > DEEPEST_CALL:
            return False
        made = zip(reversed(self.under_way), reversed(self.made_in), strict=False)
        return all(
            where is not callee.frame.parent for each, where in made if each is callee.identity
        )

    def _is_of_another(self, callee: Callee, given: Given) -> bool:
        """Whether a method is that of another object than of all its calls under way.

        Of those that exist outside there are as many as there are: as of the properties of an
        object that are computed from one another.
        """
        own = _objects(given)
        # A function that is lifted apart is under way itself, and with whatever objects.
        calls = zip(reversed(self.under_way), reversed(self.objects_given), strict=False)
        met = [objects for each, objects in calls if each is callee.identity]
        return bool(met and own) and len(self.calls) <= DEEPEST_CALL and own not in met

    @contextlib.contextmanager
    def _noted(self, use: Use) -> Iterator[None]:
        """Note what an inlined call adds."""
        mark, self.use = len(self.block.steps), use
        self.repeated.uses.append(use)
        try:
            yield
        finally:
            self.use = use.around
            use.steps = use.block.steps[mark:]

    def _is_known(self, value: Value) -> bool:
        """Whether a recursion on ``value`` may end while lifting."""
        if self.static_int(value) is not None:
            return True
        told = value.value if isinstance(value, Static) else callable
        if is_fixed(value) or isinstance(told, type) or not callable(told):
            # It may tell the cases apart, of which few call the function again.
            return True
        if isinstance(value, TupleValue):
            return True
        if isinstance(value, ObjectBox):
            # A part of a tree.
            held = self.read(self.state.get(value, {}))
            parts = list(map(self.decided, held.values()))
            missing = any(isinstance(part, Either) and part.orelse is UNBOUND for part in parts)
            if value.instance is not None and not missing:
                held = self.taken_apart(value)
            return any(self._is_branch(self.decided(part), value.type) for part in held.values())
        return isinstance(value, ListBox) and isinstance(self.state[value], list)

    def _is_branch(self, part: Value, kind: type) -> bool:
        """Whether an attribute is another object of the class, or a list, tuple or set of such."""
        if isinstance(part, TupleValue):
            return all(self._has_branch(self.read(item), kind) for item in part.items)
        if isinstance(part, Static):
            # A leaf has none.
            return bool(part.value == ())
        if not isinstance(part, ObjectBox):
            items = self.state.get(part) if isinstance(part, ListBox) else None
            return isinstance(items, list) and all(
                isinstance(item, ObjectBox) and item.type is kind for item in map(self.read, items)
            )
        held = self.taken_apart(part) if part.type is ObjectSet else {}
        return part.type is kind or any(self._is_branch(each, kind) for each in held.values())

    def _has_branch(self, item: Value, kind: type) -> bool:
        """Whether an entry of a tuple is such an object, or a tuple that has one beside others."""
        if isinstance(item, TupleValue):
            return any(self._has_branch(self.read(each), kind) for each in item.items)
        return isinstance(item, ObjectBox) and self._is_branch(item, kind)

    def _inlined_whole(self, callee: Callee, given: Given, node: ast.AST) -> Value:
        """Inline all calls of the function by itself, if that comes to an end."""
        state, mark = dict(self.state), len(self.block.steps)
        around = list(self.unrolling.values())
        inner = bool(around)
        most = around[-1].most if inner else MOST_UNROLLED
        must_shrink = all(each.must_shrink for each in around)
        found, count = self._whole(callee, given, node, most, must_shrink)
        if found is not None:
            if inner or not self._is_dear(callee, count, mark):
                return found
            self.give_up(dict(state), mark)
            try:
                return self._called(callee, given, node, most_inputs=MOST_OF_RECURSION)
            except UnsupportedError:
                self.repeated.inlined.add(callee.identity)
                self.give_up(dict(state), mark)
                return self._inlined_whole(callee, given, node)
        self.give_up(dict(state), mark)
        try:
            return self._called(callee, given, node)
        except UnsupportedError:
            if inner:
                raise
            self.give_up(dict(state), mark)
            found, _ = self._whole(callee, given, node, MOST_CALLS, must_shrink=False)
            if found is None:
                raise
            return found

    def _called_or_whole(self, callee: Callee, given: Given, node: ast.AST) -> Value:
        """A call of the function, or where it cannot be one all calls of it by itself inlined.

        What tells its end may be in what it reads and changes: the position in a text.
        """
        state, mark = dict(self.state), len(self.block.steps)
        if callee.identity not in self.not_apart:
            try:
                return self._called(callee, given, node)
            except UnsupportedError as refusal:
                if self.is_apart:
                    # Its caller is told.
                    raise
                self.not_apart[callee.identity] = refusal
                self.give_up(state, mark)
        around = list(self.unrolling.values())
        most = around[-1].most if around else MOST_UNROLLED
        try:
            found, _ = self._whole(callee, given, node, most, must_shrink=False)
        except UnsupportedError:
            found = None
        if found is None:
            # It tells more than how deep the calls are nested.
            raise self.not_apart[callee.identity] from None
        return found

    def _is_dear(self, callee: Callee, count: int, mark: int) -> bool:
        """Whether a recursion of known depth takes so much text that it had better be one."""
        size = sum(map(size_of, self.block.steps[mark:])) // (count + 1)
        known_to_fail = callee.identity in self.repeated.inlined
        return not known_to_fail and is_worth_it(size, count + 1)

    def _whole(
        self, callee: Callee, given: Given, node: ast.AST, most: int, must_shrink: bool
    ) -> tuple[Value | None, int]:
        """The value of a recursion of up to so many calls, and their number; None if there are
        more.
        """
        begun = tuple(key for key in self.state if not isinstance(key, Fact))
        unrolling = Unrolling(callee.identity, most, must_shrink, [self._known_of(given)], begun)
        self.unrolling[callee.identity] = unrolling
        try:
            return self._inlined(callee, given, node), unrolling.count
        except EndlessRecursion as endless:
            if endless.function is not callee.identity:
                raise
            return None, unrolling.count
        finally:
            self.unrolling.pop(callee.identity, None)

    def _known_of(self, given: Given) -> Hashable:
        """What may differ, of what is known of arguments, from a call to the one inside it."""
        return tuple(self._known_part(value, ()) for value in (*given[0], *given[1].values()))

    def _known_in_state(self, unrolling: Unrolling) -> Hashable:
        """What is known of names, lists and objects that were there where a recursion began."""
        return tuple(
            self._known_parts(key, ()) if is_box(key) else self._known_part(self.state[key], ())
            for key in unrolling.begun
            if key in self.state
        )

    def _known_part(self, value: Value, around: tuple[Value, ...]) -> Hashable:
        value = self.read(value)
        count = self.static_int(value)
        if count is not None or value in around:
            return count
        if isinstance(value, Static):
            return Identity(value.value)
        if isinstance(value, TupleValue):
            return tuple(self._known_part(item, around) for item in value.items)
        if isinstance(value, ObjectBox) and value.instance is not None:
            return (Identity(value.instance), self._known_parts(value, around))
        if isinstance(value, (ListBox, DictBox, ObjectBox)):
            return self._known_parts(value, around)
        # A number that is known at run time only does not end the recursion while lifting.
        return None if isinstance(value, (Node, View)) else value

    def _known_parts(self, value: Value, around: tuple[Value, ...]) -> Hashable:
        held, within = self.state.get(value), (*around, value)
        if isinstance(held, list):
            return tuple(self._known_part(item, within) for item in held)
        if isinstance(held, dict):
            return tuple((key, self._known_part(part, within)) for key, part in held.items())
        return None

    def _called(
        self,
        callee: Callee,
        given: Given,
        node: ast.AST,
        written: frozenset[int] | None = None,
        most_inputs: int | None = None,
    ) -> Value:
        if self.globals_are_set():
            raise self.unsupported(
                "a call that is kept as it is, where a context manager has set a global",
                "Move the context manager out of the function.",
                node,
            )
        bound = self.bind_arguments(callee.source, callee.tree, *given, node)
        return self.invoke(callee, bound, node, written, most_inputs)

    def _chain(self, node: ast.AST) -> Hashable:
        """Where a call stands, with the calls around it."""
        place = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        return (place, *((at.line, at.column) for _, at in self.calls if at is not None))

    def _use_of(self, callee: Callee, given: Given, node: ast.AST) -> Use | None:
        """The call of a function that could be kept apart; None of others."""
        if callee.tree.args.kwarg is not None:
            return None
        bound = self.bind_arguments(callee.source, callee.tree, *given, node)
        try:
            captured = self._captured(callee, bound, node)
        except UnsupportedError:
            return None
        values = [*bound.values(), *(value for _, _, value in captured)]
        kinds = [self._simple_kind(value, callee) for value in values]
        if None in kinds:
            return None
        numbers = tuple(value if isinstance(value, Node) else None for value in values)
        return Use((callee.identity, tuple(kinds)), numbers, self.use, self.block)

    def _simple_kind(self, value: Value, callee: Callee) -> Hashable:
        """What a number, or an object known while lifting, is by itself; None of others."""
        if isinstance(value, Node) and value.type in NUMBERS:
            # An int of the text may decide how the function is lifted.
            exact = is_literal(value) and value.type != FLOAT
            return (value.type, value.params[0] if exact else None)
        if isinstance(value, Static):
            return ("is", value.value if is_plain(value.value) else Identity(value.value))
        if isinstance(value, TupleValue):
            parts = tuple(self._simple_kind(self.read(item), callee) for item in value.items)
            return None if None in parts else ("tuple", value.named, parts)
        if isinstance(value, ObjectBox) and value.instance is not None:
            return ("object", Identity(value.instance))
        if isinstance(value, Closure) and callee.closure is not None:
            return ("closure", value.tree)
        return ("unusable",) if isinstance(value, Poison) else None


def _objects(given: Given) -> tuple[Hashable, ...]:
    """The objects among arguments that exist outside."""
    every = (*given[0], *given[1].values())
    found = (getattr(value, "instance", None) for value in every if isinstance(value, ObjectBox))
    return tuple(Identity(each) for each in found if each is not None)


def calls_itself(source: Source) -> bool:
    """Whether a function's text calls what is the function itself."""
    function = source.function
    by_name, by_method = _calls_by_name(source.tree, function.__name__)
    if not by_name or function.__name__ in function.__code__.co_varnames:
        return by_method
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cell = cells.get(function.__name__)
    if cell is not None:
        return unwrap(cell.cell_contents) is function
    return unwrap(function.__globals__.get(function.__name__)) is function


@functools.lru_cache(maxsize=4096)
def _calls_by_name(tree: ast.AST, name: str) -> tuple[bool, bool]:
    """Whether a text calls this name, and a method of this name."""
    body = tree.body if isinstance(tree, ast.FunctionDef) else []
    hidden = name in assigned_names(body)
    by_name = by_method = False
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Name):
            by_name = by_name or (call.func.id == name and not hidden)
        elif isinstance(call.func, ast.Attribute) and call.func.attr == name:
            owner = call.func.value
            by_method = by_method or (isinstance(owner, ast.Name) and owner.id in ("self", "cls"))
    return by_name, by_method
