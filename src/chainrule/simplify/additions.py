"""What is read from a list and written back with something added is added to, in its place.

    u[i] = u[i] + r * u[i - 1]          u[i] += r * u[i - 1]

The way back of an addition leaves the adjoint of the entry as it is; that of any other value would
be taken out of the list and be put back.
"""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Sequence
from chainrule.primitives.arithmetic import add, negative, subtract
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.sequence import index, index_add, index_set


def added_in_place(graph: Graph) -> Copier | None:
    """A copy in which such entries are added to; None where there are none."""
    steps = list(nodes_of(graph.body))
    writes = [step for step in steps if step.op is index_set]
    if not writes:
        return None
    uses = uses_of(graph, steps)
    terms = {node: _term(node) for node in writes if uses[node.args[-1]] == 1}
    found = {node: term for node, term in terms.items() if term is not None}
    if not found:
        return None
    copier = _Additions(graph, found)
    copier.run()
    return copier


def _term(write: Node) -> tuple[Node, bool] | None:
    """``(w, whether it is subtracted)`` of ``x[i] = x[i] + w``."""
    *place, value = write.args
    if not isinstance(write.args[0].type, Sequence) or value.op not in (add, subtract):
        return None
    first, second = value.args
    if _reads(first, place) and second.type == FLOAT:
        return second, value.op is subtract
    if value.op is add and _reads(second, place) and first.type == FLOAT:
        return first, False
    return None


def _reads(node: Node, place: list[Node]) -> bool:
    return node.op is index and node.type == FLOAT and list(node.args) == place


class _Additions(Copier):
    """Writes such entries by adding to them."""

    def __init__(self, source: Graph, terms: dict[Node, tuple[Node, bool]]) -> None:
        super().__init__(source)
        self.terms = terms

    def copy(self, step: Node) -> Node:
        if step not in self.terms:
            return super().copy(step)
        term, lowered = self.terms[step]
        added = self.mapped(term)
        place = tuple(map(self.mapped, step.args[:-1]))
        value = self.graph.cursor.add(negative, (added,)) if lowered else added
        new = self.graph.cursor.add(index_add, (*place, value), step.params, step.type)
        self.map[step] = new
        self.named(step, new)
        return new
