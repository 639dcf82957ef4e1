"""Forward loops that run for nothing but what their backward loops need of them.

In a sum over pairs of particles the way back can compute all again that the way forth computed.
The way forth is then left out, and nothing is recorded::

    for i in range(n):                          for i in reversed(range(n)):
        r_tape.append(x[i] - y)                     r = x[i] - y
    for i in reversed(range(n)):                    x_bar[i] += 2.0 * r
        x_bar[i] += 2.0 * r_tape[i]
"""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.differentiate.activity import all_steps
from chainrule.graph.block import ITEM, Block, Graph
from chainrule.graph.node import Node
from chainrule.primitives.control import owned_blocks


def needed_otherwise(graph: Graph, owners: Mapping[Block, Node]) -> set[Node]:
    """What results and effects need, other than values out of the bodies of forward loops."""
    stack = list(graph.body.results)
    for step in all_steps(graph.body):
        if step.op.effect:
            stack.append(step)
            stack.extend(_around(step, owners))
    found: set[Node] = set()
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found.add(node)
        if node.op is ITEM:
            stack.append(node.args[0])
            continue
        stack.extend(arg for arg in node.args if _in_sight(arg, node.block))
        for block in owned_blocks(node):
            stack.extend(result for result in block.results if _in_sight(result, block))
    return found


def _around(step: Node, owners: Mapping[Block, Node]) -> list[Node]:
    found: list[Node] = []
    block: Block | None = step.block
    while block is not None:
        if block in owners:
            found.append(owners[block])
        block = block.parent
    return found


def _in_sight(node: Node, block: Block | None) -> bool:
    """Whether a value is one that ``block`` may use: not one of a loop that it answers."""
    while block is not None:
        if block is node.block:
            return True
        block = block.parent
    return False
