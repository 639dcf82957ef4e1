"""One reciprocal for several divisions by the same value.

A division takes about as long as three products.  Where derivative code divides several arrays by
one that lies well away from 0, or by what it has the reciprocal of, they are multiplied by it; so
is a single array that is divided by such a number::

    a / t + b / t / t * c                     r = 1.0 / t;  a * r + b * r * r * c
    e / e.sum()                               e * (1.0 / e.sum())
"""

from __future__ import annotations

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array
from chainrule.primitives.arithmetic import divide, multiply
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.declare import is_constant
from chainrule.simplify.passes import size_of

# So many divisions of arrays are worth an operation more.
DIVISIONS = 3
# The reciprocal of no less is finite, in narrow dtypes too.
AWAY_FROM_ZERO = 1e-3


class Reciprocals(Copier):
    """Copies a graph with ``quotients`` as products, each with what stands over its divisor."""

    def __init__(self, source: Graph, quotients: dict[Node, Node]) -> None:
        super().__init__(source)
        self.quotients = quotients

    def copy(self, step: Node) -> Node:
        """A product with the reciprocal, or the step as it is."""
        one = self.quotients.get(step)
        if one is None:
            return super().copy(step)
        above, below = map(self.mapped, step.args)
        inverse = self.graph.cursor.add(divide, (self.mapped(one), below))
        new = self.graph.cursor.add(multiply, (above, inverse), (), step.type)
        self.map[step] = new
        self.named(step, new)
        return new


def reciprocals(graph: Graph) -> Reciprocals | None:
    """The walk that multiplies by reciprocals; None where nothing is divided so."""
    found: dict[tuple[Block, Node], list[Node]] = {}
    # The 1 of f's own reciprocals may be an integer.
    ones: dict[tuple[Block, Node], Node] = {}
    if not any(node.op is divide and node.origin.derivative for node in nodes_of(graph.body)):
        return None
    for node in Live(graph).in_order():
        if node.op is not divide:
            continue
        above, below = node.args
        if is_constant(above, 1):
            ones[node.block, below] = above
        elif node.origin.derivative and _may_be_inverted(below) and _is_even(node):
            found.setdefault((node.block, below), []).append(node)
    quotients: dict[Node, Node] = {}
    for place, nodes in found.items():
        number = not size_of(place[1])
        enough = any(map(size_of, nodes)) if number else len(nodes) >= DIVISIONS
        if place in ones or enough:
            quotients.update(dict.fromkeys(nodes, ones.get(place, graph.constant(1.0))))
    return Reciprocals(graph, quotients) if quotients else None


def _is_even(quotient: Node) -> bool:
    """Whether the divisor is a number, or as long as the quotient."""
    return size_of(quotient.args[1]) in (0, size_of(quotient))


def _may_be_inverted(value: Node) -> bool:
    """Whether a product with the reciprocal is as good as a quotient."""
    kind = value.type
    if kind != FLOAT and not (isinstance(kind, Array) and kind.differentiable):
        return False
    bounds = bounds_of(value)
    return not is_constant(value) and (
        bounds.low >= AWAY_FROM_ZERO or bounds.high <= -AWAY_FROM_ZERO
    )
