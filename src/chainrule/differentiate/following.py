"""What follows from a truth: of the flags that were joined to it, where only one way leads there.

    done = done or s == 1.0             # in the arm where `done` does not hold
    if not done: ...                    # neither did it before, nor was s equal to 1

What is asked of a flag along all ways to it need not be asked where a way is known to be closed.
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.declare import is_constant

# The truth of a branch's predicate in its arms.
SIDED = (True, False)


def truth_in_arm(result: Node, branch: Node, side: bool) -> bool | None:
    """The truth of a branch's result where its predicate is ``side``; None where it is open."""
    if is_constant(result) and result.type == BOOL:
        return bool(result.params[0])
    return side if result is branch.args[0] else None


def following(predicate: Node, truth: bool) -> dict[Node, bool]:
    """The truths of all of which it is known where a predicate has this one."""
    found: dict[Node, bool] = {}
    waiting = [(predicate, truth)]
    while waiting:
        node, holds = waiting.pop()
        if node in found:
            continue
        found[node] = holds
        if node.op is arithmetic.logical_not:
            waiting.append((node.args[0], not holds))
        elif node.op is ITEM and node.args[0].op is IF and node.type == BOOL:
            branch, k = node.args[0], result_number(node)
            results = [arm.results[k] for arm in owned_blocks(branch)]
            sides = [
                (side, result)
                for side, result in zip(SIDED, results, strict=True)
                if truth_in_arm(result, branch, side) in (None, holds)
            ]
            if len(sides) == 1:
                side, result = sides[0]
                waiting += [(branch.args[0], side), (result, holds)]
    return found
