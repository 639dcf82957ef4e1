"""One inverse for several systems with one matrix.

``np.linalg.solve`` factors the matrix in every call.  Where derivative code solves more than one
system with a matrix, or its transpose, its inverse is made once and the solutions are products::

    solve(S.T, a) + solve(S.T, B) @ c        inv_S = inv(S);  inv_S.T @ a + inv_S.T @ B @ c
"""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.linear_algebra import flipped, inv, is_flipped, matmul, solve
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live

# So many vectors are worth an inverse: it takes three times what one of them does.
VECTORS = 3


class Inverses(Copier):
    """Copies a graph with solutions of derivative code as products with inverses."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        systems: dict[Node, list[Node]] = {}
        known: set[Node] = set()
        for node in sorted(Live(source).nodes, key=lambda node: node.serial):
            if node.op is inv:
                known.add(node.args[0])
            elif node.op is solve and node.origin.derivative and len(_axes(node.args[0])) == 2:
                systems.setdefault(_matrix_of(node), []).append(node)
        self.chosen = {
            node
            for matrix, nodes in systems.items()
            if matrix in known or _is_worth(nodes)
            for node in nodes
        }

    def copy(self, step: Node) -> Node:
        if step not in self.chosen:
            return super().copy(step)
        a, b = map(self.mapped, step.args)
        matrix = self.mapped(_matrix_of(step))
        inverse = inv(matrix)
        found = matmul(inverse if matrix is a else flipped(inverse), b)
        self.map[step] = found
        self.named(step, found)
        return found


def _axes(node: Node) -> tuple[bool, ...]:
    return unit_axes_of(node.type)


def _matrix_of(system: Node) -> Node:
    """The matrix of a system, or what that is the transpose of."""
    a = system.args[0]
    return a.args[0] if a.args and is_flipped(a, a.args[0]) else a


def _is_worth(nodes: list[Node]) -> bool:
    wide = any(len(_axes(node.args[1])) == 2 for node in nodes)
    return len(nodes) >= (2 if wide else VECTORS)


def several_systems(graph: Graph) -> Inverses | None:
    """The walk that shares inverses, if there is something to share."""
    walk = Inverses(graph)
    return walk if walk.chosen else None
