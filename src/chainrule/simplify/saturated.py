"""Slopes of tanh in code that is compiled, where that is still at hand on the way back.

One over the square of cosh takes no more than an exponential then::

    t_bar / np.square(np.cosh(z))     t_bar * np.square((1.0 + np.abs(t)) * np.exp(-np.abs(z)))

NumPy takes as long for a cosh as for an exponential, and a pass more for each of the other steps;
Python takes longer for the additions.
"""

from __future__ import annotations

from chainrule.graph.block import Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, is_complex
from chainrule.primitives.arithmetic import divide, multiply
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.declare import is_constant
from chainrule.primitives.elementary import cosh, square, tanh
from chainrule.primitives.saturation import cosh_squared, inverse_cosh


class Saturated(Copier):
    """Copies a graph with products in the place of ``quotients``, each with its tanh."""

    def __init__(self, source: Graph, quotients: dict[Node, Node]) -> None:
        super().__init__(source)
        self.quotients = quotients

    def copy(self, step: Node) -> Node:
        """A product with the slope, or with its root, or the step as it is."""
        tangent = self.quotients.get(step)
        if tangent is None:
            return super().copy(step)
        above, below = step.args
        slope = self.graph.cursor.add(
            inverse_cosh, (self.mapped(tangent), self.mapped(below.args[0])), (), below.type
        )
        if below.op is cosh_squared:
            slope = self.graph.cursor.add(square, (slope,), (), below.type)
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
    squares = {node for node in nodes if node.op is cosh_squared}
    roots = {node for node in nodes if node.op is cosh and node.type == FLOAT}
    if not graph.cheap_tapes or not squares | roots:
        return None
    uses = uses_of(graph, nodes)
    below: dict[Node, list[Node]] = {}
    bent: dict[Node, list[Node]] = {}
    living: set[Node] = set()
    for node in nodes:
        if node.op is divide and node.args[1] in squares | roots and not is_complex(node.type):
            below.setdefault(node.args[1], []).append(node)
        elif node.op is tanh:
            bent.setdefault(node.args[0], []).append(node)
        if node.origin.derivative:
            living.update(node.args)
    quotients: dict[Node, Node] = {}
    for slope, over in below.items():
        found = [node for node in bent.get(slope.args[0], ()) if _is_at_hand(node, slope)]
        before = found and all(found[0].serial < node.serial for node in over)
        if before and found[0] in living and uses[slope] == len(over):
            quotients.update(dict.fromkeys(over, found[0]))
    return Saturated(graph, quotients) if quotients else None


def _is_at_hand(tangent: Node, slope: Node) -> bool:
    """Whether a tanh has been computed where its slope is.

    Of a number it is wherever there is what it was taken of, as on the way back through a loop.
    """
    if slope.op is cosh_squared:
        return tangent.block is slope.block
    return tangent.block is tangent.args[0].block or inside(slope, tangent.block)
