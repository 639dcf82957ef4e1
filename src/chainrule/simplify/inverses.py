"""One inverse for several systems with one matrix.

``np.linalg.solve`` factors the matrix in every call.  Where derivative code solves more than one
system with a matrix, or its transpose, its inverse is made once and the solutions are products::

    solve(S.T, a) + solve(S.T, B) @ c        inv_S = inv(S);  inv_S.T @ a + inv_S.T @ B @ c

So are f's own solutions, where neither f's value is handed out nor a path depends on them.
"""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import Record, Sequence, unit_axes_of
from chainrule.primitives.arrays.linear_algebra import flipped, inv, is_flipped, matmul, solve
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.simplify.decisive import exact

# So many vectors are worth an inverse: it takes three times what one of them does.
VECTORS = 3


class Inverses(Copier):
    """Copies a graph with solutions of derivative code as products with inverses."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        # The inverses that stand beside their matrices.
        self.made: dict[Node, Node] = {}
        systems: dict[Node, list[Node]] = {}
        known: set[Node] = set()
        for node in sorted(Live(source).nodes, key=lambda node: node.serial):
            if node.op is inv:
                known.add(node.args[0])
            elif node.op is solve and len(_axes(node.args[0])) == 2:
                systems.setdefault(_matrix_of(node), []).append(node)
        if any(not node.origin.derivative for nodes in systems.values() for node in nodes):
            # What results are put together of stands beside them.
            own = [
                node
                for node in source.body.results
                if not (node.origin.derivative or isinstance(node.type, (Record, Sequence)))
            ]
            kept = exact(source, own)
            systems = {
                matrix: [node for node in nodes if node.origin.derivative or node not in kept]
                for matrix, nodes in systems.items()
            }
        self.chosen = {
            node
            for matrix, nodes in systems.items()
            if matrix in known or (_is_worth(nodes) and any(n.origin.derivative for n in nodes))
            for node in nodes
        }

    def copy(self, step: Node) -> Node:
        known = self.made.get(step.args[0]) if step.op is inv else None
        if step not in self.chosen and known is None:
            copied = super().copy(step)
            if step.op is inv and step.block is step.args[0].block:
                self.made[step.args[0]] = copied
            return copied
        found = self._product(step) if known is None else known
        self.map[step] = found
        self.named(step, found)
        return found

    def _product(self, step: Node) -> Node:
        """The solution of a system by the inverse of its matrix."""
        a, b = map(self.mapped, step.args)
        old = _matrix_of(step)
        matrix = self.mapped(old)
        inverse = self.made.get(old)
        if inverse is None:
            inverse = inv(matrix)
        if inverse.block is matrix.block:
            # Wherever the matrix is, its inverse is too, in the way back through a loop as well.
            self.made[old] = inverse
        found: Node = matmul(inverse if matrix is a else flipped(inverse), b)
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
    if not any(node.op is solve for node in nodes_of(graph.body)):
        return None
    walk = Inverses(graph)
    return walk if walk.chosen else None
