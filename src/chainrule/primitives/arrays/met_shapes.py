"""Matrices that certainly have one shape, once f has computed with them.

That ``x @ w`` did not raise tells that ``x`` has as many columns as ``w`` has rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.block import Block
from chainrule.graph.classes import Classes
from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.arrays.lengths import Length
from chainrule.primitives.arrays.measured import lengths_of

PRODUCTS = ("matmul", "outer")


def of_one_shape(block: Block) -> Iterator[tuple[Node, list[Node]]]:
    """Products of derivative code, each with the matrices of its type and shape before it."""
    if not any(_is_product(node) for node in block.steps):
        return
    met: Classes[Length] = Classes()
    made: list[Node] = []
    for node in block.steps:
        if node.op.name == "matmul":
            left, right = map(lengths_of, node.args)
            met.join(left[-1], right[-2] if len(right) > 1 else right[-1])
        if _is_matrix(node):
            if _is_product(node):
                shape = _shape(node, met)
                alike = [each for each in made if each.type == node.type]
                yield node, [each for each in alike if _shape(each, met) == shape]
            made.append(node)


def _is_matrix(node: Node) -> bool:
    axes = unit_axes_of(node.type)
    return isinstance(node.type, Array) and len(axes) == 2 and not any(axes)


def _is_product(node: Node) -> bool:
    return _is_matrix(node) and node.origin.derivative and node.op.name in PRODUCTS


def _shape(node: Node, met: Classes[Length]) -> tuple[Length, ...]:
    return tuple(map(met.find, lengths_of(node)))
