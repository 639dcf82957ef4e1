"""Forward mode over lists and arrays: one sweep of tangents for every entry.

    for i in range(len(x)):
        x_dot = [0.0] * len(x)
        x_dot[i] = 1.0
        ...
        x_bar[i] = value_dot

The function itself runs once, before them, with all its effects; a sweep uses its values, and
computes again what a loop had in between.  Nothing is recorded, so what that takes in memory does
not grow with the length of a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.forward import ForwardWalker
from chainrule.errors import ArgumentError
from chainrule.graph.block import Block
from chainrule.graph.node import Node, Op
from chainrule.graph.structure import Structure
from chainrule.graph.types import INT, Array, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.lifted import Lifted
from chainrule.primitives import sequence
from chainrule.primitives.arrays.creation import array_of_list
from chainrule.primitives.arrays.shaping import dimension, moveaxis, reshaped, transpose
from chainrule.primitives.control import LOOP, owned_blocks
from chainrule.primitives.cost import mentioned
from chainrule.primitives.effect import CALL, DRAW, STATEMENT
from chainrule.primitives.sequence import zero_of
from chainrule.transforms.pipeline import Wanted, finish, is_scalar, whole

# What the sweep along one entry gives, to be kept in the states of the loops around it.
Keep = Callable[[Sequence[Node], Sequence[Node], Sequence[Node]], Sequence[Node]]


def gradient_by_sweeps(
    lifted: Lifted, structures: Wanted, output: Node, with_value: bool
) -> Lifted:
    """Gradient of a number by all entries of lists and arrays."""
    sweeps = Sweeps(lifted, structures.inputs, [output])
    bars = {leaf: sweeps.gradient(leaf) for leaf in structures.inputs}
    gradient = structures.layout(bars.__getitem__, sweeps.walker.mapped)
    value = lifted.result.map(sweeps.walker.mapped, sweeps.walker.mapped)
    result = Structure("tuple", None, (value, gradient)) if with_value else gradient
    return finish(lifted, sweeps.walker, result)


def jacobian_by_sweeps(lifted: Lifted, structures: Wanted) -> Lifted:
    """Derivatives of numbers and arrays by all entries of arrays and by numbers.

    Raises
    ------
    ArgumentError
        For lists, whose derivatives would stand the wrong way round.
    """
    outputs = list(lifted.result.leaves())
    if any(isinstance(leaf.type, SequenceType) for leaf in (*structures.inputs, *outputs)):
        raise ArgumentError(
            "forward mode gives no Jacobian of lists or by lists",
            remedy='Use mode="reverse" or mode="auto", or arrays.',
        )
    sweeps = Sweeps(lifted, structures.inputs, outputs)
    columns = {leaf: sweeps.columns(leaf) for leaf in structures.inputs}

    def row(output: Node) -> Structure:
        position = outputs.index(output)
        return structures.layout(lambda leaf: columns[leaf][position], sweeps.walker.mapped)

    kept = lifted.result.apart().map(lambda leaf: leaf, sweeps.walker.mapped)
    return finish(lifted, sweeps.walker, kept.replaced(row))


class Sweep(ForwardWalker):
    """A copy of a function, to which tangents along one direction after the other are added."""

    def __init__(self, lifted: Lifted, inputs: Sequence[Node], outputs: Sequence[Node]) -> None:
        super().__init__(lifted.graph, inputs, outputs, ["_dot"])
        self.outputs = list(outputs)
        self._values_done = False
        self.with_tangents = False
        self.run()
        self.with_tangents = True
        self._values_done = True

    def copy(self, step: Node) -> Node:
        """What a loop computes again it does without its effects."""
        if self._values_done and step.op in (STATEMENT, CALL, DRAW):
            return step
        return super().copy(step)

    def along(self, leaf: Node, direction: Node) -> list[Node]:
        """Tangents of the results along a direction of one input, in the cursor's block."""
        self.dots = [{}]
        self.seeds = [{leaf: lambda: direction}]
        self.set_dot(leaf, 0, direction)
        self._tangents_only(self.source.body, [])
        return [whole(self.dot(output, 0), self.mapped(output)) for output in self.outputs]


class Sweeps:
    """The sweeps over all entries of the inputs of one function.

    Raises
    ------
    ArgumentError
        When a loop would have to repeat what it does to the world.
    """

    def __init__(
        self,
        lifted: Lifted,
        inputs: Sequence[Node],
        outputs: Sequence[Node],
        walker: Sweep | None = None,
    ) -> None:
        if any(step.op in (CALL, DRAW) for step in _used_in_loops(lifted.graph.body)):
            raise ArgumentError(
                "forward mode by lists and arrays would repeat the calls that a loop makes",
                remedy='Use mode="reverse" or mode="auto".',
            )
        self.walker = Sweep(lifted, inputs, outputs) if walker is None else walker
        self.graph = self.walker.graph

    def gradient(self, leaf: Node) -> Node:
        """The gradient of the one output, laid out as the input ``leaf``."""

        def keep(path: Sequence[Node], states: Sequence[Node], dots: Sequence[Node]) -> list[Node]:
            return [self._add(sequence.index_set, (states[0], *path, dots[0]))]

        with self.graph.inside(self.graph.body), self.graph.answering(leaf.origin.answered):
            new = self.walker.mapped(leaf)
            if is_scalar(leaf):
                return self.walker.along(leaf, self.graph.constant(1.0))[0]
            name = self.walker.source.names.get(leaf, "entry") + "_bar"
            (bar,) = self._over(leaf, (), [zero_of(new)], keep, name)
            self.graph.names.setdefault(bar, name)
        return bar

    def columns(self, leaf: Node) -> list[Node]:
        """The derivatives of all outputs by one input, an array or a number."""

        def keep(path: Sequence[Node], states: Sequence[Node], dots: Sequence[Node]) -> list[Node]:
            return [self._add(sequence.append, pair) for pair in zip(states, dots, strict=True)]

        with self.graph.inside(self.graph.body), self.graph.answering(leaf.origin.answered):
            if is_scalar(leaf):
                return self.walker.along(leaf, self.graph.constant(1.0))
            empty = [self._add(sequence.display, (), ("list",)) for _ in self.walker.outputs]
            found = self._over(leaf, (), empty, keep, "columns")
            new = self.walker.mapped(leaf)
            return [
                _turned(columns, new, self.walker.mapped(output))
                for columns, output in zip(found, self.walker.outputs, strict=True)
            ]

    def _over(
        self, leaf: Node, path: tuple[Node, ...], states: Sequence[Node], keep: Keep, name: str
    ) -> list[Node]:
        """Loops over the entries of ``leaf`` below ``path``, each with a sweep of its own.

        ``name`` is that of their states.
        """
        graph = self.graph
        count = self._length(self.walker.mapped(leaf), path)
        if count is None:
            one = graph.constant(1.0)
            zero = zero_of(self.walker.mapped(leaf))
            direction = self._add(sequence.index_set, (zero, *path, one))
            return list(keep(path, states, self.walker.along(leaf, direction)))
        body = Block(graph, graph.cursor)
        index = body.parameter("ijklmn"[min(len(path), 5)], INT)
        inner = [body.parameter("state", state.type) for state in states]
        graph.names.update(dict.fromkeys(inner, name))
        with graph.inside(body):
            body.results = tuple(self._over(leaf, (*path, index), inner, keep, name))
            for k, result in enumerate(body.results):
                if isinstance(inner[k].type, SequenceType) and result.op is sequence.append:
                    inner[k].type = states[k].type = result.type
        args = (graph.constant(0), count, graph.constant(1), *states)
        loop = graph.cursor.add(LOOP, args, ("range", None, body, False))
        return [graph.cursor.item(loop, k) for k in range(len(states))]

    def _length(self, base: Node, path: Sequence[Node]) -> Node | None:
        """How many entries stand below a path; None below the last axis."""
        type, row = base.type, base
        for depth, index in enumerate(path):
            if isinstance(type, Array):
                rest = len(path) - depth
                return None if rest == len(type.unit_axes) else dimension(row, axis=rest)
            assert isinstance(type, SequenceType)
            row = self._add(sequence.index, (row, index))
            type = row.type
        if isinstance(type, SequenceType):
            return self._add(sequence.length, (row,))
        return dimension(row, axis=0) if unit_axes_of(type) else None

    def _add(self, op: Op, args: tuple[Node, ...], params: tuple[Hashable, ...] = ()) -> Node:
        return self.graph.cursor.add(op, args, params)


def _used_in_loops(body: Block) -> Iterator[Node]:
    """The values that something in a loop uses."""
    for loop in all_steps(body):
        if loop.op is LOOP:
            for block in owned_blocks(loop):
                yield from mentioned(block)


def _turned(columns: Node, leaf: Node, output: Node) -> Node:
    """Columns as one array, of the shape of the output and then the input's."""
    stacked = array_of_list(columns)
    if unit_axes_of(output.type):
        matrix = len(unit_axes_of(stacked.type)) == 2
        stacked = transpose(stacked) if matrix else moveaxis(stacked, source=0, destination=-1)
    if len(unit_axes_of(leaf.type)) < 2:
        return stacked
    return reshaped(stacked, *([output, leaf] if unit_axes_of(output.type) else [leaf]))
