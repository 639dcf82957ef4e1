"""Squares of f's that only its derivative reads are products, which take a third of the time.

What is handed out as f's value, and what decides which path is taken, stays as it was written::

    gap = x1 - x0**2                          gap = x1 - x0 * x0

A product of two equal floats is the exact square rounded once, as the power is; it overflows to
infinity where the power raises.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Record, Sequence
from chainrule.primitives.arithmetic import equal, multiply, power, remainder
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, control, nodes_of
from chainrule.primitives.declare import Differential, Elementwise, Linear, Structured, is_constant
from chainrule.primitives.effect import DOMAIN


class OwnSquares(Copier):
    """A copy with products for such squares; ``values`` are what is handed out of f's own."""

    def __init__(self, source: Graph, values: Iterable[Node]) -> None:
        super().__init__(source)
        self.kept = Live(source, [*values, *_decisive(source)]).nodes

    def copy(self, step: Node) -> Node:
        """The product where only derivatives need the square."""
        if step in self.kept or not _is_square(step):
            return super().copy(step)
        base = self.mapped(step.args[0])
        new = self.graph.cursor.add(multiply, (base, base))
        self.map[step] = new
        self.named(step, new)
        return new


def squared(graph: Graph, values: Iterable[Node]) -> Graph:
    """The graph with products for such squares; itself where it has no square."""
    if not any(map(_is_square, nodes_of(graph.body))):
        return graph
    return OwnSquares(graph, values).run()


def _is_square(step: Node) -> bool:
    return (
        step.op is power
        and is_constant(step.args[1], 2)
        and step.type == FLOAT
        and step.args[0].type == FLOAT
        and not is_constant(step.args[0])
    )


def _decisive(graph: Graph) -> list[Node]:
    """Values by which paths, positions and effects are chosen, or whose last bit a jump feels."""
    found: list[Node] = []
    for node in nodes_of(graph.body):
        if isinstance(node.op, Structured):
            found += [step for step in control(node) if not _asks_for_zero(step)]
        elif node.op is not ITEM and not _is_smooth(node) and not _asks_for_zero(node):
            found += node.args
    return found


def _asks_for_zero(node: Node) -> bool:
    """Whether a derivative asks whether a value is 0: the square and the product are so alike."""
    return node.op is equal and is_constant(node.args[1], 0) and node.origin.derivative


def _is_smooth(node: Node) -> bool:
    """Whether what is a last bit of its arguments is about a last bit of the value."""
    if node.op is DOMAIN:
        # At the edge itself the exact square is as good.
        return True
    if node.op.effect or node.op is remainder:
        return False
    if isinstance(node.op, (Differential, Elementwise, Linear)) or isinstance(node.type, Record):
        return node.type.differentiable and not node.op.effect
    return isinstance(node.type, (Array, Sequence)) and node.type.differentiable
