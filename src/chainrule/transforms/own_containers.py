"""A gradient by a tuple whose length is known at run time only is a tuple, too.

Adjoints are written entry by entry, which tuples cannot be: they are lists until they are handed
out.
"""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.structure import Structure
from chainrule.graph.types import Sequence
from chainrule.lift.lifted import Lifted, assemble
from chainrule.primitives.sequence import as_tuple
from chainrule.records import replace
from chainrule.transforms.pipeline import Wrt, is_scalar, wanted

# Where gradients stand in what a transform gives; None is all of it.
PLACES: dict[str, tuple[int, ...] | None] = {
    "grad": None,
    "jacobian": None,
    "value_and_grad": (1,),
    "vjp": (1,),
    "hvp": (0, 1),
}


def in_own_containers(result: Lifted, transform: str, lifted: Lifted, wrt: Wrt) -> Lifted:
    """The derivative with tuples where ``lifted`` is given tuples."""
    if transform not in PLACES:
        return result
    inputs = list(wanted(lifted, wrt).inputs)
    if transform == "jacobian":
        outputs = list(lifted.result.leaves())
        # Rows of several results stand in lists, as they do.
        inputs = inputs * len(outputs) if all(map(is_scalar, outputs)) else []
    if not any(map(_is_tuple, inputs)):
        return result
    places = PLACES[transform]
    if places is None:
        structure = _with_tuples(result.result, inputs)
    else:
        parts = list(result.result.parts)
        for place in places:
            parts[place] = _with_tuples(parts[place], inputs)
        structure = replace(result.result, parts=tuple(parts))
    graph = result.graph
    with graph.inside(graph.body):
        graph.body.results = (assemble(graph, structure),)
    return replace(result, result=structure)


def _with_tuples(gradient: Structure, inputs: list[Node]) -> Structure:
    if len(list(gradient.leaves())) != len(inputs):
        return gradient
    given = iter(inputs)

    def handed_out(slot: Node) -> Node:
        if not _is_tuple(next(given)) or not isinstance(slot.type, Sequence) or _is_tuple(slot):
            return slot
        graph = slot.graph
        with graph.inside(graph.body), graph.answering(slot.origin):
            made: Node = graph.cursor.add(as_tuple, (slot,))
        return made

    return gradient.map(handed_out)


def _is_tuple(node: Node) -> bool:
    return isinstance(node.type, Sequence) and node.type.kind == "tuple"
