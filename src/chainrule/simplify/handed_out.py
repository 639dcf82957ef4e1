"""What an arm has handed out bears one name behind it.

if a:                                     if a:
    y_1 = sin(x) / x                          y = sin(x) / x
    y = y_1                               ...
...                                       if a:
if a:                                         x_bar = (cos(x) - y) / x
    x_bar = (cos(x) - y_1) / x
"""

from __future__ import annotations

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of


class HandedOut(Copier):
    """A copy in which arms that run later read the results of the branch before them."""

    def __init__(self, source: Graph, items: dict[Node, Node]) -> None:
        super().__init__(source)
        self.items = items
        self._inside: list[Block] = [source.body]

    def walk(self, old: Block, new: Block) -> None:
        """Copy a block, which is where values are read meanwhile."""
        self._inside.append(old)
        super().walk(old, new)
        self._inside.pop()

    def finish(self, old: Block, new: Block) -> None:
        """Give a copy its results, which are read inside."""
        self._inside.append(old)
        super().finish(old, new)
        self._inside.pop()

    def mapped(self, node: Node) -> Node:
        """What a value has become: outside of the arm that computes it what that hands out."""
        item = self.items.get(node)
        here = self._inside[-1]
        if item is None or node.block.encloses(here) or not item.block.encloses(here):
            return super().mapped(node)
        return super().mapped(item)


def handed_out(graph: Graph) -> HandedOut | None:
    """The walk that reads results; None where no later arm reads what an earlier one computed."""
    steps = list(nodes_of(graph.body))
    branches = [step for step in steps if step.op is IF]
    if len(branches) < 2:
        return None
    uses = uses_of(graph, steps)
    items: dict[Node, Node] = {}
    for branch in branches:
        for arm in owned_blocks(branch):
            for k, result in enumerate(arm.results):
                item = branch.block.item(branch, k)
                own = result.block is arm and result.type == item.type == FLOAT
                if own and uses[item] and result not in arm.parameters:
                    items.setdefault(result, item)
    return HandedOut(graph, items) if _read_elsewhere(steps, items) else None


def _read_elsewhere(steps: list[Node], items: dict[Node, Node]) -> bool:
    """Whether any of the values is read by a later arm."""
    return any(
        arg in items and not arg.block.encloses(step.block)
        for step in steps
        for arg in (*step.args, *(r for block in owned_blocks(step) for r in block.results))
        if arg.block is not step.block
    )
