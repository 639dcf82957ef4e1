"""The loop that walks a loop of f back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.carrying import carrying_args
from chainrule.graph.block import CONSTANT, UNDEFINED, Block, inside
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, Array
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import sequence
from chainrule.primitives.arrays.lengths import ONE, all_unknown
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks

if TYPE_CHECKING:
    from chainrule.differentiate.reverse import ReverseWalker


class BackwardLoop:
    """The loop that answers ``loop``: its steps take the adjoints of a step of f, last step first.

    It carries the adjoints of the states ``carried``, which begin with ``starts``, and those of
    active values from outside, to which every step adds.  ``gathered`` has lists of adjoints that
    are read entry by entry instead.  A state that every step makes anew is not carried: the
    adjoint of what the last step has made is the beginning, and what others make is not felt.
    """

    def __init__(
        self,
        walker: ReverseWalker,
        loop: Node,
        carried: Sequence[int],
        starts: Sequence[Node],
        gathered: Mapping[int, Node],
    ) -> None:
        body = loop.params[2]
        assert isinstance(body, Block)
        self._walker, self._graph = walker, walker.graph
        self._loop, self._gathered = loop, gathered
        self._nexts = next_states(loop)
        self._parameters = loop_parts(loop)[2]
        self._items = [loop.block.item(loop, k) for k in range(len(self._parameters))]
        begins = dict(zip(carried, starts, strict=True))
        self._made_anew = {k: start for k, start in begins.items() if self._is_made_anew(k)}
        self._carried = [k for k in carried if k not in self._made_anew]
        self._starts = [begins[k] for k in self._carried]
        self._captured = captured(loop, walker)
        self._scope: dict[Node, Node] = {}
        self._body = Block(self._graph, self._graph.cursor, body)
        self._step_number = self._body.parameter("i", self._graph.constant(0).type)

    def pull(self, uniform: bool) -> bool:
        """Append the loop.

        Under ``uniform`` the adjoint of a list whose entries all have the same one, as after
        ``sum``, is no list: every step sees that one value.  False when that does not hold.
        """
        even = {
            position
            for position, start in enumerate(self._starts)
            if uniform and start.op is sequence.fill_like
        }
        state_bars = [self._state_bar(position, even) for position in range(len(self._carried))]
        begun = [self._begin_captured(outer) for outer in self._captured]
        self._last = self._body.parameter("last", BOOL) if self._made_anew else None
        results = self._pull_step(state_bars)
        for position in even:
            result, start = results[position], self._starts[position]
            if result.op is not sequence.fill_like or result.args[1] is not start.args[1]:
                return False
            results[position] = self._body.parameters[1 + position]
        kept = self._keep_changed()
        self._body.results = (*results, *(self._scope[self._captured[p]] for p in kept))
        if self._last is not None:
            self._graph.names[self._last] = "is_last"
            self._body.parameters += (self._last,)
            self._body.results += (self._graph.constant(False),)
        made = self._append([begun[p] for p in kept])
        self._hand_on(made, kept, even)
        return True

    def _state_bar(self, position: int, even: set[int]) -> Node:
        """The adjoint of a state after the step, as a parameter of the body."""
        k, start = self._carried[position], self._starts[position]
        if position not in even:
            return self._walker.bar_parameter(
                self._body, self._parameters[k], self._items[k], start
            )
        with self._graph.inside(self._body):
            filled = self._graph.cursor.add(sequence.fill_like, (self._nexts[k], start.args[1]))
        self._body.parameter("bar", start.type)
        return filled

    def _begin_captured(self, outer: Node) -> Node:
        start = self._walker.captured_start(outer)
        self._scope[outer] = self._walker.bar_parameter(self._body, outer, outer, start)
        return start

    def _pull_step(self, state_bars: Sequence[Node]) -> list[Node]:
        """Walk back over a step of f; the adjoints of the states before it."""
        walker = self._walker
        # A step of the loop begins with the condition, whose values it may use.
        steps = [step for block in blocks_of(self._loop) for step in block.steps]
        walker.scopes.append(self._scope)
        with self._graph.inside(self._body):
            for k, bar in zip(self._carried, state_bars, strict=True):
                if self._nexts[k].op not in (UNDEFINED, CONSTANT):
                    walker.accumulate(self._nexts[k], bar)
            for k, start in self._made_anew.items():
                walker.accumulate(self._nexts[k], self._of_last_step(self._nexts[k], start))
            for k, bars in self._gathered.items():
                read = self._graph.cursor.add(sequence.index, (bars, self._step_number))
                walker.accumulate(self._nexts[k].args[1], read)
            walker.pull(steps)
            results = [
                walker.state_bar(
                    self._scope.get(self._parameters[k]), self._like(k), self._parameters[k]
                )
                for k in self._carried
            ]
        walker.scopes.pop()
        return results

    def _like(self, k: int) -> Node:
        """What has the lengths of a state before a step: a step may make an array of others."""
        item, parameter = self._items[k], self._parameters[k]
        arrays = isinstance(item.type, Array) and isinstance(parameter.type, Array)
        return parameter if arrays and lengths_of(item) != lengths_of(parameter) else item

    def _is_made_anew(self, k: int) -> bool:
        """Whether a list or an array has no value before the loop, and none that a step reads.

        What the steps make may be of any length: there is nothing that a zero could be like.
        """
        state, begin = self._parameters[k], loop_parts(self._loop)[1][k]
        if begin.op is not UNDEFINED or not isinstance(state.type, (Array, SequenceType)):
            return False
        if isinstance(state.type, Array) and self._has_known_lengths(self._items[k]):
            return False
        blocks = blocks_of(self._loop)
        if any(state in block.results for block in blocks):
            return False
        return not any(
            state in step.args or any(state in owned.results for owned in owned_blocks(step))
            for block in blocks
            for step in all_steps(block)
        )

    def _has_known_lengths(self, made: Node) -> bool:
        """Whether every step makes an array of lengths that are known outside of the loop."""
        own = all_unknown(made)
        return all(
            length == ONE or length != unasked
            for length, unasked in zip(lengths_of(made), own, strict=True)
        )

    def _of_last_step(self, made: Node, start: Node) -> Node:
        """The adjoint of what a step has made: that of the state after the loop, or zero."""
        assert self._last is not None
        cursor = self._graph.cursor
        arms = Block(self._graph, cursor), Block(self._graph, cursor)
        with self._graph.inside(arms[0]):
            arms[0].results = (start,)
        with self._graph.inside(arms[1]):
            arms[1].results = (self._walker.state_bar(None, made, made),)
        choice = cursor.add(IF, (self._last,), (*arms, "statement"))
        return choice.block.item(choice, 0)

    def _keep_changed(self) -> list[int]:
        """Which captured values a step adds to; the others' parameters are taken away."""
        first = 1 + len(self._carried)
        parameters = self._body.parameters
        kept = [
            p
            for p, outer in enumerate(self._captured)
            if self._scope[outer] is not parameters[first + p]
        ]
        self._body.parameters = (*parameters[:first], *(parameters[first + p] for p in kept))
        return kept

    def _append(self, begun: Sequence[Node]) -> Node:
        kind, breaks = self._loop.params[0], self._loop.params[3]
        bounds: Sequence[Node] = loop_parts(self._loop)[0]
        if kind == "while" or breaks:
            # The loop has to run for its number of steps, if for nothing else.
            count = self._graph.cursor.add(sequence.steps_of, (self._loop,))
            bounds = (self._graph.constant(0), count, self._graph.constant(1))
        backward = "range" if kind == "reversed" and not breaks else "reversed"
        last = () if self._last is None else (self._graph.constant(True),)
        made = self._graph.cursor.add(
            LOOP, (*bounds, *self._starts, *begun, *last), (backward, None, self._body, False)
        )
        self._walker.pairs[made] = self._loop
        return made

    def _hand_on(self, made: Node, kept: Sequence[int], even: set[int]) -> None:
        """The adjoints before the loop are the results of the backward one."""
        walker = self._walker
        # A value may be both captured and an initial state: what it gets as the latter is added.
        for position, p in enumerate(kept, start=len(self._carried)):
            walker.set_bar(self._captured[p], made.block.item(made, position))
        initial = loop_parts(self._loop)[1]
        for position, k in enumerate(self._carried):
            result = made.block.item(made, position)
            if position in even:
                result = self._graph.cursor.add(
                    sequence.fill_like, (initial[k], self._starts[position].args[1])
                )
            if walker.active(initial[k]):
                walker.name_bar(self._parameters[k], result)
                walker.accumulate(initial[k], result)


def blocks_of(loop: Node) -> list[Block]:
    """What is run in each step of a loop: its condition, if it has one, and its body."""
    return [block for block in loop.params[1:3] if isinstance(block, Block)]


def captured(loop: Node, walker: ReverseWalker) -> list[Node]:
    """Active values from outside that the steps of a loop use."""
    found: dict[Node, None] = {}
    within = blocks_of(loop)

    def capture(value: Node) -> None:
        if walker.active(value) and not any(inside(value, block) for block in within):
            found[value] = None
            if value.op is sequence.slice_of or sequence.is_row(value):
                capture(value.args[0])

    for step in (step for block in within for step in all_steps(block)):
        for arg in carrying_args(step):
            capture(arg)
        for block in owned_blocks(step):
            for result in block.results:
                capture(result)
        if step.op is LOOP:
            for arg in step.args:
                capture(arg)
    for result in within[-1].results:
        capture(result)
    return list(found)
