"""Jacobians, Hessians and products with vectors, made of the gradient's two walks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from chainrule.differentiate.forward import ForwardWalker
from chainrule.errors import ArgumentError
from chainrule.graph.large import large_programs
from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.lift.calls.seeds import seed_names
from chainrule.lift.lifted import Lifted
from chainrule.primitives.copying import Copier
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import called
from chainrule.transforms.directions import (
    add_parameters,
    check_lengths,
    put_first,
    signature_names,
)
from chainrule.transforms.pipeline import (
    Wrt,
    continued,
    copy_of,
    finish,
    gradient,
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
    structures = structures.map(copier.mapped, copier.mapped)
    names = seed_names("jvp", names_of(wrt), signature_names(copied))
    body = copied.graph.body
    steps = len(body.steps)
    copied, directions = add_parameters(copied, names, structures.structures)
    for structure, direction in zip(structures.structures, directions, strict=True):
        for node, dot in structure.matched(direction):
            name = called(node)
            if name is not None:
                copied.graph.names.setdefault(dot, f"{name}_dot")
    with copied.graph.inside(body):
        for structure, direction in zip(structures.structures, directions, strict=True):
            check_lengths(copied.graph, direction, structure)
    put_first(body, steps)
    inputs = structures.inputs
    seeds: dict[Node, Callable[[], Node]] = {}
    with large_programs():
        results = list(copied.result.leaves())
        seeded = ForwardWalker(copied.graph, inputs, results, ["_dot"])
        for structure, direction in zip(structures.structures, directions, strict=True):
            for node, dot in structure.matched(direction):
                seeds[node] = functools.partial(_read, seeded, dot)
        seeded.seeds = [seeds]
        seeded.run()
    value = copied.result.map(seeded.mapped, seeded.mapped)
    tangents = {leaf: tangent_of(seeded, leaf, 0) for leaf in results}
    tangent = copied.result.apart().map(tangents.__getitem__, seeded.mapped)
    result = Structure("tuple", None, (value, tangent))
    return finish(copied, seeded, result)


def _read(walker: ForwardWalker, dot: Node) -> Node:
    """A direction in the new graph: it is read out of its container before its turn."""
    if dot.op is VERBATIM and dot not in walker.map:
        _read(walker, dot.args[0])
        walker.copy(dot)
    return walker.mapped(dot)


def vjp(lifted: Lifted, wrt: Wrt) -> Lifted:
    """``(value, gradient)`` of the product with an adjoint ``out_bar`` laid out as the result."""
    structures = wanted(lifted, wrt)
    copied, copier = copy_of(lifted)
    structures = structures.map(copier.mapped, copier.mapped)
    names = seed_names("vjp", names_of(wrt), signature_names(copied))
    layout = copied.result.apart()
    copied, (seed,) = add_parameters(copied, names, [layout])
    if not any(True for _ in layout.leaves()):
        raise no_number(lifted)
    with copied.graph.inside(copied.graph.body):
        check_lengths(copied.graph, seed, layout, "the result")
    with large_programs():
        pairs = list(layout.matched(seed))
        bars, pulled, walker = pulled_back(copied, structures, pairs)
        result = Structure("tuple", None, (pulled.result, bars))
        return recorded(pulled, walker, result)


def no_number(lifted: Lifted) -> ArgumentError:
    """Refusal of a function whose result holds nothing that could be differentiated."""
    return ArgumentError(
        f"`{lifted.graph.name}` returns no number", remedy="Return the numbers that are meant."
    )


def hvp(lifted: Lifted, wrt: Wrt) -> Lifted:
    """``(gradient, Hessian times direction)`` along further parameters ``x_dot``."""
    return jvp(continued(gradient(lifted, wrt, "auto", False, "hvp"), wrt), wrt)


class Embedded(Copier):
    """Copies a graph's body into another graph, whose parameters it shares."""

    def __init__(self, source: object, into: object) -> None:
        super().__init__(source)  # type: ignore[arg-type]
        self.graph = into  # type: ignore[assignment]

    def parameters_from(self, parameters: Sequence[Node]) -> None:
        for old, new in zip(self.source.body.parameters, parameters, strict=False):
            self.map[old] = new
