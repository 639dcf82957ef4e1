"""Values that have the slopes of others are themselves again behind a derivative."""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.primitives.copying import Copier
from chainrule.primitives.custom import continued


class PlainValues(Copier):
    """A copy without the slopes that values have from elsewhere."""

    def run(self) -> Graph:
        found = super().run()
        # Those of the derivative itself have the slopes of their own arms.
        found.continued = {branch for branch in found.continued if branch.origin.derivative}
        return found

    def copy(self, step: Node) -> Node:
        if step.op is not continued:
            return super().copy(step)
        self.map[step] = self.mapped(step.args[0])
        return self.map[step]


def plain_values(graph: Graph) -> PlainValues | None:
    """A copy of a graph whose branches were continued; None of others."""
    return PlainValues(graph) if graph.continued else None
