"""Jacobians, Hessians and products with vectors, made of the gradient's two walks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.forward import ForwardWalker
from chainrule.differentiate.reverse import ReverseWalker
from chainrule.errors import ArgumentError
from chainrule.graph.block import Block
from chainrule.graph.node import Node, Origin
from chainrule.graph.structure import Structure
from chainrule.graph.types import INT, OPAQUE, Type, unit_axes_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.lifted import Lifted, assemble
from chainrule.lift.lifter import deep_recursion
from chainrule.primitives import sequence
from chainrule.primitives.arrays.creation import array_of_list, zeros
from chainrule.primitives.arrays.shaping import dimension, reshape_like, reshaped, size_of
from chainrule.primitives.control import LOOP
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import operations
from chainrule.primitives.sequence import zero_of
from chainrule.transforms.pipeline import (
    Wanted,
    Wrt,
    add_parameters,
    copy_of,
    direction_suffixes,
    finish,
    forward,
    gradient,
    is_scalar,
    names_of,
    pulled_back,
    recorded,
    tangent_of,
    wanted,
)


def jvp(lifted: Lifted, wrt: Wrt) -> Lifted:
    """``(value, tangent)`` along directions that are further parameters ``x_dot``."""
    structures = wanted(lifted, wrt)
    copied, copier = copy_of(lifted)
    structures = structures.map(copier.mapped)
    copied, directions = add_parameters(
        copied, [f"{name}_dot" for name in names_of(wrt)], structures.structures
    )
    inputs = structures.inputs
    seeds: dict[Node, Callable[[], Node]] = {}
    with deep_recursion():
        results = list(copied.result.leaves())
        seeded = ForwardWalker(copied.graph, inputs, results, ["_dot"])
        for node, direction in zip(
            inputs, (d for s in directions for d in s.leaves()), strict=True
        ):
            seeds[node] = functools.partial(seeded.mapped, direction)
        seeded.seeds = [seeds]
        seeded.run()
    value = copied.result.map(seeded.mapped)
    tangents = {leaf: tangent_of(seeded, leaf, 0) for leaf in copied.result.leaves()}
    result = Structure("tuple", None, (value, copied.result.map(tangents.__getitem__)))
    return finish(copied, seeded, result)


def vjp(lifted: Lifted, wrt: Wrt) -> Lifted:
    """``(value, gradient)`` of the product with an adjoint ``out_bar`` of the result."""
    structures = wanted(lifted, wrt)
    copied, copier = copy_of(lifted)
    structures = structures.map(copier.mapped)
    outputs = list(copied.result.leaves())
    names = (
        ["out_bar"]
        if copied.result.kind == "leaf"
        else [f"out_bar_{k}" for k in range(len(outputs))]
    )
    leaves = [Structure("leaf", node) for node in outputs]
    copied, seeds = add_parameters(copied, names, leaves)
    with deep_recursion():
        pairs = [(node, seed.node) for node, seed in zip(outputs, seeds, strict=True)]
        bars, pulled, walker = pulled_back(copied, structures, pairs)
        result = Structure("tuple", None, (pulled.result, bars))
        return recorded(pulled, walker, result)


def hvp(lifted: Lifted, wrt: Wrt) -> Lifted:
    """``(gradient, Hessian times direction)`` along further parameters ``x_dot``."""
    return jvp(gradient(lifted, wrt, "auto", False, "hvp"), wrt)


def jacobian(lifted: Lifted, wrt: Wrt, mode: str = "auto") -> Lifted:
    """Derivatives of every number in the result by every number in the parameters."""
    structures = wanted(lifted, wrt)
    inputs = structures.inputs
    outputs = list(lifted.result.leaves())
    if not outputs:
        raise ArgumentError(
            f"`{lifted.graph.name}` returns no number", remedy="Return the numbers that are meant."
        )
    with deep_recursion():
        if all(map(is_scalar, inputs)):
            by_columns = _forward_jacobian(lifted, structures, inputs)
            if mode == "forward" or not all(map(is_scalar, outputs)):
                return by_columns
            if len(inputs) == 1 or any(step.op is LOOP for step in all_steps(lifted.graph.body)):
                return (
                    by_columns
                    if mode != "reverse"
                    else _reverse_jacobian(lifted, structures, outputs)
                )
            by_rows = _reverse_jacobian(lifted, structures, outputs)
            if mode == "reverse":
                return by_rows
            return min(by_rows, by_columns, key=lambda candidate: operations(candidate.graph))
        if all(map(is_scalar, outputs)):
            return _reverse_jacobian(lifted, structures, outputs)
        return _row_by_row(lifted, wrt)


def _nested(structures: Wanted, entry: dict[Node, Node]) -> Structure:
    return structures.layout(entry.__getitem__)


def _forward_jacobian(lifted: Lifted, structures: Wanted, inputs: Sequence[Node]) -> Lifted:
    walker, _ = forward(lifted, inputs, direction_suffixes(lifted, inputs))

    def row(output: Node) -> Structure:
        return _nested(
            structures, {node: tangent_of(walker, output, k) for k, node in enumerate(inputs)}
        )

    return finish(lifted, walker, _replaced(lifted.result, row))


def _replaced(structure: Structure, row: object) -> Structure:
    """The result's layout with every leaf replaced by its row."""
    if structure.kind == "leaf":
        assert structure.node is not None and callable(row)
        found = row(structure.node)
        assert isinstance(found, Structure)
        return found
    parts = tuple(_replaced(part, row) for part in structure.parts)
    return Structure(structure.kind, structure.node, parts, structure.keys)


def _reverse_jacobian(lifted: Lifted, structures: Wanted, outputs: Sequence[Node]) -> Lifted:
    copied, copier = copy_of(lifted)
    graph = copied.graph
    structures = structures.map(copier.mapped)
    inputs = structures.inputs
    steps = list(graph.body.steps)
    rows: dict[Node, Structure] = {}
    pairs: dict[Node, Node] = {}
    for output in map(copier.mapped, outputs):
        walker = ReverseWalker(graph, inputs, [output])
        with (
            graph.inside(graph.body),
            graph.answering(Origin(output.origin.position, derivative=True)),
        ):
            walker.accumulate(output, graph.constant(1.0))
            walker.pull(steps)
            bars = {node: _bar_or_zero(walker, node) for node in inputs}
        rows[output] = _nested(structures, bars)
        pairs.update(walker.pairs)
        last = walker
    last.pairs = pairs
    return recorded(copied, last, _replaced(copied.result, rows.__getitem__))


def _bar_or_zero(walker: ReverseWalker, node: Node) -> Node:
    bar = walker.bar(node)
    return zero_of(node) if bar is None else bar


def _row_by_row(lifted: Lifted, wrt: Wrt) -> Lifted:
    """The Jacobian of a list or an array: a loop over its entries, each a product with a unit
    adjoint.

    The Jacobian of an array is an array, of the shape of the result followed by the parameter's.
    """
    if lifted.result.kind != "leaf":
        raise ArgumentError(
            f"`{lifted.graph.name}` returns a container that holds lists or arrays",
            remedy="Return one list or array, or numbers.",
        )
    products = vjp(lifted, wrt)
    (value, bars) = products.result.parts
    seed = products.parameters["out_bar"].node
    assert seed is not None and value.node is not None and lifted.result.node is not None
    return _UnitLoop(lifted, wrt, lifted.result.node, seed, products, bars).run()


class _UnitLoop:
    """A loop over the entries of one value, in each step a product with a unit of it."""

    def __init__(
        self, lifted: Lifted, wrt: Wrt, node: Node, seed: Node, products: Lifted, parts: Structure
    ) -> None:
        self.lifted = lifted
        self.wrt = wrt
        self.node = node
        self.seed = seed
        self.products = products
        self.parts = parts
        self.outer = Copier(lifted.graph)
        self.outer.run()
        self.graph = self.outer.graph

    def run(self) -> Lifted:
        """The function whose result is what the steps give, stacked."""
        graph = self.graph
        with graph.inside(graph.body), graph.answering(Origin(None, derivative=True)):
            base = self.outer.mapped(self.node)
            arrays = bool(unit_axes_of(base.type))
            rank = len(unit_axes_of(base.type))
            count = self._count(base, rank)
            states = [self.parts] if not arrays else [_leaf(n) for n in self.parts.leaves()]
            body = Block(graph, graph.cursor)
            index = body.parameter("i", INT)
            lists = []
            for part in states:
                state = body.parameter("rows", sequence_of(part))
                graph.names[state] = "rows"
                lists.append(state)
            inner = Embedded(self.products.graph, graph)
            inner.parameters_from(graph.body.parameters)
            with graph.inside(body):
                inner.map[self.seed] = self._unit(base, index, rank)
                inner.walk(self.products.graph.body, body)
                rows = [assemble(graph, part.map(inner.mapped)) for part in states]
                body.results = tuple(
                    graph.cursor.add(sequence.append, pair)
                    for pair in zip(lists, rows, strict=True)
                )
            empty = [graph.cursor.add(sequence.display, (), ("list",)) for _ in states]
            zero, one = graph.constant(0), graph.constant(1)
            args = (zero, count, one, *empty)
            loop = graph.cursor.add(LOOP, args, ("range", None, body, False))
            found = [graph.body.item(loop, k) for k in range(len(states))]
            if not arrays:
                return finish(self.lifted, self.outer, Structure("leaf", found[0]))
            inputs = map(self.outer.mapped, wanted(self.lifted, self.wrt).inputs)
            stacked = [
                self._stacked(rows, base, like) for rows, like in zip(found, inputs, strict=True)
            ]
            whole = iter(stacked)
            result = self.parts.map(lambda leaf: next(whole))
        return finish(self.lifted, self.outer, result)

    def _count(self, base: Node, rank: int) -> Node:
        if rank == 0:
            return self.graph.cursor.add(sequence.length, (base,))
        return dimension(base, axis=0) if rank == 1 else size_of(base)

    def _unit(self, base: Node, index: Node, rank: int) -> Node:
        one = self.graph.constant(1.0)
        add = self.graph.cursor.add
        if rank < 2:
            return add(sequence.index_set, (zero_of(base), index, one))
        flat = add(sequence.index_set, (zeros(size_of(base)), index, one))
        return reshape_like(flat, base)

    def _stacked(self, rows: Node, base: Node, like: Node) -> Node:
        """The rows as one array, of the result's shape and then the parameter's."""
        stacked = array_of_list(rows)
        if len(unit_axes_of(base.type)) < 2:
            return stacked
        return reshaped(stacked, *([base, like] if unit_axes_of(like.type) else [base]))


def _leaf(node: Node) -> Structure:
    return Structure("leaf", node)


def sequence_of(structure: Structure) -> Type:
    """Type of a list of values laid out like ``structure``."""
    leaf = structure.node
    return SequenceType(leaf.type if structure.kind == "leaf" and leaf is not None else OPAQUE)


class Embedded(Copier):
    """Copies a graph's body into another graph, whose parameters it shares."""

    def __init__(self, source: object, into: object) -> None:
        super().__init__(source)  # type: ignore[arg-type]
        self.graph = into  # type: ignore[assignment]

    def parameters_from(self, parameters: Sequence[Node]) -> None:
        for old, new in zip(self.source.body.parameters, parameters, strict=False):
            self.map[old] = new


def hessian(lifted: Lifted, wrt: Wrt, mode: str = "auto") -> Lifted:
    """Second derivatives: the Jacobian of the gradient."""
    return jacobian(gradient(lifted, wrt, mode, False, "hessian"), wrt)
