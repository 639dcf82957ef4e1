"""Values of f's whose last bit matters, though derivatives alone are handed out."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array, Record, Sequence
from chainrule.primitives.arithmetic import equal, remainder
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.cost import Live, control, nodes_of
from chainrule.primitives.declare import Differential, Elementwise, Linear, Structured, is_constant
from chainrule.primitives.effect import DOMAIN


def exact(graph: Graph, values: Iterable[Node]) -> set[Node]:
    """What ``values`` that are handed out, and the decisive ones, are made of."""
    return _Exact(graph, [*values, *decisive(graph)]).nodes


class _Exact(Live):
    """What no bit may change of: of an array whose length alone is read, nothing."""

    def process(self, node: Node) -> None:
        """Mark what ``node`` is made of."""
        if node.op is dimension:
            self.place(node)
        else:
            super().process(node)


def decisive(graph: Graph) -> list[Node]:
    """Values by which paths, positions and effects are chosen, or whose last bit a jump feels."""
    found: list[Node] = []
    for node in nodes_of(graph.body):
        if isinstance(node.op, Structured):
            found += [step for step in control(node) if not _asks_for_zero(step)]
        elif node.op not in (ITEM, dimension) and not (_is_smooth(node) or _finds_extremes(node)):
            found += node.args
    return found


def _asks_for_zero(node: Node) -> bool:
    """Whether a derivative asks whether a value is 0: in whatever words it is the same."""
    return node.op is equal and is_constant(node.args[1], 0) and node.origin.derivative


def _finds_extremes(node: Node) -> bool:
    """Whether derivative code looks where an extreme is, which was found in the same numbers.

    How many there are is counted from that.
    """
    if not node.origin.derivative:
        return False
    mask = node if node.op is equal or not node.args else node.args[0]
    return mask.op is equal and mask.origin.derivative


def _is_smooth(node: Node) -> bool:
    """Whether what is a last bit of its arguments is about a last bit of the value."""
    if node.op is DOMAIN:
        # At the edge itself the exact square is as good.
        return True
    if node.op.effect or node.op is remainder:
        return False
    if isinstance(node.op, (Differential, Elementwise, Linear)) or isinstance(node.type, Record):
        return node.type.differentiable and not node.op.effect
    if isinstance(node.op, ArrayCall) and node.type == FLOAT:
        return True
    return isinstance(node.type, (Array, Sequence)) and node.type.differentiable
