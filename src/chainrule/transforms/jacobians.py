"""Jacobians and Hessians: by columns where the inputs are numbers, else by rows.

A row is one walk back.  Those of a list or an array stand in a loop over its entries, each with
a unit adjoint; the function itself runs once, before them.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.reverse import ReverseWalker
from chainrule.errors import ArgumentError
from chainrule.graph.block import Block
from chainrule.graph.large import large_programs
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import INT, OPAQUE, Type, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.lifted import Lifted, assemble
from chainrule.primitives import sequence
from chainrule.primitives.arrays.creation import array_of_list, zeros
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.shaping import dimension, reshape_like, reshaped, size_of
from chainrule.primitives.control import LOOP
from chainrule.primitives.cost import operations
from chainrule.primitives.sequence import zero_of
from chainrule.simplify.walks import TooLong
from chainrule.transforms.pipeline import (
    SHRINKS,
    Beside,
    Wanted,
    Wrt,
    continued,
    copy_of,
    direction_suffixes,
    finish,
    forward,
    gradient,
    is_scalar,
    recorded,
    tangent_of,
    wanted,
    whole,
)
from chainrule.transforms.products import no_number
from chainrule.transforms.sweeps import jacobian_by_sweeps

# From the adjoint of an entry to the adjoint of the result that it is an entry of.
Unit = Callable[[Node], Node]


def jacobian(lifted: Lifted, wrt: Wrt, mode: str = "auto") -> Lifted:
    """Derivatives of every number in the result by every number in the parameters."""
    structures = wanted(lifted, wrt)
    inputs = structures.inputs
    outputs = list(lifted.result.leaves())
    if not outputs:
        raise no_number(lifted)
    with large_programs():
        if mode == "auto" and many_results(inputs, outputs):
            with contextlib.suppress(ArgumentError):
                return jacobian_by_sweeps(lifted, structures)
        return _jacobian(lifted, structures, mode)


def many_results(inputs: Sequence[Node], outputs: Sequence[Node]) -> bool:
    """Whether there seem to be no fewer results than entries of arrays to differentiate by.

    So it is in least squares and in systems of equations.  Neither number is known before the code
    runs, unless the results are an array whose entries are written out.
    """
    arrays = [leaf for leaf in inputs if unit_axes_of(leaf.type)]
    counts = [_count(output) for output in outputs]
    if not arrays or None not in counts:
        return False
    return not any(isinstance(leaf.type, SequenceType) for leaf in (*inputs, *outputs))


def _count(output: Node) -> int | None:
    """How many numbers a result holds, where that is certain."""
    known = [length.known for length in lengths_of(output)] if unit_axes_of(output.type) else []
    return None if None in known else math.prod(length for length in known if length is not None)


def _jacobian(
    lifted: Lifted,
    structures: Wanted,
    mode: str,
    symmetric: bool = False,
    known: Beside | None = None,
) -> Lifted:
    """The Jacobian; one that is ``symmetric`` is that of a gradient by its own inputs.

    ``known`` are tangents that the function computes already.
    """
    inputs = structures.inputs
    outputs = list(lifted.result.leaves())
    if not all(map(is_scalar, inputs)):
        if mode == "forward":
            return jacobian_by_sweeps(lifted, structures)
        return _by_rows(lifted, structures)
    numbers = all(map(is_scalar, outputs))
    if mode == "reverse" and numbers:
        return _by_rows(lifted, structures)
    by_columns = _by_columns(lifted, structures, inputs, symmetric, known)
    if mode == "forward" or not numbers:
        return by_columns
    if len(inputs) == 1 or any(step.op is LOOP for step in all_steps(lifted.graph.body)):
        return by_columns
    most = operations(by_columns.graph)
    try:
        by_rows = _by_rows(lifted, structures, symmetric, most * SHRINKS)
    except TooLong:
        return by_columns
    return by_columns if most < operations(by_rows.graph) else by_rows


def hessian(lifted: Lifted, wrt: Wrt, mode: str = "auto") -> Lifted:
    """Second derivatives: the Jacobian of the gradient."""
    beside: Beside = []
    first = gradient(lifted, wrt, mode, False, "hessian", beside)
    slopes = continued(first, wrt)
    if slopes is not first:
        beside.clear()
    structures = wanted(slopes, wrt)
    if not any(True for _ in slopes.result.leaves()):
        raise no_number(slopes)
    with large_programs():
        symmetric = len(list(slopes.result.leaves())) == len(structures.inputs)
        return _jacobian(slopes, structures, "auto", symmetric, beside)


def _mirrored(entry: Callable[[int, int], Node], symmetric: bool) -> Callable[[int, int], Node]:
    """Entries by row and column; a symmetric matrix has those right of its diagonal alone."""
    if not symmetric:
        return entry
    return lambda row, column: entry(min(row, column), max(row, column))


def _by_columns(
    lifted: Lifted,
    structures: Wanted,
    inputs: Sequence[Node],
    symmetric: bool,
    known: Beside | None,
) -> Lifted:
    walker, _ = forward(lifted, inputs, direction_suffixes(lifted, inputs), known=known)
    outputs = list(lifted.result.leaves())
    entry = _mirrored(lambda row, column: tangent_of(walker, outputs[row], column), symmetric)

    def row(output: Node) -> Structure:
        position = outputs.index(output)
        dots = {node: entry(position, k) for k, node in enumerate(inputs)}
        return structures.layout(dots.__getitem__, walker.mapped)

    kept = lifted.result.apart().map(lambda leaf: leaf, walker.mapped)
    return finish(lifted, walker, kept.replaced(row))


def _by_rows(
    lifted: Lifted, structures: Wanted, symmetric: bool = False, most: float = math.inf
) -> Lifted:
    copied, copier = copy_of(lifted)
    graph = copied.graph
    structures = structures.map(copier.mapped, copier.mapped)
    steps = list(graph.body.steps)
    found: dict[Node, Structure] = {}
    pairs: dict[Node, Node] = {}
    for output in copied.result.leaves():
        walker = ReverseWalker(graph, structures.inputs, [output])
        origin = output.origin.answered
        with graph.inside(graph.body), graph.answering(origin):
            found[output] = Rows(walker, structures, output, steps).of(output, lambda unit: unit)
        pairs.update(walker.pairs)
    walker.pairs = pairs
    if symmetric:
        outputs = list(copied.result.leaves())
        rows = [list(found[output].leaves()) for output in outputs]
        entry = _mirrored(lambda row, column: rows[row][column], symmetric)
        for output in outputs:
            position = outputs.index(output)
            whole_row = iter([entry(position, k) for k in range(len(outputs))])
            found[output] = found[output].map(lambda _, entries=whole_row: next(entries))  # type: ignore[misc]
    return recorded(copied, walker, copied.result.apart().replaced(found.__getitem__), most)


class Rows:
    """The gradients of all entries of one result, laid out as it is.

    Those of an array are arrays, of its shape followed by the parameter's.
    """

    def __init__(
        self, walker: ReverseWalker, structures: Wanted, output: Node, steps: list[Node]
    ) -> None:
        self.walker = walker
        self.graph = walker.graph
        self.structures = structures
        self.output = output
        self.steps = steps

    def of(self, base: Node, unit: Unit) -> Structure:
        """The rows of ``base``, which is the result, or an entry of it."""
        if is_scalar(base):
            return self._row(unit(self.graph.constant(1.0)))
        if unit_axes_of(base.type):
            return self._of_array(base, unit)
        return self._of_list(base, unit)

    def _row(self, seed: Node) -> Structure:
        """One walk back."""
        walker = self.walker
        walker.scopes = [{}]
        walker.accumulate(self.output, seed)
        walker.pull(self.steps)
        return self.structures.layout(lambda node: whole(walker.bar(node), node))

    def _of_list(self, base: Node, unit: Unit) -> Structure:
        def rows(index: Node) -> list[Node]:
            entry = self.graph.cursor.add(sequence.index, (base, index))

            def within(part: Node) -> Node:
                zero = zero_of(base)
                return unit(self.graph.cursor.add(sequence.index_set, (zero, index, part)))

            return [assemble(self.graph, self.of(entry, within))]

        count = self.graph.cursor.add(sequence.length, (base,))
        return Structure("leaf", self._loop(count, rows)[0])

    def _of_array(self, base: Node, unit: Unit) -> Structure:
        rank = len(unit_axes_of(base.type))
        layout: list[Structure] = []

        def rows(index: Node) -> list[Node]:
            one = self.graph.constant(1.0)
            flat = zero_of(base) if rank == 1 else zeros(size_of(base))
            flat = self.graph.cursor.add(sequence.index_set, (flat, index, one))
            layout.append(self._row(unit(flat if rank == 1 else reshape_like(flat, base))))
            return list(layout[0].leaves())

        count = dimension(base, axis=0) if rank == 1 else size_of(base)
        found = self._loop(count, rows)
        inputs = self.structures.inputs
        stacked = iter([_stacked(*pair, base) for pair in zip(found, inputs, strict=True)])
        return layout[0].map(lambda leaf: next(stacked))

    def _loop(self, count: Node, rows: Callable[[Node], list[Node]]) -> list[Node]:
        """Lists of what ``rows`` gives for every index below ``count``."""
        graph = self.graph
        body = Block(graph, graph.cursor)
        index = body.parameter("i", INT)
        with graph.inside(body):
            made = rows(index)
            lists = [body.parameter("rows", _list_of(row)) for row in made]
            body.results = tuple(
                graph.cursor.add(sequence.append, pair) for pair in zip(lists, made, strict=True)
            )
        graph.names.update(dict.fromkeys(lists, "rows"))
        empty = [graph.cursor.add(sequence.display, (), ("list",)) for _ in lists]
        args = (graph.constant(0), count, graph.constant(1), *empty)
        loop = graph.cursor.add(LOOP, args, ("range", None, body, False))
        return [graph.cursor.item(loop, k) for k in range(len(lists))]


def _list_of(row: Node) -> Type:
    return SequenceType(row.type if row.op is not sequence.record else OPAQUE)


def _stacked(rows: Node, like: Node, base: Node) -> Node:
    """Rows as one array, of the shape of ``base`` and then the parameter's."""
    stacked = array_of_list(rows)
    if len(unit_axes_of(base.type)) < 2:
        return stacked
    return reshaped(stacked, *([base, like] if unit_axes_of(like.type) else [base]))
