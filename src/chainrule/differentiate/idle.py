"""Forward loops that run for nothing but what their backward loops need of them.

In a sum over pairs of particles the way back can compute all again that the way forth computed.
The way forth is then left out, and nothing is recorded::

    for i in range(n):                          for i in reversed(range(n)):
        r_tape.append(x[i] - y)                     r = x[i] - y
    for i in reversed(range(n)):                    x_bar[i] += 2.0 * r
        x_bar[i] += 2.0 * r_tape[i]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.checks import answered_loop
from chainrule.graph.block import ITEM, Block, Graph
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, owned_blocks


def needed_otherwise(
    graph: Graph, owners: Mapping[Block, Node], answered: Collection[Node]
) -> set[Node]:
    """What results and effects need, other than values out of the bodies of forward loops.

    What the ``answered`` loops raise may be raised on the way back.
    """
    stack = list(graph.body.results)
    for step in all_steps(graph.body):
        if answered_loop(step, owners, answered) is not None:
            stack.extend(step.args)
            around = (owners[block] for block in step.block.around() if block in owners)
            stack.extend(arg for owner in around if owner.op is IF for arg in owner.args)
        elif step.op.effect:
            stack.append(step)
            stack.extend(owners[block] for block in step.block.around() if block in owners)
    found: set[Node] = set()
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found.add(node)
        if node.op is ITEM:
            stack.append(node.args[0])
            continue
        # A value in sight is none of a loop that this one answers.
        stack.extend(arg for arg in node.args if arg.block.encloses(node.block))
        for block in owned_blocks(node):
            stack.extend(result for result in block.results if result.block.encloses(block))
    return found
