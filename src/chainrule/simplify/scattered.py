"""Adjoints that are zero but for a part, which only sums take: that is added at its place.

The way back of ``y[:-1]``, of which several values are computed, leaves zeros with something
written in.  No array of them is made::

    part = np.zeros_like(y)                 head = x_bar * slope
    part[:-1] = x_bar * slope               y_bar[:-1] += head
    y_bar += part                           k_bar[:-1] += h * head
    k_bar += h * part
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainrule.graph.node import Node, Op
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.indexing import section_add, section_set
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.sequence import index_add, index_set

# What is written into zeros is added elsewhere by these.
WRITES: dict[Op, Op] = {index_set: index_add, index_add: index_add, section_set: section_add,
                        section_add: section_add}  # fmt: skip


class Scattered:
    """The parts among ``nodes`` that nothing needs as arrays."""

    def __init__(self, nodes: Iterable[Node], uses: Mapping[Node, int]) -> None:
        self.uses = uses
        self.readers: dict[Node, list[Node]] = {}
        for node in nodes:
            for arg in node.args:
                self.readers.setdefault(arg, []).append(node)
        self._known: dict[Node, bool] = {}

    def is_added(self, node: Node) -> bool:
        """Whether all that needs ``node`` adds it, or a multiple of it, to another array."""
        if node not in self._known:
            readers = self.readers.get(node, ())
            self._known[node] = len(readers) == self.uses.get(node) and all(
                any(part is node for _, part in sums(reader))
                or (_multiple_of(reader) is node and self.is_added(reader))
                for reader in readers
            )
        return self._known[node]


def multiples(node: Node) -> list[Node] | None:
    """The part that ``node`` is a multiple of, and the multiples of it, the last one ``node``."""
    line = [node]
    while not is_part(line[-1]):
        inner = _multiple_of(line[-1])
        if inner is None:
            return None
        line.append(inner)
    return line[::-1]


def is_part(node: Node) -> bool:
    """Whether ``node`` is zeros with something written in."""
    if node.op not in WRITES or not node.origin.derivative:
        return False
    zeros = node.args[0]
    return zeros.op.name == "array_zeros_like" and zeros.origin.derivative


def sums(step: Node) -> list[tuple[Node, Node]]:
    """The arguments of a sum of arrays, as what the other may be added to at its place."""
    if step.op not in (add, subtract) or not step.origin.derivative:
        return []
    pairs = [step.args] if step.op is subtract else [step.args, step.args[::-1]]
    return [
        (other, part)
        for other, part in pairs
        if other is not part
        and part.block is step.block
        and other.origin.derivative
        and other.type == part.type == step.type
        and lengths_of(other) == lengths_of(step)
    ]


def _multiple_of(node: Node) -> Node | None:
    """The array that ``node`` is some number of times, in the same block."""
    if not node.origin.derivative:
        return None
    found: Node | None = None
    if node.op is negative:
        found = node.args[0]
    elif node.op is multiply and not unit_axes_of(node.args[0].type):
        found = node.args[1]
    elif node.op in (multiply, divide) and not unit_axes_of(node.args[1].type):
        found = node.args[0]
    alike = found is not None and found.block is node.block and found.type == node.type
    return found if alike else None
