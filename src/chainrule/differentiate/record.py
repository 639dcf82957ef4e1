"""What the backward loops need of the forward ones: recorded, or computed again.

The walk back leaves backward loops that refer to values of the forward loops.  For each this
pass finds the least number of values to put on a tape from which the others follow by cheap
arithmetic (a minimum vertex cut, after Hascoet, Naumann and Pascual's to-be-recorded analysis
and the cut formulation of Vassilvitskii), and rewrites both loops.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from chainrule.differentiate.activity import WRITES, all_steps
from chainrule.differentiate.cut import minimum_cut
from chainrule.differentiate.idle import needed_otherwise
from chainrule.differentiate.settled import Settled
from chainrule.errors import InternalError
from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    PARAMETER,
    REFERENCE,
    UNDEFINED,
    Block,
    Graph,
    inside,
)
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, Type, dtype_of, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.broadcasting import LOOKING
from chainrule.primitives.control import IF, LOOP, TRY, loop_parts, next_states, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import Cost, Primitive, constant_value, is_constant
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import input_name, noun_of
from chainrule.records import dataclass

LEAVES = (CONSTANT, GLOBAL, REFERENCE, UNDEFINED)
# A read is computed again only from lists that nothing writes to.
UPDATES = (*WRITES, sequence.append, sequence.drop_last)
# What a branch hands out for a value that only the other branch has.
PLACEHOLDERS: dict[Type, object] = {FLOAT: 0.0, INT: 0, BOOL: False, DYNAMIC: 0.0}


@dataclass(frozen=True)
class Tape:
    """What the loop ``forward`` records of one value in each step.

    ``entry`` is a value of the loop's body, or the tape of a loop inside it, or None for a
    plain count of the steps.
    """

    forward: Node
    entry: Node | Tape | None

    @property
    def type(self) -> Type:
        if self.entry is None:
            return INT
        return SequenceType(self.entry.type)

    @property
    def block(self) -> Block:
        """Where the tape is a value."""
        return self.forward.block


# A value of a forward loop that its backward loop needs: a node, or the tape of an inner loop.
Recorded = Node | Tape


class Plan:
    """What one backward loop needs of its forward loop."""

    def __init__(self, forward: Node) -> None:
        self.forward = forward
        body = forward.params[2]
        assert isinstance(body, Block)
        self.body = body
        self.recorded: list[Recorded] = []
        self.counts = False
        # Whether the way back reads the index, or what follows from it.
        self.index_needed = False

    def has(self, node: Node) -> bool:
        """Whether ``node`` is a value of the forward loop."""
        condition = self.forward.params[1]
        return inside(node, self.body) or (isinstance(condition, Block) and inside(node, condition))

    @property
    def counted(self) -> bool:
        """Whether the steps that were run follow from the bounds."""
        return self.forward.params[0] != "while" and not self.forward.params[3]

    @property
    def index(self) -> Node | None:
        return None if self.forward.params[0] == "while" else self.body.parameters[0]

    @property
    def plain(self) -> bool:
        """Whether the step's position on the tape follows from the index."""
        if self.forward.params[0] == "while" or not self.step:
            return False
        if not self.counted:
            forwards = self.forward.params[0] == "range"
            return forwards and self.step == 1 and is_constant(self.forward.args[0], 0)
        return self.step == 1 or (self.index_needed and self.forward.params[0] == "range")

    @property
    def step(self) -> int | None:
        """By how much the index grows, if that is known."""
        step = self.forward.args[2]
        value = constant_value(step) if is_constant(step) else None
        return value if isinstance(value, int) else None

    def position(self, index: Node, start: Node, stop: Node) -> Node:
        """The position on the tape of what was recorded at ``index``."""
        step = self.step
        assert step is not None
        if self.forward.params[0] == "reversed":
            position: Node = arithmetic.subtract(arithmetic.subtract(stop, 1), index)
        elif step > 0:
            position = index if is_constant(start, 0) else arithmetic.subtract(index, start)
        else:
            position = arithmetic.subtract(start, index)
        return position if abs(step) == 1 else arithmetic.floor_divide(position, abs(step))

    @property
    def tapes(self) -> list[Tape]:
        """The tapes that the forward loop gains."""
        if self.counts:
            return [Tape(self.forward, None)]
        return [Tape(self.forward, entry) for entry in self.recorded]


class Overwritten:
    """Which versions of lists and arrays are replaced by later ones, entry by entry.

    Of such a version only what the walk back needs is recorded; any other may be kept whole, as
    what it is when f makes it.
    """

    def __init__(self, steps: Iterable[Node]) -> None:
        self._before: dict[Node, list[Node]] = {}
        bases: list[Node] = []
        for step in steps:
            if step.op in UPDATES:
                bases.append(step.args[0])
                self._follows(step, step.args[0])
            elif step.op in (section, sequence.index) or step.op.name in LOOKING:
                self._follows(step, step.args[0])
            elif step.op is LOOP:
                _, initial, parameters = loop_parts(step)
                nexts = next_states(step)
                for k, parameter in enumerate(parameters):
                    for version in (initial[k], nexts[k]):
                        self._follows(parameter, version)
                        self._follows(step.block.item(step, k), version)
            elif step.op is IF:
                for k in range(len(owned_blocks(step)[0].results)):
                    for block in owned_blocks(step):
                        self._follows(step.block.item(step, k), block.results[k])
        self._found: set[Node] = set()
        while bases:
            node = bases.pop()
            if node not in self._found:
                self._found.add(node)
                bases.extend(self._before.get(node, ()))

    def _follows(self, later: Node, earlier: Node) -> None:
        held = isinstance(earlier.type, SequenceType) or bool(unit_axes_of(earlier.type))
        if held and earlier.op not in LEAVES:
            self._before.setdefault(later, []).append(earlier)

    def __contains__(self, node: Node) -> bool:
        return node in self._found


class Recorder:
    """Plans every backward loop, inner ones first."""

    def __init__(self, graph: Graph, pairs: dict[Node, Node]) -> None:
        self.pairs = pairs
        self.plans: dict[Node, Plan] = {}
        # Values that are computed again as they were computed first: never simplified.
        self.exact: set[Node] = set()
        steps = list(all_steps(graph.body))
        self.overwritten = Overwritten(steps)
        self.settled = Settled(steps)
        self.owners = {block: step for step in steps for block in owned_blocks(step)}
        self.needed = needed_otherwise(graph, self.owners)
        # Whether all is computed again, whatever it costs.
        self.afresh = False
        for step in steps:
            if step in pairs and step not in self.plans:
                self._plan_nest(step)

    def _plan_nest(self, backward: Node) -> None:
        """Plan a backward loop and those in it: without a forward loop where there need be none."""
        if self.pairs[backward] not in self.needed:
            before, exact = set(self.plans), set(self.exact)
            self.afresh = True
            self.plan(backward)
            self.afresh = False
            made = [loop for loop in self.plans if loop not in before]
            if not any(self.plans[loop].tapes for loop in made):
                return
            for loop in made:
                del self.plans[loop]
            self.exact = exact
        self.plan(backward)

    def plan(self, backward: Node) -> list[Node]:
        """Plan one backward loop; the values from outside its forward loop that it needs."""
        plan = Plan(self.pairs[backward])
        self.plans[backward] = plan
        needed: dict[Node, None] = {}
        inner: list[Tape] = []
        body = backward.params[2]
        assert isinstance(body, Block)
        self._needs_of(body, needed, inner)
        local = [node for node in needed if plan.has(node)]
        # Without tapes the backward loop has the bounds of the forward loop.
        free = plan.index if plan.counted or plan.plain else None
        cut, met = self._choose(plan, local, free)
        plan.index_needed = plan.index in met
        if (cut or inner) and not plan.plain:
            cut, met = self._choose(plan, local, None)
        self._keep_exact(plan, backward, local)
        plan.recorded = [*cut, *inner]
        plan.counts = not plan.recorded and not plan.counted
        outside = dict.fromkeys(node for node in (*needed, *met) if not plan.has(node))
        if plan.counted:
            outside |= dict.fromkeys(loop_parts(plan.forward)[0])
        return [node for node in outside if node.op not in LEAVES]

    def _needs_of(self, block: Block, needed: dict[Node, None], inner: list[Tape]) -> None:
        for step in block.steps:
            needed.update(dict.fromkeys(step.args))
            if step in self.pairs:
                needed.update(dict.fromkeys(self.plan(step)))
                inner.extend(self.plans[step].tapes)
            else:
                for owned in owned_blocks(step):
                    self._needs_of(owned, needed, inner)
        needed.update(dict.fromkeys(block.results))

    def _keep_exact(self, plan: Plan, backward: Node, needed: Iterable[Node]) -> None:
        """What is compared has the value of the step forth to the last bit."""
        body = backward.params[2]
        assert isinstance(body, Block)
        compared = [step for step in all_steps(body) if dtype_of(step.type) == "bool"]
        stack = [arg for step in compared for arg in step.args]
        stack += [node for node in needed if dtype_of(node.type) == "bool"]
        while stack:
            node = stack.pop()
            if node not in self.exact and plan.has(node):
                self.exact.add(node)
                stack.extend(node.args)

    def _choose(
        self, plan: Plan, needed: list[Node], free: Node | None
    ) -> tuple[list[Node], list[Node]]:
        """``(values to tape, values used when all else is computed again)``."""
        seen: dict[Node, None] = {}
        edges: list[tuple[Node, Node]] = []
        sources: list[Node] = []
        stack = list(reversed(needed))
        while stack:
            node = stack.pop()
            if node in seen or node is free or node.op in LEAVES or not plan.has(node):
                continue
            seen[node] = None
            if not self.repeatable(node):
                sources.append(node)
                continue
            for arg in self.inputs(node):
                edges.append((arg, node))
                stack.append(arg)
        cut = sorted(minimum_cut(list(seen), edges, sources, needed), key=lambda node: node.serial)
        return cut, self._met(needed, set(cut), plan)

    def _met(self, needed: Iterable[Node], taped: set[Node], plan: Plan) -> list[Node]:
        found: dict[Node, None] = {}
        stack = list(needed)
        while stack:
            node = stack.pop()
            if node in found or node in taped:
                continue
            found[node] = None
            if plan.has(node) and self.repeatable(node):
                stack.extend(self.inputs(node))
        return list(found)

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """What a value is computed of when it is computed again."""
        if _looks_into(node) and node.args[0] in self.overwritten:
            finished = self.settled.finished(node)
            if finished is not None:
                return (finished, *node.args[1:])
        return node.args

    def repeatable(self, node: Node) -> bool:
        """Whether a value is computed again more cheaply than it is recorded."""
        if _looks_into(node):
            return self.inputs(node)[0] not in self.overwritten
        if node.op is VERBATIM:
            return node.type == INT
        if not isinstance(node.op, Primitive) or isinstance(node.type, SequenceType):
            return False
        if self.afresh and node.op.pure and node.op not in UPDATES:
            return True
        if node.type == FLOAT and _of_math(node.op):
            # About the time of one entry on a tape, and no memory.
            return True
        return node.op.symbol is not None and node.op.cost <= Cost.DIVIDE


def _looks_into(node: Node) -> bool:
    """Whether a value is a part or a measure of a list or an array."""
    return node.op in (sequence.index, sequence.length, section) or node.op.name in LOOKING


def _of_math(op: Primitive) -> bool:
    """Whether Python itself computes it in one call: a function of ``math``, a power."""
    return op is arithmetic.power or any(name.startswith("math.") for name in op.callables)


class Context:
    """A backward loop that is being copied: what values of its forward loop are there."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.values: dict[Hashable, Node] = {}
        # Values computed again, each with the block in which it is at hand.
        self.again: dict[Node, list[tuple[Block, Node]]] = {}


class RecordingCopier(Copier):
    """Copies a graph; forward loops gain tapes, backward loops read them."""

    def __init__(self, source: Graph, recorder: Recorder) -> None:
        super().__init__(source)
        self.plans = recorder.plans
        self.exact = recorder.exact
        self.inputs = recorder.inputs
        # A loop may be answered by several backward loops, one for each result pulled back.
        self.by_forward: dict[Node, dict[Tape, None]] = {}
        for plan in recorder.plans.values():
            self.by_forward.setdefault(plan.forward, {}).update(dict.fromkeys(plan.tapes))
        self.owners = recorder.owners
        self.contexts: list[Context] = []
        # New nodes of tapes, and of values on their way out of branches.
        self.tapes: dict[Tape, Node] = {}
        self.level: dict[Recorded, Node] = {}
        self.exports: dict[Node, list[Recorded]] = {}
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
        args = tuple(map(self.mapped, self.inputs(node)))
        # Positions and counts are ints, too.
        derivative = node not in self.exact and node.type != INT
        with self.graph.answering(replace(node.origin, derivative=derivative)):
            new = self.graph.cursor.add(node.op, args, node.params, node.type)
        self.named(node, new)
        known.append((self.graph.cursor, new))
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
        if block is None:
            return self.graph.constant(PLACEHOLDERS.get(entry.type))
        return self._at_level(entry)

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
        return super().loop_copy(node)

    def _forward(self, node: Node, tapes: list[Tape]) -> Node:
        """The loop with its tapes as further states."""
        kind, condition, old, breaks = node.params
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
        parent = graph.cursor
        new_condition = None
        if isinstance(condition, Block):
            new_condition = parent = Block(graph, parent)
        body = Block(graph, parent)
        for parameter in old.parameters:
            self.map[parameter] = body.parameter(str(parameter.params[0]), parameter.type)
            self.named(parameter, self.map[parameter])
        states = [body.parameter("tape", tape.type) for tape in tapes]
        for tape, state in zip(tapes, states, strict=True):
            graph.names[state] = self._tape_name(tape)
        if isinstance(condition, Block) and new_condition is not None:
            self.walk(condition, new_condition)
            new_condition.results = tuple(map(self.mapped, condition.results))
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
            return self._tape_name(tape.entry) + "s"
        names = self.source.names
        return (names.get(tape.entry) or _noun(tape.entry, names)) + "_tape"

    # --- backward loops -----------------------------------------------------------------------

    def _backward(self, node: Node, plan: Plan) -> Node:
        """The backward loop, reading what its forward loop has recorded."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        graph = self.graph
        tapes = [self.tape(tape) for tape in plan.tapes]
        by_tape = not plan.counted or (bool(tapes) and not plan.plain)
        zero, one = graph.constant(0), graph.constant(1)
        if by_tape:
            count = tapes[0] if plan.counts else graph.cursor.add(sequence.length, (tapes[0],))
            bounds: tuple[Node, ...] = (zero, count, one)
            kind = "reversed"
        else:
            bounds = tuple(map(self.mapped, loop_parts(plan.forward)[0]))
            start, stop, _ = bounds
            if kind == "reversed" and plan.step == -1:
                kind = "range"
                bounds = (_next(stop), _next(start), one)
        args = bounds + tuple(map(self.mapped, node.args[3:]))
        body = Block(graph, graph.cursor)
        index = body.parameter("i", INT)
        context = Context(plan)
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
            if not by_tape and tapes:
                position = plan.position(index, start, stop)
            if not plan.counts:
                for entry, tape in zip(plan.recorded, tapes, strict=True):
                    read = graph.cursor.add(sequence.index, (tape, position))
                    context.values[entry] = read
                    if isinstance(entry, Node):
                        self.named(entry, read)
            self.contexts.append(context)
            self.walk(old, body)
            body.results = tuple(map(self.mapped, old.results))
            self.contexts.pop()
        return self.replace(node, args, (kind, None, body, breaks))


def _next(number: Node) -> Node:
    """``number + 1``."""
    if number.op is arithmetic.subtract and is_constant(number.args[1], 1):
        return number.args[0]
    return number.graph.cursor.add(arithmetic.add, (number, number.graph.constant(1)))


PLAIN_NOUNS = {"add": "total", "subtract": "gap", "multiply": "product", "divide": "ratio"}


def _noun(node: Node, names: Mapping[Node, str]) -> str:
    """A name for a value without one."""
    if node.type == BOOL:
        return "branch"
    if unit_axes_of(node.type):
        users = (step for step in node.block.steps if node in step.args)
        found = (input_name(step, names.get(step)) for step in users)
        noun = next((name for name in found if name is not None), None)
        noun = noun or noun_of(node, lambda each: names.get(each))
        if noun is not None:
            return noun
    if node.op is sequence.index and node.args[0] in names:
        return names[node.args[0]]
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
