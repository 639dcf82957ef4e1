"""Matrices that certainly have one shape, once f has computed with them.

That ``x @ w`` did not raise tells that ``x`` has as many columns as ``w`` has rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from chainrule.graph.block import Block
from chainrule.graph.classes import Classes
from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.arrays.lengths import Length
from chainrule.primitives.arrays.measured import lengths_of

PRODUCTS = ("matmul", "outer")
# So many of the matrices before a product are told, the last ones.
LATEST = 16
# So often what is known of lengths changes after the first product that it is looked at.
OFTEN = 32


def of_one_shape(block: Block) -> Iterator[tuple[Node, list[Node]]]:
    """Products of derivative code, each with the latest matrices of its type and shape."""
    if not any(_is_product(node) for node in block.steps):
        return
    known = _Shapes()
    for node in block.steps:
        if node.op.name == "matmul":
            left, right = map(lengths_of, node.args)
            known.learn(left[-1], right[-2] if len(right) > 1 else right[-1])
        if _is_matrix(node):
            if _is_product(node):
                yield node, known.alike(node)
            known.add(node)


class _Shapes:
    """Matrices by their types and shapes, as far as these have been met."""

    def __init__(self) -> None:
        self.met: Classes[Length] = Classes()
        self.made: dict[Hashable, list[Node]] = {}
        self.order: list[Node] = []
        self.stale = False
        self.sorted = 0

    def learn(self, one: Length, other: Length) -> None:
        """Take in that two lengths are the same."""
        if self.sorted < OFTEN and self.met.find(one) != self.met.find(other):
            self.met.join(one, other)
            self.stale = True

    def add(self, node: Node) -> None:
        """Take in a matrix."""
        self.order.append(node)
        self.made.setdefault(self._key(node), []).append(node)

    def alike(self, node: Node) -> list[Node]:
        """The latest matrices of the type and the shape of ``node``."""
        if self.stale:
            self.stale, self.sorted = False, self.sorted + 1
            self.made = {}
            for each in self.order:
                self.made.setdefault(self._key(each), []).append(each)
        return self.made.get(self._key(node), [])[-LATEST:]

    def _key(self, node: Node) -> Hashable:
        return node.type, tuple(map(self.met.find, lengths_of(node)))


def _is_matrix(node: Node) -> bool:
    axes = unit_axes_of(node.type)
    return isinstance(node.type, Array) and len(axes) == 2 and not any(axes)


def _is_product(node: Node) -> bool:
    return _is_matrix(node) and node.origin.derivative and node.op.name in PRODUCTS
