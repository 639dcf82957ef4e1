"""Squares and sums of products of f's that only its derivative reads, in less time.

What is handed out as f's value, and what decides which path is taken, stays as it was written::

    gap = x1 - x0**2                          gap = x1 - x0 * x0
    distances = np.sum(gaps**2, axis=2)       distances = np.einsum("ijk,ijk->ij", gaps, gaps)

A product of two equal floats is the exact square rounded once, as the power is; it overflows to
infinity where the power raises.  A sum along an axis without the array of products in between
takes half the time and half the memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, unit_axes_of
from chainrule.primitives.arithmetic import multiply, power
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.declare import (
    TABLE,
    is_constant,
)
from chainrule.simplify.contractions import contracted
from chainrule.simplify.decisive import exact


class OwnSquares(Copier):
    """A copy with such squares and sums; ``values`` are what is handed out of f's own."""

    def __init__(self, source: Graph, values: Iterable[Node]) -> None:
        super().__init__(source)
        live = Live(source)
        self.kept = exact(source, values)
        self.uses = Counter(arg for node in live.nodes for arg in node.args)

    def copy(self, step: Node) -> Node:
        """The product, or the sum in one pass, where only derivatives need the value."""
        new = None
        if step not in self.kept:
            new = self._square(step) if _is_square(step) else self._sum(step)
        if new is None:
            return super().copy(step)
        self.map[step] = new
        self.named(step, new)
        return new

    def _square(self, step: Node) -> Node:
        base = self.mapped(step.args[0])
        return self.graph.cursor.add(multiply, (base, base))

    def _sum(self, step: Node) -> Node | None:
        if not _is_sum_of_products(step) or self.uses[step.args[0]] != 1:
            return None
        factors = [arg for arg in step.args[0].args if unit_axes_of(arg.type)]
        one, other = map(self.mapped, (factors[0], factors[-1]))
        axis, keepdims, *_ = step.params
        found = contracted(self.graph.cursor.add(multiply, (one, other)), axis, keepdims=False)
        if found is None or not keepdims:
            return found
        rank = len(unit_axes_of(step.type))
        gone = axes_of(axis, rank)
        # x[:, None]
        letters = "".join("n" if k in gone else "s" for k in range(rank))
        bounds = [self.graph.constant(None)] * (3 * letters.count("s"))
        return self.graph.cursor.add(section, (found, *bounds), (letters,))


def squared(graph: Graph, values: Iterable[Node]) -> Graph:
    """The graph with less work for such squares and sums; itself where it has none."""
    if not any(_is_square(step) or _is_sum_of_products(step) for step in nodes_of(graph.body)):
        return graph
    return OwnSquares(graph, values).run()


def _is_sum_of_products(step: Node) -> bool:
    """Whether f itself adds up products, or squares, along some of the axes of an array."""
    if step.op is not array_sum or step.origin.derivative or step.params[0] is None:
        return False
    (inner,) = step.args
    if not isinstance(inner.type, Array) or inner.type.dtype != "float64":
        return False
    if inner.op is multiply:
        return all(unit_axes_of(arg.type) for arg in inner.args)
    square = inner.op is power and is_constant(inner.args[1], 2)
    return square or inner.op is TABLE["square"]


def _is_square(step: Node) -> bool:
    return (
        step.op is power
        and is_constant(step.args[1], 2)
        and step.type == FLOAT
        and step.args[0].type == FLOAT
        and not is_constant(step.args[0])
    )
