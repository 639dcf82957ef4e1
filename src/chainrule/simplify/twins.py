"""States of a loop that begin alike and step alike are one.

for x in xs:                            for x in xs:
    total += 2.0 * x                        total += 2.0 * x
    total_dot += 2.0 * x
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.control import LOOP, loop_parts, next_states
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive

# Longer steps are not compared.
LONGEST = 60


class Merging(Copier):
    """A copy in which one state stands for its twins; ``twins`` are numbers of states by loop."""

    def __init__(self, source: Graph, twins: Mapping[Node, Mapping[int, int]]) -> None:
        super().__init__(source)
        self.twins = twins

    def mapped(self, node: Node) -> Node:
        """What ``node`` has become; a result of a loop, what its twin has."""
        if node.op is ITEM and node not in self.map:
            loop, k = node.args[0], result_number(node)
            first = self.twins.get(loop, {}).get(k)
            if first is not None:
                return super().mapped(loop.block.item(loop, first))
        return super().mapped(node)

    def open_loop(
        self, node: Node, parameters: Iterable[Node] | None = None
    ) -> tuple[Block | None, Block]:
        blocks = super().open_loop(node, parameters)
        states = loop_parts(node)[2]
        for k, first in self.twins.get(node, {}).items():
            self.map[states[k]] = self.map[states[first]]
        return blocks


def twins(graph: Graph) -> Merging | None:
    """The walk that merges them; None where there are none."""
    found = {
        step: merged
        for step in nodes_of(graph.body)
        if step.op is LOOP and (merged := _merged(step))
    }
    return Merging(graph, found) if found else None


def _merged(loop: Node) -> dict[int, int]:
    """The states of derivative code that are twins of earlier ones."""
    _, initial, states = loop_parts(loop)
    nexts = next_states(loop)
    first: dict[Node, list[int]] = {}
    found: dict[int, int] = {}
    for k, state in enumerate(states):
        if state.type != FLOAT or not nexts[k].origin.derivative or nexts[k] is state:
            continue
        for other in first.setdefault(initial[k], []):
            if _alike(nexts[other], nexts[k], states[other], state):
                found[k] = other
                break
        else:
            first[initial[k]].append(k)
    return found


def _alike(left: Node, right: Node, one: Node, other: Node) -> bool:
    """Whether two steps are the same, if the states that they begin with are."""
    stack = [(left, right)]
    for _ in range(LONGEST):
        if not stack:
            return True
        first, second = stack.pop()
        if first is second or (first is one and second is other):
            continue
        if first.op is not second.op or first.op is PARAMETER or first.params != second.params:
            return False
        plain = isinstance(first.op, Primitive) and first.op.pure and first.type == second.type
        if not plain or len(first.args) != len(second.args):
            return False
        stack += zip(first.args, second.args, strict=True)
    return False
