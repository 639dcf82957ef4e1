"""Backward loops are supplied from their forward loops.

The walk back leaves backward loops that refer to values of the forward loops.  As planned in
:mod:`~chainrule.differentiate.taping`, forward loops put values on tapes, and backward loops
read them and compute others again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from chainrule.differentiate.checks import MOVABLE, checks_of
from chainrule.differentiate.order import any_order, onward
from chainrule.differentiate.taping import LEAVES, PLACEHOLDERS, Plan, Recorded, Recorder, Tape
from chainrule.errors import InternalError
from chainrule.graph.block import (
    PARAMETER,
    Block,
    Graph,
)
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.condition_nouns import condition_noun
from chainrule.primitives.control import IF, TRY, loop_parts, next_states, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import Primitive, is_constant
from chainrule.primitives.effect import Verbatim
from chainrule.primitives.invoke import Invoke
from chainrule.primitives.nouns import input_name, looked_up, noun_of
from chainrule.primitives.part_nouns import part_noun, wholes
from chainrule.records import replace

RING = (arithmetic.add, arithmetic.subtract, arithmetic.multiply, arithmetic.negative)


def _may_be_rewritten(node: Node) -> bool:
    """Whether what is computed again may take another form beside the adjoints.

    Sums and products of numbers have factors in common with them.  Anything else is written as f
    writes it; positions and counts are ints, too.
    """
    return node.type != INT and (node.type != FLOAT or node.op in RING)


class Context:
    """A backward loop that is being copied: what values of its forward loop are there."""

    def __init__(self, plan: Plan, body: Block) -> None:
        self.plan = plan
        self.body = body
        self.values: dict[Hashable, Node] = {}
        # Values computed again, each with the block in which it is at hand.
        self.again: dict[Node, list[tuple[Block, Node]]] = {}

    def outside(self, cursor: Block) -> Block:
        """Where a value is computed once that loops within the body need in every step."""
        place = block = cursor
        while block is not self.body:
            assert block.parent is not None
            if block.parameters:
                place = block.parent
            block = block.parent
        return place


class RecordingCopier(Copier):
    """Copies a graph; forward loops gain tapes, backward loops read them."""

    def __init__(self, source: Graph, recorder: Recorder) -> None:
        super().__init__(source)
        self.plans = recorder.plans
        self.exact = recorder.exact
        self.recorder = recorder
        self.inputs = recorder.inputs
        self.read_back = recorder.read_back
        # A loop may be answered by several backward loops, one for each result pulled back.
        self.by_forward: dict[Node, dict[Tape, None]] = {}
        for plan in recorder.plans.values():
            self.by_forward.setdefault(plan.forward, {}).update(dict.fromkeys(plan.tapes))
        self.owners = recorder.owners
        self.left_out = recorder.left_out
        self._leaving_out = False
        self.contexts: list[Context] = []
        # New nodes of tapes, and of values on their way out of branches.
        self.tapes: dict[Tape, Node] = {}
        self.level: dict[Recorded, Node] = {}
        self.exports: dict[Node, list[Recorded]] = {}
        self._wholes: dict[Block, dict[Node, str]] = {}
        for plan in recorder.plans.values():
            for entry in plan.recorded:
                self._plan_export(entry, plan)

    def _plan_export(self, entry: Recorded, plan: Plan) -> None:
        """Every branch between a value and the body of its loop must hand it out."""
        if isinstance(entry, Node) and entry.block is plan.body and entry in plan.body.parameters:
            return
        block: Block | None = entry.block
        condition = plan.forward.params[1]
        while block is not None and block is not plan.body and block is not condition:
            owner = self.owners[block]
            wanted = self.exports.setdefault(owner, [])
            if entry not in wanted:
                wanted.append(entry)
            block = owner.block

    # --- what a value has become ------------------------------------------------------------

    def mapped(self, node: Node) -> Node:
        for depth in range(len(self.contexts) - 1, -1, -1):
            context = self.contexts[depth]
            if node in context.values:
                return context.values[node]
            if node.op not in LEAVES and context.plan.has(node):
                return self._again(node, context)
        return super().mapped(node)

    def _again(self, node: Node, context: Context) -> Node:
        """Compute a value of the forward loop again where it is needed."""
        cursor: Block | None = self.graph.cursor
        known = context.again.setdefault(node, [])
        while cursor is not None:
            for block, new in known:
                if block is cursor:
                    return new
            cursor = cursor.parent
        if owned_blocks(node) or node.op is PARAMETER:
            raise InternalError(f"a value of a loop is missing in its backward loop: {node!r}")
        derivative = node not in self.exact and _may_be_rewritten(node)
        place = context.outside(self.graph.cursor)
        with self.graph.inside(place):
            args = tuple(map(self.mapped, self.inputs(node)))
            with self.graph.answering(replace(node.origin, derivative=derivative)):
                if node in self.read_back:
                    new = place.add(sequence.index, args)
                else:
                    new = place.add(node.op, args, node.params, node.type)
        self.named(node, new)
        known.append((place, new))
        return new

    def tape(self, tape: Tape) -> Node:
        """The node of a tape here: read from an outer tape inside outer backward loops."""
        for context in reversed(self.contexts):
            if tape in context.values:
                return context.values[tape]
        return self.tapes[tape]

    # --- forward loops ------------------------------------------------------------------------

    def arms(self, node: Node, olds: Sequence[Block], finish: object = None) -> list[Block]:
        wanted = self.exports.get(node, [])
        if not wanted:
            return super().arms(node, olds)

        def hand_out(position: int, new: Block) -> None:
            old = olds[position]
            for entry in wanted:
                new.results += (self._leaving(entry, old),)

        return super().arms(node, olds, hand_out)

    def _leaving(self, entry: Recorded, old: Block) -> Node:
        """The recorded value at the end of an arm; a placeholder in the arms without it."""
        block: Block | None = entry.block
        while block is not None and block is not old:
            block = block.parent
        if block is not None:
            return self._at_level(entry)
        if isinstance(entry.type, SequenceType):
            # A list of tapes may be measured, tape by tape.
            return self.graph.cursor.add(sequence.display, (), ("list",))
        return self.graph.constant(PLACEHOLDERS.get(entry.type))

    def _at_level(self, entry: Recorded) -> Node:
        if entry in self.level:
            return self.level[entry]
        return self.tapes[entry] if isinstance(entry, Tape) else super().mapped(entry)

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        new = super().replace(node, args, params)
        wanted = self.exports.get(node, [])
        if wanted and node.op in (IF, TRY):
            first = owned_blocks(node)[0]
            offset = len(first.results) + (1 if node.op is TRY else 0)
            for position, entry in enumerate(wanted):
                item = new.block.item(new, offset + position)
                self.level[entry] = item
                if isinstance(entry, Node):
                    self.named(entry, item)
        return new

    def loop_copy(self, node: Node) -> Node:
        if node in self.plans:
            return self._backward(node, self.plans[node])
        if self.by_forward.get(node):
            return self._forward(node, list(self.by_forward[node]))
        before = self._leaving_out
        self._leaving_out |= node in self.left_out
        made = super().loop_copy(node)
        self._leaving_out = before
        return made

    def _forward(self, node: Node, tapes: list[Tape]) -> Node:
        """The loop with its tapes as further states."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        graph = self.graph
        with graph.answering(node.origin.answered):
            empty = tuple(
                graph.constant(0)
                if tape.entry is None
                else graph.cursor.add(sequence.display, (), ("list",))
                for tape in tapes
            )
        args = tuple(map(self.mapped, node.args))
        new_condition, body = self.open_loop(node)
        states = [body.parameter("tape", tape.type) for tape in tapes]
        for tape, state in zip(tapes, states, strict=True):
            graph.names[state] = self._tape_name(tape)
        self.copy_condition(node, new_condition)
        self.walk(old, body)
        nexts = next_states(node)
        with graph.inside(body), graph.answering(node.origin.answered):
            following = tuple(map(self.mapped, nexts))
            for tape, state in zip(tapes, states, strict=True):
                new_state = self._recorded_step(tape, state)
                graph.names.setdefault(new_state, graph.names[state])
                following += (new_state,)
            body.results = following + tuple(map(self.mapped, old.results[len(nexts) :]))
        made = self.replace(node, (*args, *empty), (kind, new_condition, body, breaks))
        for position, (tape, state) in enumerate(zip(tapes, states, strict=True)):
            item = made.block.item(made, len(nexts) + position)
            graph.names.setdefault(item, graph.names[state])
            self.tapes[tape] = item
        return made

    def _recorded_step(self, tape: Tape, state: Node) -> Node:
        cursor = self.graph.cursor
        if tape.entry is None:
            return cursor.add(arithmetic.add, (state, self.graph.constant(1)))
        return cursor.add(sequence.append, (state, self._at_level(tape.entry)))

    def _tape_name(self, tape: Tape) -> str:
        if tape.entry is None:
            return "steps"
        if isinstance(tape.entry, Tape):
            inner = self._tape_name(tape.entry)
            return f"all_{inner}" if isinstance(tape.entry.entry, Tape) else f"{inner}s"
        names = self.source.names
        return (names.get(tape.entry) or self._noun(tape.entry)) + "_tape"

    def _noun(self, node: Node) -> str:
        """A name for a value without one."""
        noun = _noun(node, self.source.names)
        if node.block not in self._wholes:
            self._wholes[node.block] = wholes(node.block, self.source.names)
        return part_noun(self._wholes[node.block].get(node), noun) or noun

    # --- what loops that are left out raise -----------------------------------------------------

    def copy(self, step: Node) -> Node:
        if self._leaving_out and step.op in MOVABLE:
            return step
        if step.op is sequence.steps_of:
            # What was recorded tells the number from now on.
            self.map[step] = self.graph.constant(None)
            return self.map[step]
        return super().copy(step)

    def arguments(self, step: Node) -> tuple[Node, ...]:
        return self.recorder.arguments(step)

    def _raise_what(self, forward: Block) -> None:
        """Raise in a step of the way back what that step of the forward loop would have raised."""
        graph = self.graph
        for check in checks_of(forward):
            with graph.answering(check.origin):
                if check.op is not IF:
                    args = tuple(map(self.mapped, check.args))
                    graph.cursor.add(check.op, args, check.params, check.type)
                    continue
                predicate = self.mapped(check.args[0])
                arms = []
                for old in owned_blocks(check):
                    arm = Block(graph, graph.cursor)
                    with graph.inside(arm):
                        self._raise_what(old)
                    arm.completes = old.completes
                    arms.append(arm)
                graph.cursor.add(IF, (predicate,), (*arms, "statement"))

    # --- backward loops -----------------------------------------------------------------------

    def _backward(self, node: Node, plan: Plan) -> Node:
        """The backward loop, reading what its forward loop has recorded."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        graph = self.graph
        tapes = [self.tape(tape) for tape in plan.tapes]
        by_tape = not plan.counted or (bool(tapes) and not plan.plain)
        zero, one = graph.constant(0), graph.constant(1)
        in_order = kind == onward(plan.forward) or any_order(node, plan.forward)
        if by_tape:
            count = tapes[0] if plan.counts else graph.cursor.add(sequence.length, (tapes[0],))
            bounds: tuple[Node, ...] = (zero, count, one)
            kind = "range" if in_order else "reversed"
        else:
            bounds = tuple(map(self.mapped, loop_parts(plan.forward)[0]))
            start, stop, _ = bounds
            if in_order:
                kind = plan.forward.params[0]
            elif kind == "reversed" and plan.step == -1:
                kind = "range"
                bounds = (_next(stop), _next(start), one)
        args = bounds + tuple(map(self.mapped, node.args[3:]))
        body = Block(graph, graph.cursor)
        index = body.parameter("i", INT)
        context = Context(plan, body)
        for parameter in old.parameters[1:]:
            self.map[parameter] = body.parameter(str(parameter.params[0]), parameter.type)
            self.named(parameter, self.map[parameter])
        if plan.index is not None and (plan.plain or not by_tape):
            context.values[plan.index] = index
            self.named(plan.index, index)
        with (
            graph.inside(body),
            graph.answering(plan.forward.origin.answered),
        ):
            position = index
            if not by_tape and (tapes or plan.numbers_steps):
                position = plan.position(index, start, stop)
            self.map[old.parameters[0]] = position
            if not plan.counts:
                for entry, tape in zip(plan.recorded, tapes, strict=True):
                    read = graph.cursor.add(sequence.index, (tape, position))
                    context.values[entry] = read
                    if isinstance(entry, Node):
                        self.named(entry, read)
            self.contexts.append(context)
            if plan.forward in self.left_out and not self.by_forward.get(plan.forward):
                self._raise_what(plan.body)
            self.walk(old, body)
            body.results = tuple(map(self.mapped, old.results))
            self.contexts.pop()
        return self.replace(node, args, (kind, None, body, breaks))


def _next(number: Node) -> Node:
    """``number + 1``."""
    if number.op is arithmetic.subtract and is_constant(number.args[1], 1):
        return number.args[0]
    return number.graph.cursor.add(arithmetic.add, (number, number.graph.constant(1)))


PLAIN_NOUNS = {"add": "total", "subtract": "gap", "multiply": "product", "divide": "ratio",
               "python_max": "largest", "python_min": "least"}  # fmt: skip


def _noun(node: Node, names: Mapping[Node, str]) -> str:
    """A name for a value without one."""
    if node.type == BOOL:
        return condition_noun(node, lambda each: names.get(each))
    if unit_axes_of(node.type):
        users = (step for step in node.block.steps if node in step.args)
        found = (input_name(step, names.get(step)) for step in users)
        noun = next((name for name in found if name is not None), None)
        noun = noun or noun_of(node, lambda each: names.get(each))
        if noun is not None:
            return noun
    if node.op is sequence.index and node.args[0] in names:
        return names[node.args[0]]
    if isinstance(node.op, Verbatim) and node.params[0] == "_0_[_1_]":
        noun = looked_up(node, lambda each: names.get(each))
        if noun is not None:
            return noun
    if isinstance(node.op, Invoke):
        return str(node.graph.functions[node.params[0]].name)
    return (
        PLAIN_NOUNS.get(node.op.name, node.op.name) if isinstance(node.op, Primitive) else "value"
    )


def record(graph: Graph, pairs: dict[Node, Node]) -> RecordingCopier | None:
    """The copy of a graph in which every backward loop is supplied from its forward loop.

    Before, a backward loop refers to values of the forward loop; after, to tapes::

        for _ in range(n):                      x_tape = []
            x = x * x                           for _ in range(n):
        for _ in reversed(range(n)):                x_tape.append(x)
            x_bar = 2.0 * x * x_bar                 x = x * x
                                                for x in reversed(x_tape):
                                                    x_bar = 2.0 * x * x_bar

    None when there is no backward loop.
    """
    if not pairs:
        return None
    copier = RecordingCopier(graph, Recorder(graph, pairs))
    copier.run()
    return copier
