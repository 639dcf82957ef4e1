"""Slopes of arrays' tanh, where that is still at hand on the way back.

One over the square of cosh takes no more than an exponential then::

    t_bar / np.square(np.cosh(z))     t_bar * np.square((1.0 + np.abs(t)) * np.exp(-np.abs(z)))
"""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import is_complex
from chainrule.primitives.arithmetic import divide, multiply
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.declare import is_constant
from chainrule.primitives.elementary import square, tanh
from chainrule.primitives.saturation import cosh_squared, inverse_cosh


class Saturated(Copier):
    """Copies a graph with products in the place of ``quotients``, each with its tanh."""

    def __init__(self, source: Graph, quotients: dict[Node, Node]) -> None:
        super().__init__(source)
        self.quotients = quotients

    def copy(self, step: Node) -> Node:
        """A product with the slope, or the step as it is."""
        tangent = self.quotients.get(step)
        if tangent is None:
            return super().copy(step)
        above, below = step.args
        inverse = self.graph.cursor.add(
            inverse_cosh, (self.mapped(tangent), self.mapped(below.args[0])), (), below.type
        )
        slope = self.graph.cursor.add(square, (inverse,), (), below.type)
        if is_constant(above, 1):
            new = slope
        else:
            new = self.graph.cursor.add(multiply, (self.mapped(above), slope), (), step.type)
        self.map[step] = new
        self.named(step, new)
        return new


def saturated(graph: Graph) -> Saturated | None:
    """The walk that puts products there; None where no tanh lives on beside its slope."""
    nodes = list(nodes_of(graph.body))
    if not any(node.op is cosh_squared for node in nodes):
        return None
    uses = uses_of(graph, nodes)
    below: dict[Node, list[Node]] = {}
    bent: dict[tuple[object, Node], Node] = {}
    living: set[Node] = set()
    for node in nodes:
        if node.op is divide and node.args[1].op is cosh_squared and not is_complex(node.type):
            below.setdefault(node.args[1], []).append(node)
        elif node.op is tanh:
            bent[node.block, node.args[0]] = node
        if node.origin.derivative:
            living.update(node.args)
    quotients: dict[Node, Node] = {}
    for slope, over in below.items():
        tangent = bent.get((slope.block, slope.args[0]))
        if tangent in living and uses[slope] == len(over):
            quotients.update(dict.fromkeys(over, tangent))
    return Saturated(graph, quotients) if quotients else None
