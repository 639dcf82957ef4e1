"""A block as a graph of its own: what it uses from outside becomes parameters."""

from __future__ import annotations

from chainrule.graph.block import ITEM, Block, Graph
from chainrule.graph.node import Node
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.copying import Copier

LEAVES = ("constant", "global", "reference", "undefined")


class Taken(Copier):
    """A block as a graph of its own; what it uses from outside becomes parameters."""

    def __init__(self, source: Graph, block: Block, inputs: list[Node]) -> None:
        super().__init__(source)
        self.block = block
        self.outer: list[Node] = []
        for node in inputs:
            self._parameter(node)
        for node in self._used(block):
            if node not in self.map and self.is_outer(node):
                self._parameter(node)
        self.walk(block, self.graph.body)

    def is_outer(self, node: Node) -> bool:
        """Whether ``node`` becomes a parameter."""
        return not self.block.encloses(node.block)

    def _used(self, block: Block) -> list[Node]:
        """Computed values and parameters that the block uses, in order."""
        found: dict[Node, None] = {}
        blocks = [block]
        while blocks:
            current = blocks.pop()
            for step in current.steps:
                if not self.is_outer(step):
                    found.update(dict.fromkeys(step.args))
                    blocks.extend(owned_blocks(step))
            found.update(dict.fromkeys(current.results))
        return [node for node in found if node.op.name not in LEAVES]

    def _parameter(self, node: Node) -> None:
        self.map[node] = self.graph.body.parameter(self.name_of(node), node.type)
        self.named(node, self.map[node])
        self.outer.append(node)

    def mapped(self, node: Node) -> Node:
        if node not in self.map and node.op is ITEM and not self.block.encloses(node.block):
            self._parameter(node)
        return super().mapped(node)

    def name_of(self, node: Node) -> str:
        """What the parameter is called that stands for ``node``."""
        return f"p{len(self.outer)}"
