"""Reverse mode: one walk back over a graph that appends its adjoints.

The walk uses f's own values wherever they were computed, also inside loops and branches.
:mod:`chainrule.differentiate.record` afterwards makes those of loops reach the backward loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.differentiate.activity import active, all_steps, varied
from chainrule.differentiate.attempted import again_behind
from chainrule.differentiate.backward_loop import BackwardLoop
from chainrule.differentiate.begun import refuse_begun
from chainrule.differentiate.chosen import Uses, hidden_entries, is_choice, may_be_steep, only_in
from chainrule.differentiate.computed import arms_not_run, is_taken, only_arm_with
from chainrule.differentiate.forward import check_rule
from chainrule.differentiate.keys import refuse_keys
from chainrule.differentiate.points import (
    Condition,
    Doubt,
    Points,
    either,
    felt,
    itself,
    nonzero,
    refuse_points,
)
from chainrule.graph.answer import Answer
from chainrule.graph.block import CONSTANT, ITEM, UNDEFINED, Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import Array, moved_type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.adjoints import Adjoints
from chainrule.primitives.broadcasting import spread, widened
from chainrule.primitives.complex_powers import is_complex_below_zero
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    loop_parts,
    next_states,
    owned_blocks,
    step_of,
    try_blocks,
)
from chainrule.primitives.declare import Primitive, Structured, is_constant, is_left_out
from chainrule.primitives.list_lengths import gathers
from chainrule.primitives.masking import masked_by
from chainrule.primitives.nouns import called, input_name
from chainrule.primitives.sequence import zero_of
from chainrule.primitives.silence import silent

Bars = dict[Node, Node]


class ReverseWalker(Adjoints):
    """Appends the pullback of a graph's body to that body.

    ``pairs`` tells afterwards which backward loop answers which loop.
    """

    def __init__(self, graph: Graph, inputs: Sequence[Node], results: Sequence[Node]) -> None:
        self.graph = graph
        self._varied = varied(graph, inputs, by_places=True)
        refuse_keys(graph, self._varied)
        self._active = active(graph, self._varied, results).values
        self._points = Points(graph, self._varied)
        self._inputs = frozenset(inputs)
        self.scopes: list[Bars] = [{}]
        self.pairs: dict[Node, Node] = {}
        self._uses: list[Uses] = []
        # Nothing flows into the complex slope of a power that is not felt.
        self._silent = silent(graph, is_complex_below_zero)
        self._entries = hidden_entries(graph, self._active) if self._silent else set()
        # Arguments of functions whose values have a name.
        self.inputs: dict[Node, str] = {}
        for step in all_steps(graph.body):
            name = input_name(step, graph.names.get(step))
            if name is not None:
                self.inputs.setdefault(step.args[0], name)
        # Loop indices that are never negative.
        self.indices = {
            step.params[2].parameters[0]  # type: ignore[attr-defined]
            for step in all_steps(graph.body)
            if step.op is LOOP and step.params[0] != "while" and _from_zero(step)
        }

    # --- what rules use -------------------------------------------------------------------

    def active(self, node: Node) -> bool:
        return node in self._active

    def bar(self, node: Node) -> Node | None:
        for scope in reversed(self.scopes):
            if node in scope:
                return scope[node]
        return None

    def set_bar(self, node: Node, bar: Node) -> None:
        self.scopes[-1][node] = bar
        name = called(node) or self.inputs.get(node)
        if name is not None and name != "_" and bar.origin.derivative:
            self.graph.names.setdefault(bar, name + "_bar")
        elif node in self.graph.arguments and bar.origin.derivative:
            self.graph.arguments.setdefault(bar, self.graph.arguments[node] + "_bar")

    def accumulate(self, node: Node, value: Node | float) -> None:
        before = self.bar(node) if self.active(node) else None
        super().accumulate(node, value)
        for part in (before, value) if before is not None else ():
            if isinstance(part, Node):
                self.answered(node, part, whole=False)

    def answered(self, node: Node, bar: Node, whole: bool = True) -> None:
        """Keep that ``bar`` is the adjoint of ``node``, or a part of it."""
        if bar.origin.derivative and bar.op is not CONSTANT:
            told = Answer(node, called(node) or self.inputs.get(node), "_bar", whole)
            known = self.graph.answers.get(bar, ())
            self.graph.answers[bar] = (*known, told)

    def accumulate_at(self, base: Node, path: Sequence[Node], value: Node) -> None:
        if base in self._active and base.op is sequence.slice_of:
            first = self._offset(base, path[0])
            if first is not None:
                # An entry of a slice is an entry of the list: the slice needs no adjoint.
                self.accumulate_at(base.args[0], (first, *path[1:]), value)
                return
        super().accumulate_at(base, path, value)

    def _offset(self, part: Node, position: Node) -> Node | None:
        """Where entry ``position`` of a slice stands in the list; None when it is not certain."""
        _, start, _, step = part.args
        if not (is_left_out(step) or is_constant(step, 1)):
            return None
        if not self._is_natural(position):
            return None
        if is_left_out(start) or is_constant(start, 0):
            return position
        if not self._is_natural(start):
            return None
        terms = (position, start) if is_constant(start) else (start, position)
        return self.graph.cursor.add(arithmetic.add, terms)

    def _is_natural(self, position: Node) -> bool:
        """Whether a position in a list is certainly not negative."""
        if is_constant(position):
            number = position.params[0]
            return isinstance(number, int) and number >= 0
        return position in self.indices or position.op is sequence.position_of

    # --- the walk -------------------------------------------------------------------------

    def pull(self, steps: Sequence[Node]) -> None:
        """Walk back over ``steps``."""
        uses = Uses(steps, self.active, self.scopes[-1])
        self._uses.append(uses)
        for step in reversed(steps):
            if step not in uses.walked:
                self._pull_step(step)
        self._uses.pop()

    def _pull_step(self, step: Node) -> None:
        with self.graph.answering(step.origin.answered):
            if isinstance(step.op, Structured):
                self._pull_structured(step)
            elif step in self._active and step not in self._inputs:
                bar = self.bar(step)
                if bar is not None and not (is_choice(step) and self._pull_choice(step, bar)):
                    self.answered(step, bar)
                    self._pull_primitive(step, bar)

    def _pull_primitive(self, step: Node, bar: Node) -> None:
        uses = self._uses[-1]
        check_rule(step)
        self._refuse_found(step, nonzero(bar))
        assert isinstance(step.op, Primitive)
        guarded = step in self._silent and step not in uses.walked and not is_array(step)
        arms = uses.arms_of(step) if guarded and may_be_steep(step) else []
        if arms:
            # It is felt where one of several arms was chosen.
            chosen = either([p if side else arithmetic.logical_not(p) for p, side in arms])
        elif guarded and step in self._entries:
            chosen = nonzero(bar)
        else:
            chosen = True
        if not isinstance(chosen, Node):
            with self.graph.like(step):
                step.op.pull(self, step, spread(masked_by(bar, uses.masks.get(step, ())), step))
            return
        uses.walked[step] = (chosen, True)
        blocks = [Block(self.graph, self.graph.cursor) for _ in range(2)]
        self.scopes.append({})
        with self.graph.inside(blocks[0]), self.graph.like(step):
            step.op.pull(self, step, spread(bar, step))
        self._join(chosen, [(blocks[0], self.scopes.pop()), (blocks[1], {})], ())

    def _pull_structured(self, step: Node) -> None:
        if step.op is IF:
            arms = owned_blocks(step)
            self._pull_branches(step.args[0], step, arms, 0)
        elif step.op is LOOP:
            self._pull_loop(step)
        elif step.op is TRY:
            self._pull_attempt(step)

    def _pull_choice(self, step: Node, bar: Node) -> bool:
        """Walk back, as in a branch, over what only an arm of a choice uses; False without such."""
        groups = [only_in(self._uses, step, side) for side in (True, False)]
        if not any(groups):
            return False
        arms = []
        for side, group in zip((True, False), groups, strict=True):
            block = Block(self.graph, self.graph.cursor)
            self.scopes.append({})
            with self.graph.inside(block):
                self.accumulate(step.args[1 if side else 2], bar)
                self._pull_group(step, side, group)
            arms.append((block, self.scopes.pop()))
        self._join(step.args[0], arms, ())
        return True

    def _pull_group(self, choice: Node, side: bool, group: dict[Node, Uses]) -> None:
        """Walk back over what only an arm of a choice uses, in the block of that arm."""
        self._uses[-1].at = (choice, side)
        for step, uses in group.items():
            if step not in uses.walked:
                uses.walked[step] = (choice.args[0], side)
                self._pull_step(step)
                self.scopes[-1].pop(step, None)
        self._uses[-1].at = None

    def _seeds(self, node: Node, count: int, first: int) -> list[tuple[int, Node]]:
        """``(result, adjoint)`` of the results that have an adjoint."""
        found = []
        for k in range(count):
            item = node.block.item(node, first + k)
            bar = self.bar(item) if item in self._active else None
            if bar is not None:
                found.append((k, bar))
        return found

    def _pull_arm(
        self,
        old: Block,
        seeds: list[tuple[int, Node]],
        points: tuple[Condition, ...] = (),
        branch: tuple[Node, bool] | None = None,
        mapped: Callable[[Node], Node] = itself,
    ) -> tuple[Block, Bars]:
        """The pullback of one arm in a block of its own, and the adjoints that it changed.

        In an arm for single points, as ``points`` tell, it raises where there is an adjoint.
        What was computed before for this arm of ``branch`` alone is walked back inside it where
        its slope may be no number.
        """
        steps = list(old.steps)
        block = Block(self.graph, self.graph.cursor, old)
        block.completes = old.completes
        self.scopes.append({})
        with self.graph.inside(block):
            if points and refuse_points(self.graph, points, self._doubt(old, seeds), mapped):
                block.completes = False
            if block.completes:
                self._seed_results(old, seeds)
                self._uses[-1].at = branch
                self.pull(steps)
                self._uses[-1].at = None
                if branch is not None:
                    group = only_in(self._uses, *branch)
                    if any(step in self._silent and may_be_steep(step) for step in group):
                        self._pull_group(*branch, group)
        return block, self.scopes.pop()

    def _doubt(self, old: Block, seeds: list[tuple[int, Node]]) -> Doubt:
        """Whether what compared values depend on would get an adjoint from their branch."""

        def doubt(nodes: tuple[Node, ...]) -> Node | bool:
            if not any(node in self._varied for node in nodes):
                return False
            bars = [bar for k, bar in seeds if old.results[k].op is not UNDEFINED]
            return either([felt(bar, self._varied) for bar in bars])

        return doubt

    def _seed_results(self, old: Block, seeds: list[tuple[int, Node]]) -> None:
        for k, bar in seeds:
            result = old.results[k]
            if result.op not in (UNDEFINED, CONSTANT):
                self.accumulate(result, bar)

    def _needs_pull(self, blocks: Sequence[Block], seeds: list[tuple[int, Node]]) -> bool:
        """Whether something inside has an adjoint: a result, or a value used elsewhere."""
        if seeds:
            return True
        told = {
            node.args[0] if node.op is ITEM else node for scope in self.scopes for node in scope
        }
        return any(step in told for block in blocks for step in all_steps(block))

    def _pull_branches(
        self, predicate: Node, node: Node, olds: Sequence[Block], first: int
    ) -> None:
        seeds = self._seeds(node, len(olds[0].results), first)
        if not self._needs_pull(olds, seeds):
            return
        going = [old for old in olds if old.completes]
        if len(going) == 1:
            # Whoever gets here has run that arm.
            self._seed_results(going[0], seeds)
            self.pull(list(going[0].steps))
            return
        seeded = [k for k, _ in seeds]
        self._refuse_found(node, either([nonzero(bar) for _, bar in seeds]))
        pulled = [
            self._pull_arm(
                old, seeds, self._points.of(node, position, seeded), (node, position == 0)
            )
            for position, old in enumerate(olds)
        ]
        made = self._join(predicate, pulled, olds)
        if made is not None and node in self.graph.continued:
            # Each of its arms has the slope of its own again.
            self.graph.continued.add(made)

    def _given(self, felt: Node | bool) -> Doubt:
        """Whether something is ``felt``, where compared values vary."""
        return lambda nodes: felt if any(node in self._varied for node in nodes) else False

    def _refuse_found(self, choice: Node, felt: Node | bool) -> None:
        """Raise before a choice that rests on what a search has found equal."""
        conditions = self._points.before(choice)
        if conditions:
            refuse_points(self.graph, conditions, lambda nodes: felt)

    def _join(
        self, predicate: Node, pulled: list[tuple[Block, Bars]], olds: Sequence[Block]
    ) -> Node | None:
        """One IF of the pulled-back arms; its results are the adjoints they changed."""
        touched = self._touched([bars for _, bars in pulled], olds)
        for (block, _), old in zip(pulled, olds, strict=bool(olds)):
            block.completes = old.completes and block.completes
        for block, bars in pulled:
            with self.graph.inside(block):
                if block.completes:
                    block.results = tuple(
                        self._bar_or_zero(node, bars)
                        if node in bars
                        or not (is_array(node) or isinstance(node.type, SequenceType))
                        or self.bar(node) is not None
                        or not arms_not_run(node, block)
                        else self.graph.undefined()
                        for node in touched
                    )
                else:
                    block.results = tuple(self.graph.undefined() for _ in touched)
        blocks = tuple(block for block, _ in pulled)
        if not touched and not any(step.op.effect for block in blocks for step in all_steps(block)):
            return None
        made = self.graph.cursor.add(IF, (predicate,), (*blocks, "statement"))
        for k, node in enumerate(touched):
            self.set_bar(node, made.block.item(made, k))
        return made

    def _touched(self, scopes: Sequence[Bars], olds: Sequence[Block]) -> list[Node]:
        """Values outside the arms whose adjoints some arm changed, in order."""
        found: dict[Node, None] = {}
        for bars in scopes:
            for node in bars:
                if not any(inside(node, old) for old in olds):
                    found[node] = None
        return list(found)

    def _bar_or_zero(self, node: Node, bars: Bars) -> Node:
        bar = bars[node] if node in bars else self.bar(node)
        if bar is None and (is_array(node) or isinstance(node.type, SequenceType)):
            arm = only_arm_with(node)
            taken = None if arm is None else is_taken(arm, self.graph.cursor)
            if taken is False:
                return self.graph.undefined()
            if arm is not None and taken is None:
                return self._zero_within(node, [arm])
        return self._as_bar(bar, node)

    def _as_bar(self, bar: Node | None, node: Node) -> Node:
        if is_array(node):
            return widened(bar, node)
        return zero_of(node) if bar is None else bar

    def _pull_attempt(self, node: Node) -> None:
        olds = try_blocks(node.params)
        seeds = self._seeds(node, len(olds[0].results), 1)
        if not self._needs_pull(olds, seeds):
            return
        going = [(position, old) for position, old in enumerate(olds) if old.completes]
        self._pull_alternatives(node, going, seeds)

    def _pull_alternatives(
        self, node: Node, going: Sequence[tuple[int, Block]], seeds: list[tuple[int, Node]]
    ) -> bool:
        """Pull back the first of the blocks, by their positions, where it ran, else a later one.

        False where none of them goes on.
        """
        if not going:
            return True
        (position, old), *others = going
        points = self._points.attempted(node, position)
        mapped = again_behind(try_blocks(node.params)[0], itself)
        if not others:
            # Whoever gets here has run it.
            if refuse_points(self.graph, points, self._doubt(old, seeds), mapped):
                return False
            self._seed_results(old, seeds)
            self.pull(list(old.steps))
            return True
        ran = arithmetic.equal(node.block.item(node, 0), position)
        first = self._pull_arm(old, seeds, points, mapped=mapped)
        block = Block(self.graph, self.graph.cursor)
        self.scopes.append({})
        with self.graph.inside(block):
            block.completes = self._pull_alternatives(node, others, seeds)
        rest = (block, self.scopes.pop())
        self._join(ran, [first, rest], [old, others[0][1]])
        return first[0].completes or block.completes

    # --- loops ----------------------------------------------------------------------------

    def _pull_loop(self, node: Node) -> None:
        parameters = loop_parts(node)[2]
        items = [node.block.item(node, k) for k in range(len(parameters))]
        carried = [
            k
            for k in range(len(parameters))
            if parameters[k] in self._active or items[k] in self._active
        ]
        if not any(self.bar(items[k]) is not None for k in carried):
            return
        starts = [self.state_bar(self.bar(items[k]), items[k], parameters[k]) for k in carried]
        felt = either([nonzero(start) for start in starts])
        refuse_begun(self.graph, self._points, node, self._given(felt), itself)
        gathered = {
            k: start
            for k, start in zip(carried, starts, strict=True)
            if start.op is not sequence.fill_like and self._gathers(node, k)
        }
        starts = [start for k, start in zip(carried, starts, strict=True) if k not in gathered]
        carried = [k for k in carried if k not in gathered]
        if any(start.op is sequence.fill_like for start in starts):
            pairs, cursor = dict(self.pairs), self.graph.cursor
            mark = len(cursor.steps)
            if BackwardLoop(self, node, carried, starts, gathered).pull(uniform=True):
                return
            self.pairs = pairs
            cursor.forget(mark)
        BackwardLoop(self, node, carried, starts, gathered).pull(uniform=False)

    def _gathers(self, node: Node, k: int) -> bool:
        """Whether state ``k`` of a loop is an empty list to which every step appends an entry.

        The adjoint of what step i appends is then entry i of the list's.
        """
        numbered = node.params[0] == "while" or node.params[3] or step_of(node) is not None
        if not numbered or not gathers(node, k):
            return False
        state, grown = loop_parts(node)[2][k], next_states(node)[k]
        users = [step for step in all_steps(grown.block) if state in step.args]
        handed_on = any(
            state in block.results
            for step in all_steps(grown.block)
            for block in owned_blocks(step)
        )
        return users == [grown] and not handed_on

    def captured_start(self, outer: Node) -> Node:
        """The adjoint of a value from outside before a loop; where it was not computed, none."""
        arms = [] if self.bar(outer) is not None else arms_not_run(outer, self.graph.cursor)
        if not arms or not (is_array(outer) or isinstance(outer.type, SequenceType)):
            return self._bar_or_zero(outer, {})
        return self._zero_within(outer, arms)

    def _zero_within(self, outer: Node, arms: Sequence[Block]) -> Node:
        """The zero of a value where the arms, outer ones first, that computed it have run."""
        if not arms:
            return self._as_bar(None, outer)
        owner = arms[0].owner
        assert owner is not None
        blocks = [Block(self.graph, self.graph.cursor, arm) for arm in owned_blocks(owner)]
        for block in blocks:
            with self.graph.inside(block):
                taken = block.mirrored is arms[0]
                zero = self._zero_within(outer, arms[1:]) if taken else self.graph.undefined()
                block.results = (zero,)
        made = self.graph.cursor.add(IF, owner.args, (*blocks, "statement"))
        return made.block.item(made, 0)

    def name_bar(self, node: Node, bar: Node) -> None:
        name = called(node)
        if name is not None:
            self.graph.names.setdefault(bar, name + "_bar")

    def bar_parameter(self, body: Block, named: Node, value: Node, start: Node) -> Node:
        parameter = body.parameter("bar", moved_type(start.type, value.type))
        name = called(named) or called(value)
        if name is not None:
            self.graph.names[parameter] = name + "_bar"
        return parameter

    def state_bar(self, bar: Node | None, item: Node, parameter: Node) -> Node:
        if is_array(item) or is_array(parameter):
            return widened(bar, item if is_array(item) else parameter)
        # A step may leave a list of another length than the one that it began with.
        return zero_of(parameter) if bar is None else bar


def is_array(node: Node) -> bool:
    """Whether a value is an array."""
    return isinstance(node.type, Array)


def _from_zero(loop: Node) -> bool:
    """Whether a range starts at a constant that is not negative, and counts up."""
    numbers = [bound.params[0] for bound in (loop.args[0], loop.args[2]) if is_constant(bound)]
    counts_up = len(numbers) == 2 and all(isinstance(number, int) for number in numbers)
    return counts_up and numbers[0] >= 0 < numbers[1]  # type: ignore[operator]
