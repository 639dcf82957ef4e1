"""What a step adds to a running sum is summed up first, and added once.

x_bar = x_bar - 2.0 * r * x + s * t          x_bar += s * t - 2.0 * r * x
"""

from __future__ import annotations

from collections import Counter

from chainrule.graph.block import PARAMETER, Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, subtract
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of

SUMS = (add, subtract)


class Accumulating(Copier):
    """A copy in which such sums are added to what came before in one operation."""

    def __init__(self, source: Graph, sums: dict[Node, tuple[Node, list[Node]]]) -> None:
        super().__init__(source)
        self.sums = sums
        # What is not added up by itself any more.
        self.inner = {link for _, chain in sums.values() for link in chain} - set(sums)

    def copy(self, step: Node) -> Node:
        if step in self.inner:
            return step
        if step not in self.sums:
            return super().copy(step)
        base, chain = self.sums[step]
        cursor = self.graph.cursor
        signed = [(link.op, self.mapped(link.args[1])) for link in chain]
        # A term that is added comes first, if there is one.
        start = next((k for k, (op, _) in enumerate(signed) if op is add), 0)
        (sign, total), *rest = [signed[start], *signed[:start], *signed[start + 1 :]]
        for op, term in rest:
            total = cursor.add(add if op is sign else subtract, (total, term))
        self.map[step] = cursor.add(sign, (self.mapped(base), total))
        self.named(step, self.map[step])
        return self.map[step]


def accumulating(graph: Graph) -> Accumulating | None:
    """The walk that does so; None where there is nothing to do."""
    steps = list(nodes_of(graph.body))
    blocks = [block for step in steps for block in owned_blocks(step) if block.completes]
    if not any(result.op in SUMS for block in blocks for result in block.results):
        return None
    uses = uses_of(graph, steps)
    sums: dict[Node, tuple[Node, list[Node]]] = {}
    for block in blocks:
        for result in block.results:
            base, chain = _chain(result, block, uses)
            if len(chain) > 1 and (base.op is PARAMETER or not inside(base, block)):
                sums[result] = base, chain[::-1]
    return Accumulating(graph, sums) if sums else None


def _chain(result: Node, block: Block, uses: Counter[Node]) -> tuple[Node, list[Node]]:
    """What a result of ``block`` is added to, and the additions and subtractions, last first."""
    found: list[Node] = []
    node = result
    while (
        node.op in SUMS
        and node.type == FLOAT
        and node.origin.derivative
        and node.block is block
        and uses[node] == 1
    ):
        found.append(node)
        node = node.args[0]
    return node, found
