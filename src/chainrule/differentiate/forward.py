"""Forward mode: one walk that copies the program and carries tangents along.

Several directions are carried at once, so that f's own values are computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property

from chainrule.differentiate.activity import active, all_steps, varied
from chainrule.differentiate.attempted import again_behind
from chainrule.differentiate.begun import refuse_begun
from chainrule.differentiate.keys import refuse_keys
from chainrule.differentiate.order import onward
from chainrule.differentiate.origins import sources
from chainrule.differentiate.points import Points, either, nonzero, refuse_points
from chainrule.differentiate.steps import undetermined
from chainrule.errors import NotDifferentiableError
from chainrule.graph.answer import Answer
from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, UNDEFINED, Block, Graph, Told
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Array, moved_type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays.call import ArrayRule
from chainrule.primitives.arrays.records import Component, rigid_component
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.copying import Copier
from chainrule.primitives.declare import Primitive, Structured
from chainrule.primitives.effect import DOMAIN, RAISE, Verbatim
from chainrule.primitives.invoke import Invoke
from chainrule.primitives.nouns import called
from chainrule.primitives.sequence import zero_of
from chainrule.primitives.trajectories import Trajectory


class ForwardWalker(Copier):
    """Copies a graph with the tangents of its active values.

    Parameters
    ----------
    seeds:
        For every direction the tangents of input nodes, as functions that build them in the
        new graph.
    suffixes:
        For every direction what is put behind a value's name to name its tangent.
    known:
        For every direction the states of loops whose tangents the program computes already, with
        the states that are these.
    """

    def __init__(
        self,
        source: Graph,
        inputs: Sequence[Node],
        results: Sequence[Node],
        suffixes: Sequence[str],
    ) -> None:
        super().__init__(source)
        self.varied = varied(source, inputs, by_places=True)
        refuse_keys(source, self.varied)
        flow = active(source, self.varied, results)
        self.active = flow.values
        # Whether tangents may lack what adds up to nothing: they are then none for another walk.
        self.is_partial = flow.partial
        self.points = Points(source, self.varied)
        self.inputs = frozenset(inputs)
        self.suffixes = suffixes
        self.dots: list[dict[Node, Node]] = [{} for _ in suffixes]
        self.seeds: list[Mapping[Node, Callable[[], Node]]] = [{} for _ in suffixes]
        self.known: Sequence[Mapping[Node, Node]] = [{} for _ in suffixes]
        # The tangents that loops carry beside their states, as ``known`` to a further walk.
        self.beside: list[dict[Node, Node]] = [{} for _ in suffixes]
        self.with_tangents = True
        # Loops that compute the tangents of others behind a `try`, and those that they answer.
        self.pairs: dict[Node, Node] = {}

    def told(self, told: Told | None) -> None:
        """Nothing: the tangents have seen to it."""

    @cached_property
    def varied_along(self) -> list[set[Node]]:
        """The values that vary in each direction: what does not is carried through no loop."""
        if len(self.seeds) == 1:
            return [self.varied]
        return [varied(self.source, seeds, by_places=True) for seeds in self.seeds]

    @cached_property
    def felt_results(self) -> dict[Node, set[Hashable]]:
        """Which of its results are felt, for every call that has several."""
        found: dict[Node, set[Hashable]] = {}
        for node in self.active:
            if isinstance(node.op, Component):
                found.setdefault(node.args[0], set()).add(node.params[0])
        return found

    def dot(self, node: Node, direction: int) -> Node | None:
        """Tangent of an old node; None where it is zero."""
        return self.dots[direction].get(node)

    def set_dot(self, node: Node, direction: int, tangent: Node | None) -> None:
        if tangent is None:
            return
        self.dots[direction][node] = tangent
        name = called(node)
        if name is not None and name != "_" and tangent.origin.derivative:
            self.graph.names.setdefault(tangent, name + self.suffixes[direction])
        elif node in self.source.arguments and tangent.origin.derivative:
            argument = self.source.arguments[node] + self.suffixes[direction]
            self.graph.arguments.setdefault(tangent, argument)
        if tangent.origin.derivative and tangent.op is not CONSTANT and name != "_":
            known = self.graph.answers.get(tangent, ())
            told = Answer(self.map.get(node), name, self.suffixes[direction])
            self.graph.answers[tangent] = (*known, told)

    def seed(self, node: Node) -> None:
        """Give an input its tangents, as soon as it exists."""
        for direction, seeds in enumerate(self.seeds):
            if node in seeds:
                self.set_dot(node, direction, seeds[node]())

    def parameters(self) -> None:
        super().parameters()
        for parameter in self.source.body.parameters:
            if parameter in self.inputs:
                self.seed(parameter)

    def step(self, step: Node) -> None:
        if isinstance(step.op, Structured):
            if self.with_tangents and step.op is TRY:
                self.attempt(step)
            else:
                self.structured(step)
            return
        new = self.copy(step)
        if self.with_tangents:
            self.tangents(step, new)

    def tangents(self, step: Node, new: Node) -> None:
        """Append the tangents of one step."""
        if step in self.inputs:
            self.seed(step)
            return
        if step not in self.active:
            return
        check_rule(step)
        op = step.op
        assert isinstance(op, Primitive)
        with self.graph.answering(step.origin.answered):
            self._refuse_found(step)
            rows = [
                [self.dot(arg, direction) if arg in self.active else None for arg in step.args]
                for direction in range(len(self.suffixes))
            ]
            if isinstance(op, (Invoke, Trajectory)):
                rows = self._together(step.args, rows)
            for direction, dots in enumerate(rows):
                if any(dot is not None for dot in dots):
                    with self.graph.like(step):
                        tangent = op.tangent(new, new.args, dots, new)
                        if isinstance(op, ArrayRule) and op.checked is not None:
                            felt = self.felt_results.get(step, ())
                            op.checked(dots[0], new, felt, **op.statics(new.params))
                    self.set_dot(step, direction, tangent)

    def _together(
        self, args: tuple[Node, ...], rows: list[list[Node | None]]
    ) -> list[list[Node | None]]:
        """One call serves all directions: what varies in one of them counts in each."""
        zero = self.graph.constant(0.0)
        varies = [any(dot is not None for dot in column) for column in zip(*rows, strict=True)]
        zeros: list[Node | None] = [
            None if not any_ else self._zero(arg) if isinstance(arg.type, SequenceType) else zero
            for arg, any_ in zip(args, varies, strict=True)
        ]
        return [
            [other if dot is None else dot for dot, other in zip(row, zeros, strict=True)]
            if any(dot is not None for dot in row)
            else row
            for row in rows
        ]

    # --- structured operations ------------------------------------------------------------

    def structured(self, node: Node) -> None:
        if node.op is IF and self.with_tangents:
            self.branch(node)
        elif node.op is LOOP and self.with_tangents:
            self.loop(node)
        else:
            super().structured(node)

    def _extra_results(
        self, node: Node, olds: Sequence[Block], first: int
    ) -> list[tuple[int, int]]:
        """``(result, direction)`` of every tangent that some block may give."""
        found: list[tuple[int, int]] = []
        for k in range(len(olds[0].results)):
            item = node.block.item(node, first + k)
            if item in self.active:
                varied = enumerate(self.varied_along)
                found.extend((k, direction) for direction, along in varied if item in along)
        return found

    def _result_tangent(self, old: Block, k: int, direction: int) -> Node:
        """Tangent of result k at the end of a block."""
        result = old.results[k]
        if result.op is UNDEFINED or not old.completes:
            return self.graph.undefined()
        return self._dot_or_zero(result, direction)

    def branch(self, node: Node) -> None:
        then, orelse, style = node.params
        assert isinstance(then, Block) and isinstance(orelse, Block)
        olds = (then, orelse)
        extra = self._extra_results(node, olds, 0)

        def finish(position: int, new: Block) -> None:
            new.results += tuple(self._result_tangent(olds[position], k, d) for k, d in extra)
            if self._refuse_points(node, position, extra):
                new.completes = False

        if extra:
            with self.graph.answering(node.args[0].origin.answered):
                self._refuse_found(node)
        blocks = self.arms(node, olds, finish)
        if any(_needs_statements(step, str(style)) for new in blocks for step in new.steps):
            style = "statement"
        made = self.replace(node, (self.mapped(node.args[0]),), (*blocks, style))
        self._bind_extra(node, made, extra, len(then.results), 0)

    def _refuse_points(self, node: Node, position: int, extra: list[tuple[int, int]]) -> bool:
        """Raise in an arm for single points, in directions that leave them."""
        conditions = self.points.of(node, position, [k for k, _ in extra])
        if not conditions:
            return False
        # A parameter stands in no line: the branch that asks for it does.
        told = node if node.args[0].origin.position is None else node.args[0]
        with self.graph.answering(told.origin.answered):
            return refuse_points(self.graph, conditions, self._moves, self.mapped)

    def _refuse_found(self, choice: Node) -> None:
        """Raise before a choice that rests on what a search has found equal."""
        conditions = self.points.before(choice)
        if conditions:
            refuse_points(self.graph, conditions, self._moves, self.mapped)

    def _moves(self, nodes: tuple[Node, ...]) -> Node | bool:
        """Whether something that ``nodes`` are computed from changes in some direction."""
        found: list[Node | bool] = []
        if not any(node in self.varied for node in nodes):
            return False
        ends = (PARAMETER, ITEM)
        for source in sources(nodes, lambda node: node in self.inputs or node.op in ends):
            if source in self.varied and source not in self.active:
                return True
            for direction in range(len(self.suffixes)):
                dot = self.dot(source, direction)
                if dot is not None:
                    found.append(nonzero(dot))
        return either(found)

    def _bind_extra(
        self, node: Node, made: Node, extra: list[tuple[int, int]], offset: int, first: int
    ) -> None:
        for position, (k, direction) in enumerate(extra):
            item = made.block.item(made, offset + position)
            old = node.block.item(node, first + k)
            self.dots[direction][old] = item
            name = called(old)
            if name is not None:
                self.graph.names.setdefault(item, name + self.suffixes[direction])

    def loop(self, node: Node) -> None:
        """A loop whose active states carry their tangents as further states."""
        kind, _, old, breaks = node.params
        assert isinstance(old, Block)
        bounds, initial, parameters = loop_parts(node)
        carried = self._carried(node)
        args = tuple(map(self.mapped, (*bounds, *initial)))
        starts = tuple(self._initial_tangent(initial[k], parameters[k], d) for k, d in carried)
        new_condition, body = self.open_loop(node)
        self._dot_parameters(node, body, carried, starts)
        self._known_parameters(parameters)
        self.copy_condition(node, new_condition)
        self.walk(old, body)
        nexts = next_states(node)
        with self.graph.inside(body):
            following = tuple(map(self.mapped, nexts))
            following += tuple(self._dot_or_zero(nexts[k], d) for k, d in carried)
            body.results = following + tuple(map(self.mapped, old.results[len(nexts) :]))
        if carried:
            refuse_begun(self.graph, self.points, node, self._moves, self.mapped)
        made = self.replace(node, args + starts, (kind, new_condition, body, breaks))
        self._bind_extra(node, made, carried, len(initial), 0)
        for known, dots in zip(self.known, self.dots, strict=True):
            for k, parameter in enumerate(parameters):
                if parameter in known:
                    dots[node.block.item(node, k)] = made.block.item(
                        made, parameters.index(known[parameter])
                    )

    def _known_parameters(self, parameters: Sequence[Node]) -> None:
        """States that are tangents of others are taken for these."""
        for known, dots, beside in zip(self.known, self.dots, self.beside, strict=True):
            for parameter in parameters:
                if parameter in known:
                    dots[parameter] = self.map[known[parameter]]
                    beside[self.map[parameter]] = dots[parameter]

    def _carried(self, node: Node) -> list[tuple[int, int]]:
        """``(state, direction)`` of every tangent that a loop carries."""
        return [
            (k, direction)
            for k, parameter in enumerate(loop_parts(node)[2])
            if parameter in self.active or node.block.item(node, k) in self.active
            for direction in range(len(self.suffixes))
            if parameter in self.varied_along[direction] and parameter not in self.known[direction]
        ]

    def _dot_parameters(
        self, node: Node, body: Block, carried: list[tuple[int, int]], starts: tuple[Node, ...]
    ) -> None:
        """Make the tangents of states, which begin as ``starts``, parameters of ``body``."""
        parameters = loop_parts(node)[2]
        for (k, direction), start in zip(carried, starts, strict=True):
            type = moved_type(start.type, parameters[k].type)
            listed = isinstance(parameters[k].type, SequenceType)
            if listed or isinstance(type, SequenceType) or start.op is UNDEFINED:
                # An empty list does not tell yet what will be in it, nor a name what it will be,
                # nor an array that there will be lists instead.
                type = sequence.float_entries(parameters[k].type)
            dot = body.parameter("dot", type)
            self.dots[direction][parameters[k]] = dot
            self.beside[direction][self.map[parameters[k]]] = dot
            name = called(parameters[k])
            if name is not None:
                self.graph.names[dot] = name + self.suffixes[direction]

    def _dot_or_zero(self, node: Node, direction: int) -> Node:
        dot = self.dot(node, direction)
        if isinstance(node.type, Array):
            return widened(dot, self.mapped(node))
        return self._zero(node) if dot is None else dot

    def _zero(self, node: Node) -> Node:
        if node.op is UNDEFINED:
            return self.graph.constant(0.0)
        return zero_of(self.mapped(node))

    def _initial_tangent(self, start: Node, parameter: Node, direction: int) -> Node:
        if start.op is UNDEFINED:
            return self.graph.undefined()
        return self._dot_or_zero(start, direction)

    # --- try: tangents are computed outside, so that no handler sees them ------------------

    def attempt(self, node: Node) -> None:
        self.with_tangents = False
        try:
            super().structured(node)
        finally:
            self.with_tangents = True
        self._tangents_behind(node)

    def _tangents_behind(self, node: Node) -> None:
        """Tangents of what a ``try`` has left."""
        olds = try_blocks(node.params)
        extra = self._extra_results(node, olds, 1)
        going = [old for old in olds if old.completes]
        if len(going) == 1:
            # What follows uses the values of the only block that goes on.
            results = self._tangents_only(going[0], extra)
        elif extra or self._varies_inside(olds):
            with self.graph.answering(node.origin.answered):
                results, _ = self._attempt_tangents(node, olds, 0, extra)
        else:
            return
        for (k, direction), result in zip(extra, results, strict=True):
            self.set_dot(node.block.item(node, 1 + k), direction, result)

    def _varies_inside(self, olds: Sequence[Block]) -> bool:
        """Whether blocks compute a value that a derivative flows through.

        What differentiation made may use it where the block certainly ran.
        """
        return any(
            step in self.active or (step.op is IF and self._chooses(step))
            for old in olds
            for step in all_steps(old)
        )

    def _chooses(self, branch: Node) -> bool:
        """Whether a branch hands on a value that a derivative flows through."""
        count = len(owned_blocks(branch)[0].results)
        return any(branch.block.item(branch, k) in self.active for k in range(count))

    def _attempt_tangents(
        self, node: Node, olds: Sequence[Block], position: int, extra: list[tuple[int, int]]
    ) -> tuple[list[Node], bool]:
        """Tangents of what block ``position``, or a later one, has left, and whether it goes on.

        It raises where the block was run at single points.
        """
        if position == len(olds) - 1:
            return self._tangents_of_block(node, olds, position, extra)
        made = self.map[node]
        selector = made.block.item(made, 0)
        assert selector.type == INT
        ran = arithmetic.equal(selector, position)
        blocks = []
        for later in (False, True):
            block = Block(self.graph, self.graph.cursor)
            with self.graph.inside(block):
                if later:
                    found, block.completes = self._attempt_tangents(node, olds, position + 1, extra)
                else:
                    found, block.completes = self._tangents_of_block(node, olds, position, extra)
                block.results = tuple(found)
            blocks.append(block)
        branch = self.graph.cursor.add(IF, (ran,), (*blocks, "statement"))
        goes_on = any(block.completes for block in blocks)
        return [branch.block.item(branch, k) for k in range(len(extra))], goes_on

    def _tangents_of_block(
        self, node: Node, olds: Sequence[Block], position: int, extra: list[tuple[int, int]]
    ) -> tuple[list[Node], bool]:
        found = self._tangents_only(olds[position], extra)
        points = self.points.attempted(node, position) if extra else ()
        mapped = again_behind(olds[0], self.mapped)
        return found, not refuse_points(self.graph, points, self._moves, mapped)

    def _tangents_only(self, old: Block, extra: list[tuple[int, int]]) -> list[Node]:
        """Tangents of a block whose own values were computed before."""
        for step in old.steps:
            if step.op is IF:
                self._branch_tangents(step)
            elif step.op is TRY:
                self._tangents_behind(step)
            elif step.op is LOOP and _happens_once(step):
                self._loop_tangents(step)
            elif isinstance(step.op, Structured):
                before = dict(self.map)
                self.step(step)
                self.map = before
            elif step in self.map:
                self.tangents(step, self.map[step])
        return [self._result_tangent(old, k, direction) for k, direction in extra]

    def _loop_tangents(self, node: Node) -> None:
        """A loop of tangents alone, to be supplied with values from the loop that was run."""
        _, _, old, breaks = node.params
        assert isinstance(old, Block)
        carried = self._carried(node)
        if not carried and not self._varies_inside((old,)):
            return
        bounds, initial, parameters = loop_parts(node)
        forward = self.map[node]
        again, _, body, _ = forward.params
        assert isinstance(body, Block)
        if again == "while" or breaks:
            zero, one = self.graph.constant(0), self.graph.constant(1)
            limits: tuple[Node, ...] = (zero, zero, one)
        else:
            limits = tuple(map(self.mapped, bounds))
        refuse_begun(self.graph, self.points, node, self._moves, self.mapped)
        starts = tuple(self._initial_tangent(initial[k], parameters[k], d) for k, d in carried)
        new = Block(self.graph, self.graph.cursor, body)
        new.parameter("i", self.graph.constant(0).type)
        self._dot_parameters(node, new, carried, starts)
        nexts = next_states(node)
        with self.graph.inside(new):
            self._tangents_only(old, [])
            new.results = tuple(self._dot_or_zero(nexts[k], d) for k, d in carried)
        kind = onward(forward)
        made = self.graph.cursor.add(LOOP, (*limits, *starts), (kind, None, new, False))
        self.pairs[made] = forward
        self._bind_extra(node, made, carried, 0, 0)

    def _branch_tangents(self, node: Node) -> None:
        then, orelse, _ = node.params
        assert isinstance(then, Block) and isinstance(orelse, Block)
        extra = self._extra_results(node, (then, orelse), 0)
        going = [old for old in (then, orelse) if old.completes]
        if len(going) == 1:
            for (k, direction), result in zip(
                extra, self._tangents_only(going[0], extra), strict=True
            ):
                self.set_dot(node.block.item(node, k), direction, result)
            return
        if not extra and not self._varies_inside((then, orelse)):
            return
        if extra:
            with self.graph.answering(node.args[0].origin.answered):
                self._refuse_found(node)
        blocks = []
        for position, old in enumerate((then, orelse)):
            block = Block(self.graph, self.graph.cursor)
            with self.graph.inside(block):
                block.results = tuple(self._tangents_only(old, extra))
                block.completes = old.completes and not self._refuse_points(node, position, extra)
            blocks.append(block)
        made = self.graph.cursor.add(IF, (self.mapped(node.args[0]),), (*blocks, "statement"))
        self._bind_extra(node, made, extra, 0, 0)


def _happens_once(loop: Node) -> bool:
    """Whether a loop does more than compute, so that it must not be run again."""
    return any(
        step.op.effect and step.op not in (RAISE, DOMAIN) for step in all_steps(loop_body(loop))
    )


def check_rule(step: Node) -> None:
    """Refuse a value that a derivative must flow through although there is no rule.

    Raises
    ------
    ChainruleError
        The reason, at the place of the value.
    """
    if isinstance(step.op, Verbatim):
        refusal = step.op.refuse(step)
        if refusal is not None:
            raise refusal
        raise NotDifferentiableError(
            "no derivative can flow through this expression",
            remedy="Write it with arithmetic and the functions of math, or mark its arguments "
            "with stop_gradient(...).",
            position=step.origin.position,
        )
    if step.op is rigid_component:
        raise undetermined(step)


def _needs_statements(step: Node, style: str) -> bool:
    """Whether a step in an arm keeps a branch of this style from being an expression."""
    if step.op is IF:
        # `a and b < c < d` is one with another in it.
        return style not in ("and", "or") or step.params[2] == "statement"
    return step.op.effect
