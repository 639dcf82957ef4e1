"""What a loop carries from step to step: a fixed point over the shapes of names and lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, OPAQUE, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.containers.sharing import Box
from chainrule.lift.core import AlwaysRaises, Completion, Flag, LoopExits
from chainrule.lift.iteration.kept import kept_or_made
from chainrule.lift.iteration.remembered import Remembering
from chainrule.lift.iteration.shapes import (
    KEEP,
    Alternatives,
    Fresh,
    Keep,
    Layout,
    Made,
    MaybeBound,
    Same,
    Scalar,
    Shape,
    Unknown,
    bound_part,
    in_time,
    is_late,
    name_of_tag,
    names_of,
    nothing_of,
)
from chainrule.lift.kinds import as_bool, split_by_kind
from chainrule.lift.library.contents import CONTENT
from chainrule.lift.state import Frame, Key, State, same_value
from chainrule.lift.values import (
    UNBOUND,
    DictBox,
    Either,
    Fact,
    ListBox,
    ObjectBox,
    Poison,
    Read,
    TupleValue,
    Value,
    entry_of,
    held_in,
)
from chainrule.primitives.control import LOOP
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.written import is_of_literals


class TestChanges(Exception):
    """The condition of a loop changes what is read behind the loop, also where it ends it."""


class Loops(Remembering):
    """Runs the body of a loop until what it carries is stable, then builds the loop node."""

    def run_loop(
        self,
        kind: str,
        bounds: tuple[Node, ...],
        names: Sequence[str],
        exits: LoopExits,
        test: Callable[[], Value] | None,
        action: Callable[[Node | None], Completion],
    ) -> Completion:
        """A loop at run time.

        ``action`` runs the body given the index; ``test`` is the condition of a while loop.
        """
        for flag in (*exits.leaving, exits.continued):
            self.state[flag] = self.graph.constant(False)
        shapes: dict[Key, Shape] = {}
        for frame, name in (*((self.frame, name) for name in names), *self.bound_outside()):
            owner = frame
            while name in owner.outer_names and owner.parent is not None:
                owner = owner.parent
            key = (owner, name)
            shapes[key] = self._shape(self.state.get(key, UNBOUND))
        with self.remembered(kind, shapes) as ends:
            return self._until_stable(kind, bounds, shapes, exits, test, action, ends)

    def _until_stable(
        self,
        kind: str,
        bounds: tuple[Node, ...],
        shapes: dict[Key, Shape],
        exits: LoopExits,
        test: Callable[[], Value] | None,
        action: Callable[[Node | None], Completion],
        ends: dict[Key, Shape],
    ) -> Completion:
        """How the loop ends; ``ends`` are the stable shapes of what a step changes."""
        trusting = True
        looped, self.looped = self.looped, ()
        for _ in range(12):
            self.loops_within.begin()
            attempt = _Attempt(self, kind, dict(shapes), trusting)
            if attempt.index is not None and self.is_natural(bounds[0], bounds[2]):
                self.naturals.add(attempt.index)
            unbound, self.found_unbound = self.found_unbound, set()
            completion = attempt.run(test, action)
            widened = self._widen_all(attempt, shapes)
            begun = self.begin_as_arrays(widened, attempt.after, bounds, looped)
            if begun:
                shapes |= {key: self._shape(self.state[key]) for key in begun}
                self.found_unbound |= unbound
                continue
            for key in sorted(self.found_unbound, key=lambda key: key[1]):
                # A step reads what an earlier one may have left.
                shape = widened.get(key, KEEP)
                absent = self.state.get(key, UNBOUND) is UNBOUND
                if absent and isinstance(shape, (Scalar, Layout, Fresh)):
                    widened[key] = MaybeBound(in_time(shape))
            self.found_unbound |= unbound
            if all(
                shapes.get(key) == shape or (shapes.get(key, KEEP) is KEEP and is_late(shape))
                for key, shape in widened.items()
            ):
                if attempt.assumed:
                    # Entries of a kind that says nothing: the list is not known to be empty.
                    trusting = False
                    continue
                attempt.adopt(
                    {key: shape for key, shape in widened.items() if shapes.get(key) != shape}
                )
                ends.update(attempt.changed(shapes))
                return self._finish(attempt, bounds, exits, completion)
            shapes = widened
        raise self.unsupported(
            "what this loop carries from step to step keeps changing its kind",
            "Give every name the same kind of value in every step.",
        )

    def bound_outside(self) -> Iterator[tuple[Frame, str]]:
        """Names in other frames that a step may bind."""
        yield from ()

    def name_of_box(self, key: Key) -> str | None:
        content = self.state.get(key)
        known = self.graph.names.get(content) if isinstance(content, Node) else None
        return self.box_names.get(key, known)

    def _widen_all(self, attempt: _Attempt, shapes: dict[Key, Shape]) -> dict[Key, Shape]:
        """Shapes that also fit what the attempt left behind."""
        widened = dict(shapes)
        for key, value in attempt.after.items():
            entered = attempt.entry_state.get(key, UNBOUND)
            if key in shapes or value is not entered:
                if isinstance(key, (Flag, Fact)):
                    continue
                if isinstance(key, Read):
                    self._check_iterator(key)
                    continue
                if isinstance(key, tuple) and len(key) == 2 and key[1] == "return":
                    continue
                before = self.begun_with(key, value, shapes)
                lists = isinstance(before, list) and isinstance(value, list)
                if lists and isinstance(key, ListBox) and len(before) != len(value):
                    self.look_for_records(key, value)
                inner = isinstance(key, (ListBox, DictBox, ObjectBox)) or (
                    isinstance(key, tuple) and key[0] is not self.frame
                )
                if (
                    key not in shapes
                    and before is UNBOUND
                    and inner
                    and not self._is_read_first(key)
                ):
                    continue
                if (
                    isinstance(key, ListBox)
                    and isinstance(before, list)
                    and not isinstance(value, list)
                ):
                    # Indexed or grown at run time: a run-time list from before the loop on.
                    self.make_dynamic(key)
                    widened[key] = KEEP if value is UNBOUND else self._grown(key, value)
                    continue
                widened[key] = self._widen(
                    shapes.get(key, self._shape(before)), before, value, attempt.after, key
                )
        return widened

    def _is_read_first(self, key: Key) -> bool:
        """Whether a name of a function called before the loop is read before it is bound."""
        return key in self.found_unbound and any(
            isinstance(known, tuple) and isinstance(key, tuple) and known[0] is key[0]
            for known in self.state
        )

    def _finish(
        self, attempt: _Attempt, bounds: tuple[Node, ...], exits: LoopExits, completion: Completion
    ) -> Completion:
        """Build the node of a loop whose shapes are stable, and bind what it leaves."""
        body = attempt.body
        results: list[Node] = []
        after = attempt.after
        touched = len(self.shown.touches)
        with self.graph.inside(body):
            self.check_handed_on(attempt.parameters, attempt.entry_state, after)
            before, self.state = self.state, after
            for key, shape in attempt.shapes.items():
                self._gather(shape, after.get(key, UNBOUND), results, attempt)
            self.state = before
        leaving = self._leaving(attempt, exits, results)
        # To hand a list on is not to read it.
        del self.shown.touches[touched:]
        returned_flag = self.flags.get(self.frame)
        returned = after.get(returned_flag) if returned_flag is not None else None
        stop = self._stop(body, after[exits.broke], returned)
        body.completes = completion is not Completion.RAISES
        results = kept_or_made(results, attempt.parameters, body)
        body.results = tuple(results) + ((stop,) if stop is not None else ())
        self._check_nothing_is_lost(attempt, results)
        params = (attempt.kind, attempt.condition, body, stop is not None)
        node = self.structured(LOOP, (*bounds, *attempt.initial), params)
        items = iter([self.block.item(node, k) for k in range(len(results))])
        for item, parameter in enumerate(attempt.parameters):
            if (name := self.graph.names.get(parameter)) is not None:
                self.graph.names.setdefault(self.block.item(node, item), name)
        for key, shape in attempt.shapes.items():
            before_loop = self.state.get(key, UNBOUND)
            value = self._fill(shape, before_loop, items, attempt, self.state)
            for each in (attempt.entry_state.get(key, UNBOUND), value):
                self.shown.may_be(each, (before_loop, after.get(key, UNBOUND)))
            self.state[key] = value
        for key, shape in leaving:
            self.state[key] = self._fill(shape, UNBOUND, items, attempt, self.state)
            self.shown.may_be(self.state[key], (after.get(key, UNBOUND),))
        attempt.lend(self.state)
        return self._loop_completion(attempt, exits, returned)

    def _check_nothing_is_lost(self, attempt: _Attempt, results: Sequence[Node]) -> None:
        """Refuse a state that has no slope where what comes into it has one."""
        for state, *given in zip(attempt.parameters, attempt.initial, results, strict=True):
            felt = any(each.type.differentiable for each in given)
            if felt and not state.type.differentiable:
                raise self.unsupported(
                    "what this loop carries from step to step is a number in some steps only",
                    "Give every name the same kind of value in every step.",
                )

    def _leaving(
        self, attempt: _Attempt, exits: LoopExits, results: list[Node]
    ) -> list[tuple[Key, Shape]]:
        """Results for the flags and the returned value: set in the last step only."""
        leaving: list[tuple[Key, Shape]] = []
        returned = self.flags.get(self.frame)
        for key in (*exits.leaving, returned, (self.frame, "return")):
            if key is None:
                continue
            value = attempt.after.get(key, UNBOUND)
            before = self.state.get(key, UNBOUND)
            if value is before or same_value(value, before):
                continue
            if isinstance(key, Flag):
                shape: Shape = Scalar(self.graph.constant(False).type)
                attempt.slot(before, shape.type, None)
            else:
                shape = self._late(value, attempt.after, key)
                attempt.enter(shape, UNBOUND, None)
            before_state, self.state = self.state, attempt.after
            with self.graph.inside(attempt.body):
                if isinstance(key, Flag):
                    results.append(self.node(value))
                else:
                    self._gather(shape, value, results, attempt)
            self.state = before_state
            leaving.append((key, shape))
        return leaving

    def _stop(self, body: Block, broke: Value, returned: Value) -> Node | None:
        """The bool that ends the loop after a step; None when nothing does."""
        false = self.graph.constant(False)
        flags = [flag for flag in (broke, returned) if isinstance(flag, Node) and flag is not false]
        if not flags:
            return None
        if len(flags) == 1:
            return flags[0]
        with self.graph.inside(body):
            chosen = self.choose(
                flags[0], lambda: self.graph.constant(True), lambda: flags[1], "or"
            )
        return self.node(chosen)

    def _loop_completion(self, attempt: _Attempt, exits: LoopExits, returned: Value) -> Completion:
        false = self.graph.constant(False)
        if not isinstance(returned, Node) or returned is false:
            if attempt.endless and attempt.after[exits.broke] is false:
                if not self.attempts and all(step.op.pure for step in nodes_of(attempt.body)):
                    raise self.unsupported(
                        "a loop that does not end",
                        "Leave it by `break` or `return`, or raise in it.",
                    )
                return Completion.RAISES
            if attempt.endless:
                # There is no other way out.
                self.state[exits.broke] = self.graph.constant(True)
            return Completion.FALLS
        if attempt.endless and attempt.after[exits.broke] is false:
            return Completion.EXITS
        return Completion.MAYBE

    def _gather(self, shape: Shape, value: Value, results: list[Node], attempt: _Attempt) -> None:
        """Append the nodes of ``value`` in the order of the shape's slots."""
        if isinstance(shape, (Keep, Unknown, Same)):
            return
        if isinstance(shape, MaybeBound):
            tag = self.graph.constant(value is not UNBOUND)
            results.append(value.tag if isinstance(value, Either) else tag)
            self._gather(shape.shape, bound_part(value), results, attempt)
        elif isinstance(shape, Alternatives):
            tag, then, orelse = self.parted(shape, value)
            results.append(tag)
            self._gather(shape.then, then, results, attempt)
            self._gather(shape.orelse, orelse, results, attempt)
        elif isinstance(shape, Scalar):
            if value is UNBOUND:
                results.append(self.graph.undefined())
            elif isinstance(value, list):
                results.append(self.display(tuple(self.node(item) for item in value), "list"))
            else:
                results.append(self.member_node(value))
        elif isinstance(shape, Fresh):
            if isinstance(value, ListBox) and isinstance(self.state[value], list):
                results.append(self.sequence_node(value))
            else:
                results.append(self.graph.undefined() if value is UNBOUND else self.node(value))
        elif isinstance(shape, Made):
            content: Value = UNBOUND
            if value is not UNBOUND:
                content = self.content_in(self.settled(value), self.state)
            self._gather(shape.content, content, results, attempt)
        else:
            parts = self._parts(value) or [UNBOUND] * len(shape.parts)
            for part_shape, part in zip(shape.parts, parts, strict=True):
                self._gather(part_shape, part, results, attempt)

    def parted(self, shape: Alternatives, value: Value) -> tuple[Node, Value, Value]:
        """Which of two kinds a value is of, and what it is in either case."""
        value = self.settled(value)
        parts = split_by_kind(self.graph, value, shape.kind)
        if parts is None:
            raise value.refusal
        then, orelse = (UNBOUND if part is None else part for part in parts[1:])
        return as_bool(parts[0]), then, orelse

    def either(self, tag: Node, then: Value, orelse: Value) -> Either:
        """A value of two kinds, at the start of a step or behind the loop."""
        refusal = self.unsupported(
            "this value is of different kinds in different steps of a loop",
            "Give it the same kind of value in every step.",
        )
        self.has_kinds = True
        return Either(tag, then, orelse, refusal)

    def _maybe(self, tag: Node, value: Value) -> Either:
        refusal = self.unsupported("this value may be unbound", "Give it a value before the loop.")
        self.has_kinds = True
        return Either(tag, value, UNBOUND, refusal)

    def _fill(
        self, shape: Shape, before: Value, nodes: Any, attempt: _Attempt, state: State
    ) -> Value:
        """``before`` with the shape's slots replaced by ``nodes``."""
        if isinstance(shape, Keep):
            return before
        if isinstance(shape, Unknown):
            return Poison(
                self.unsupported(
                    "this value is of different kinds in different steps of a loop",
                    "Give it the same kind of value in every step.",
                )
            )
        if isinstance(shape, MaybeBound):
            tag = next(nodes)
            return self._maybe(tag, self._fill(shape.shape, UNBOUND, nodes, attempt, state))
        if isinstance(shape, Same):
            return shape.value
        if isinstance(shape, Alternatives):
            tag = next(nodes)
            then = self._fill(shape.then, UNBOUND, nodes, attempt, state)
            return self.either(tag, then, self._fill(shape.orelse, UNBOUND, nodes, attempt, state))
        if isinstance(shape, Scalar):
            return next(nodes)
        if isinstance(shape, Fresh):
            content = next(nodes)
            box = held_in(content.type)
            state[box] = content
            attempt.made.append((box, shape))
            return box
        if isinstance(shape, Made):
            old: Value = UNBOUND
            if before is not UNBOUND:
                old = self.content_in(before, self.state)
            made = shape.empty()
            state[made] = self._fill(shape.content, old, nodes, attempt, state)
            attempt.made.append((made, shape))
            return made
        before_parts = self._parts(before) or [UNBOUND] * len(shape.parts)
        parts = [
            self._fill(part_shape, part, nodes, attempt, state)
            for part_shape, part in zip(shape.parts, before_parts, strict=True)
        ]
        return self.assembled(shape, parts)

    def assembled(self, shape: Layout, parts: list[Value]) -> Value:
        """What is laid out so, of its parts."""
        if shape.kind == "records":
            return UNBOUND if UNBOUND in parts else self.records_like(shape.named, parts)
        if shape.kind == "table":
            return UNBOUND if UNBOUND in parts else self.table_like(shape.named, *parts)
        if shape.kind == "entry":
            return UNBOUND if parts[0] is UNBOUND else entry_of(shape.named, parts[0])
        if shape.kind == "tuple":
            return TupleValue(tuple(parts), shape.named)
        return parts if shape.kind == "list" else dict(zip(shape.keys, parts, strict=True))


class _Attempt:
    """One run of a loop's body under assumed shapes."""

    def __init__(self, lifter: Loops, kind: str, shapes: dict[Key, Shape], trusting: bool) -> None:
        self.lifter = lifter
        # Whether lists without any known entry are taken to be empty, and whether one was read.
        self.trusting = trusting
        self.assumed = False
        self.kind = kind
        self.shapes = shapes
        graph = lifter.graph
        self.condition = Block(graph, graph.cursor) if kind == "while" else None
        self.body = Block(graph, self.condition or graph.cursor)
        self.initial: list[Node] = []
        self.parameters: list[Node] = []
        self.entry_state: State = {}
        self.after: State = {}
        self.endless = False
        self.made: list[tuple[Box, Fresh | Made]] = []
        self.index = self.body.parameter("i", graph.constant(0).type) if kind != "while" else None
        if self.index is not None:
            lifter.number_types[self.index] = (int,)

    def slot(self, before: Value, type: Type, name: str | None) -> Node:
        """A new carried state."""
        lifter = self.lifter
        if before is UNBOUND:
            self.initial.append(lifter.graph.undefined())
        elif isinstance(before, list):
            self.initial.append(lifter.display(tuple(lifter.node(item) for item in before), "list"))
        else:
            self.initial.append(lifter.node(before))
        parameter = self.body.parameter(name or "state", type)
        self.parameters.append(parameter)
        if is_of_literals(self.initial[-1]):
            lifter.graph.of_literals.add(parameter)
        known = isinstance(before, list) and before
        if self.trusting and type == SequenceType(OPAQUE) and not known:
            lifter.untyped[parameter] = self
        if name is not None:
            lifter.graph.names[parameter] = name
        return parameter

    def enter(self, shape: Shape, before: Value, name: str | None, maybe: bool = False) -> Value:
        """The value at the start of a step; ``maybe`` there is none in the first."""
        lifter = self.lifter
        if isinstance(shape, Keep):
            return before
        if isinstance(shape, Unknown):
            return lifter._fill(shape, before, iter(()), self, self.entry_state)
        if isinstance(shape, MaybeBound):
            bound = lifter.graph.constant(before is not UNBOUND)
            tag = before.tag if isinstance(before, Either) else bound
            tag = self.slot(tag, bound.type, f"{name}_bound" if name else None)
            value = self.enter(shape.shape, bound_part(before), name, maybe=True)
            return lifter._maybe(tag, value)
        if isinstance(shape, Same):
            return shape.value
        if isinstance(shape, Alternatives):
            found, held, other = lifter.parted(shape, before)
            tag = self.slot(found, BOOL, name_of_tag(name, shape) if name else None)
            then = self.enter(shape.then, held, name, maybe=True)
            return lifter.either(tag, then, self.enter(shape.orelse, other, name, maybe=True))
        if isinstance(shape, Scalar):
            if maybe and before is UNBOUND:
                # The bool tells that it counts for nothing.
                before = nothing_of(lifter.graph, shape.type)
            parameter = self.slot(UNBOUND if shape.late else before, shape.type, name)
            return UNBOUND if shape.late else parameter
        if isinstance(shape, Fresh):
            if maybe and before is UNBOUND:
                before = nothing_of(lifter.graph, shape.type)
            parameter = self.slot(before, shape.type, name)
            if before is UNBOUND:
                return UNBOUND
            box = held_in(shape.type)
            self.entry_state[box] = parameter
            self.made.append((box, shape))
            return box
        if isinstance(shape, Made):
            content: Value = UNBOUND
            if before is not UNBOUND:
                content = lifter.content_in(lifter.settled(before), lifter.state)
            owner = None if shape.type is None else name
            entered = self.enter(shape.content, content, owner, maybe)
            if entered is UNBOUND:
                return UNBOUND
            made = shape.empty()
            self.entry_state[made] = entered
            self.made.append((made, shape))
            return made
        parts = lifter._parts(before)
        if maybe and before is UNBOUND:
            parts = [UNBOUND] * len(shape.parts)
        if parts is None or len(parts) != len(shape.parts):
            for part_shape in shape.parts:
                self.enter(part_shape, UNBOUND, None)
            return UNBOUND
        names = names_of(shape, name, CONTENT)
        entered = [
            self.enter(s, part, name, maybe)
            for s, part, name in zip(shape.parts, parts, names, strict=True)
        ]
        return lifter.assembled(shape, entered)

    def lend(self, state: State) -> None:
        """Note what the boxes made for names since the last call share their memory with."""
        for box, shape in self.made:
            self.lifter.loans.lend(box, shape.lenders, state)
            if not shape.alone:
                self.lifter.frozen.add(box)
        self.made.clear()

    def changed(self, shapes: dict[Key, Shape]) -> dict[Key, Shape]:
        """The shapes of what a step leaves otherwise than it began with it."""
        return {k: v for k, v in shapes.items() if self.after.get(k) is not self.entry_state.get(k)}

    def adopt(self, late: dict[Key, Shape]) -> None:
        """Carry names out of the loop that have no value before it."""
        for key, shape in late.items():
            self.shapes.pop(key, None)
            self.shapes[key] = shape
            self.enter(shape, UNBOUND, key[1] if isinstance(key, tuple) else None)

    def run(
        self, test: Callable[[], Value] | None, action: Callable[[Node | None], Completion]
    ) -> Completion:
        lifter = self.lifter
        self.entry_state = dict(lifter.state)
        for key, shape in self.shapes.items():
            before = lifter.state.get(key, UNBOUND)
            name = key[1] if isinstance(key, tuple) else lifter.name_of_box(key)
            self.entry_state[key] = self.enter(shape, before, name)
        self.lend(self.entry_state)
        outer, lifter.state = lifter.state, dict(self.entry_state)
        lifter.enclosing += [outer, self.entry_state]
        lifter.shown.step_starts.append(self.entry_state)
        try:
            if test is not None and self.condition is not None:
                with lifter.graph.inside(self.condition):
                    try:
                        value = test()
                    except AlwaysRaises:
                        if not self.assumed:
                            raise
                        return Completion.RAISES
                    known, truth = lifter.truth(value)
                    self.endless = known and truth
                    predicate = lifter.graph.constant(truth) if known else lifter.predicate(value)
                    self.condition.results = (predicate,)
                    lifter.hold(predicate)
                if lifter.is_changed(self.entry_state):
                    raise TestChanges
            with lifter.graph.inside(self.body):
                try:
                    return lifter.step_done(action(self.index), self.entry_state)
                except AlwaysRaises:
                    return Completion.RAISES
        finally:
            del lifter.enclosing[-2:]
            lifter.shown.step_starts.pop()
            self.after, lifter.state = lifter.state, outer
