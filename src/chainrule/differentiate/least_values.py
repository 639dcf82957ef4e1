"""Values behind a search that are those which it has compared, at what it has found.

    while h > 1e-9:
        if f(x + h, p) < f(x, p):
            x += h
        ...
    return f(x, p)

Where x is least f is flat by x: by p the value has the slope of f alone, whatever that of x is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, Array, dtype_of
from chainrule.primitives.control import owned_blocks

NOTHING: Mapping[Node, Node] = {}


def least_values(
    graph: Graph,
    asked: Iterable[Node],
    body: Block,
    felt: Collection[Node],
    given: Mapping[Node, Node] = NOTHING,
) -> set[Node]:
    """What is computed outside of a loop's body as the numbers are that it asks for in there.

    ``given`` are the arguments that parameters of the body are.
    """
    compared = [node for node in asked if inside(node, body) and node in felt]
    tops = [arg for node in asked if _is_truth(node) for arg in node.args if arg in felt]
    compared = [node for node in tops if inside(node, body)] or compared
    return {
        step
        for step in all_steps(graph.body)
        if step in felt and not inside(step, body)
        if any(are_alike(step, node, felt, given) for node in compared)
    }


def _is_truth(node: Node) -> bool:
    type = node.type
    return type == BOOL or (isinstance(type, Array) and dtype_of(type) == "bool")


def are_alike(
    one: Node, other: Node, felt: Collection[Node], given: Mapping[Node, Node] = NOTHING
) -> bool:
    """Whether two values are one function of what is felt, at two places that are not."""
    met: set[tuple[Node, Node]] = set()
    stack = [(one, other)]
    while stack:
        first, second = stack.pop()
        if first is given.get(second, second) or (first, second) in met:
            continue
        met.add((first, second))
        if first not in felt or second not in felt:
            if first in felt or second in felt:
                return False
            continue
        shapes = [
            (node.op, len(node.args), [p for p in node.params if not isinstance(p, Block)])
            for node in (first, second)
        ]
        if shapes[0] != shapes[1]:
            return False
        stack.extend(zip(first.args, second.args, strict=True))
        for block, twin in zip(owned_blocks(first), owned_blocks(second), strict=True):
            if len(block.results) != len(twin.results) or block.completes != twin.completes:
                return False
            stack.extend(zip(block.results, twin.results, strict=True))
    return True
