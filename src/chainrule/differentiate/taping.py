"""What backward loops need of forward loops: which values are recorded, which computed again.

For each backward loop this finds the least number of values to put on a tape from which the
others follow by cheap arithmetic: a minimum vertex cut, after Hascoet, Naumann and Pascual's
to-be-recorded analysis and the cut formulation of Vassilvitskii.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.checks import checks_of, read_by
from chainrule.differentiate.cut import minimum_cut
from chainrule.differentiate.idle import needed_otherwise
from chainrule.differentiate.settled import Settled
from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    ITEM,
    REFERENCE,
    UNDEFINED,
    Block,
    Graph,
    inside,
)
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, Array, Type, dtype_of, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.creation import eye, ones, zeros
from chainrule.primitives.arrays.indexing import is_basic, section
from chainrule.primitives.arrays.shaping import dimension, size_of
from chainrule.primitives.broadcasting import LOOKING
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks, step_of
from chainrule.primitives.declare import Cost, Primitive, is_constant
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.updates import UPDATES
from chainrule.records import dataclass

LEAVES = (CONSTANT, GLOBAL, REFERENCE, UNDEFINED)
# Of what these read only the lengths matter.
MEASURES = (sequence.length, dimension, size_of)
# Of flat lists so do these.
OF_LENGTH = (sequence.length, sequence.zeros_like, sequence.fill_like)
# Arrays made of nothing but their sizes.
MADE = (eye, zeros, ones)
# How a table is read at a settled place.
PLACE = re.compile(r"""_0_(\[(\d+|_1_|'\w*'|"\w*")\])*""")
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
        # Whether it reads the number of the step.
        self.numbers_steps = False

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
        return step_of(self.forward)

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
        # Values that are read where they were written to, by what is read there.
        self.read_back: dict[Node, tuple[Node, ...]] = {}
        # Values that are computed again as they were computed first: never simplified.
        self.exact: set[Node] = set()
        steps = list(all_steps(graph.body))
        self.cheap_tapes = graph.cheap_tapes
        self.overwritten = Overwritten(steps)
        self.settled = Settled(steps)
        self.owners = {block: step for step in steps for block in owned_blocks(step)}
        self.needed = needed_otherwise(graph, self.owners, set(pairs.values()))
        # Loops of which nothing is left but what they raise, which the way back does.
        self.left_out: set[Node] = set()
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
                self.left_out.update(self.pairs[loop] for loop in made)
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
        if self.afresh:
            needed.update(dict.fromkeys(read_by(checks_of(plan.body))))
        plan.numbers_steps = body.parameters[0] in needed
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
            if step.op is sequence.steps_of:
                continue
            args = self.arguments(step)
            needed.update(dict.fromkeys(arg for arg in args if arg.op is not sequence.steps_of))
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
            self._look_back(node, plan)
            if not self.repeatable(node, plan):
                sources.append(node)
                continue
            for arg in self.inputs(node):
                edges.append((arg, node))
                stack.append(arg)
        cut = sorted(minimum_cut(list(seen), edges, sources, needed), key=lambda node: node.serial)
        cut = list(dict.fromkeys(self._behind_views(node, seen, plan) for node in cut))
        return cut, self._met(needed, set(cut), plan)

    def _behind_views(self, node: Node, seen: Mapping[Node, None], plan: Plan) -> Node:
        """What a slice looks into, which is kept alive with it."""
        while (
            node.op is section
            and is_basic(str(node.params[0]))
            and all(arg.op in LEAVES for arg in node.args[1:])
            and self.inputs(node)[0] in seen
            and self.repeatable(node, plan)
        ):
            node = self.inputs(node)[0]
        return node

    def _met(self, needed: Iterable[Node], taped: set[Node], plan: Plan) -> list[Node]:
        found: dict[Node, None] = {}
        stack = list(needed)
        while stack:
            node = stack.pop()
            if node in found or node in taped:
                continue
            found[node] = None
            if plan.has(node) and self.repeatable(node, plan):
                stack.extend(self.inputs(node))
        return list(found)

    def arguments(self, step: Node) -> tuple[Node, ...]:
        """What a step of the way back reads: of a list that it measures any that is as long."""
        if step.op in OF_LENGTH and step.origin.derivative:
            last = self.settled.measured(step.args[0])
            flat = not isinstance(getattr(last.type, "item", None), (SequenceType, Array))
            # What a loop leaves is not there yet in its own steps.
            within = last.op is ITEM and any(
                block.encloses(step.block) for block in owned_blocks(last.args[0])
            )
            if flat and not within and last.type == step.args[0].type:
                return (last, *step.args[1:])
        return step.args

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """What a value is computed of when it is computed again."""
        if node in self.read_back:
            return self.read_back[node]
        if node.op in MEASURES and node.args[0] in self.overwritten:
            return (self.settled.measured(node.args[0]), *node.args[1:])
        if _looks_into(node) and node.args[0] in self.overwritten:
            finished = self.settled.finished(node)
            if finished is not None:
                return (finished, *node.args[1:])
        return node.args

    def _look_back(self, node: Node, plan: Plan) -> None:
        """Read a number where it was written to, unless it is computed again without a tape."""
        kept = self.settled.kept(node) if node.type == FLOAT else None
        if kept is not None and node not in self.read_back and not self._is_free(node, plan, {}):
            self.read_back[node] = kept

    def _is_free(self, node: Node, plan: Plan, known: dict[Node, bool]) -> bool:
        """Whether a value is computed again from the index and from what is left in the end."""
        if node.op in LEAVES or not plan.has(node) or node is plan.index:
            return True
        if node not in known:
            known[node] = self.repeatable(node, plan) and all(
                self._is_free(arg, plan, known) for arg in self.inputs(node)
            )
        return known[node]

    def _stays(self, node: Node, plan: Plan) -> bool:
        """Whether a value is the same in every step, and so computed again once for all."""
        if node.op in LEAVES or not plan.has(node):
            return node not in self.overwritten
        if not isinstance(node.op, Primitive) or not node.op.pure or node.op in UPDATES:
            return False
        return node.op.cost <= Cost.FUNCTION and all(self._stays(arg, plan) for arg in node.args)

    def repeatable(self, node: Node, plan: Plan) -> bool:
        """Whether a value is computed again more cheaply than it is recorded."""
        if node in self.read_back:
            return True
        if node.op in MEASURES and self.inputs(node)[0] is not node.args[0]:
            return True
        if _looks_into(node):
            return self.inputs(node)[0] not in self.overwritten
        if node.op is VERBATIM:
            return node.type == INT or _of_table(node)
        if node.op in MADE and node not in self.overwritten:
            return True
        if node.op is sequence.display and node.params == ("tuple",):
            return node not in self.overwritten and not any(map(_is_list, node.args))
        if not isinstance(node.op, Primitive) or isinstance(node.type, SequenceType):
            return False
        if self._stays(node, plan):
            return True
        if self.afresh and node.op.pure and node.op not in UPDATES:
            return True
        if node.type == FLOAT and _of_math(node.op):
            # About the time of one entry on a list, and no memory.
            cheap = node.op.cost < Cost.FUNCTION or is_constant(node.args[-1])
            return cheap or not self.cheap_tapes
        return node.op.symbol is not None and node.op.cost <= Cost.DIVIDE


def _is_list(node: Node) -> bool:
    return isinstance(node.type, SequenceType)


def _looks_into(node: Node) -> bool:
    """Whether a value is a part or a measure of a list or an array."""
    return node.op in (sequence.index, sequence.length, section) or node.op.name in LOOKING


def _of_table(node: Node) -> bool:
    """Whether a value is a table of the user's, or stands in one under a key that it has."""
    while node.op is VERBATIM and node.args and PLACE.fullmatch(str(node.params[0])):
        node = node.args[0]
    return node.op is REFERENCE


def _of_math(op: Primitive) -> bool:
    """Whether Python itself computes it in one call: a function of ``math``, a power."""
    return op is arithmetic.power or any(name.startswith("math.") for name in op.callables)
