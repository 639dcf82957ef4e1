"""What is read out of several parameters is called by theirs, too: ``a_mass`` and ``b_mass``."""

from __future__ import annotations

from chainrule.graph.block import PARAMETER, Graph
from chainrule.graph.node import Node
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import read_noun


def name_by_owners(graph: Graph) -> None:
    """Name attributes that bear the same name in several parameters."""
    reads: dict[str, list[tuple[str, Node]]] = {}
    for step in graph.body.steps:
        if step.op is not VERBATIM or len(step.args) != 1 or step.args[0].op is not PARAMETER:
            continue
        owner = graph.names.get(step.args[0])
        noun = read_noun(str(step.params[0]), owner)
        if noun is not None and owner is not None and not noun.startswith(f"{owner}_"):
            reads.setdefault(noun, []).append((owner, step))
    for noun, found in reads.items():
        if len({owner for owner, _ in found}) > 1:
            for owner, read in found:
                graph.names.setdefault(read, f"{owner}_{noun}")
