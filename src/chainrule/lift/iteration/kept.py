"""What a loop carries of the kind that a name is not of stays as it was, and is not read.

What an arm of a branch in the loop has made is there after it in that arm alone, so that the other
arms have to say what the next step gets::

    if o_is_object:                     x_1 = 3 * y if o_is_object else x
        o = A(3 * o.y)
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import ITEM, UNDEFINED, Block, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, owned_blocks


def kept_or_made(results: Sequence[Node], states: Sequence[Node], body: Block) -> list[Node]:
    """What a step leaves in the states of a loop, and where it leaves nothing what was there.

    Without that a variable would be unbound where it is handed on to the next step.
    """
    return [_kept_or_made(*pair, body) for pair in zip(results, states, strict=True)]


def _kept_or_made(result: Node, parameter: Node, body: Block) -> Node:
    found = _brought_out(result, parameter, body)
    waiting, seen = [found], {found}
    while waiting:
        value = waiting.pop()
        if value.op is not ITEM or value.args[0].op is not IF or not body.encloses(value.block):
            continue
        k = result_number(value)
        for arm in owned_blocks(value.args[0]):
            if not arm.completes:
                continue
            given = arm.results[k]
            kept = parameter if given.op is UNDEFINED else _brought_out(given, parameter, arm)
            if kept is not given:
                arm.results = (*arm.results[:k], kept, *arm.results[k + 1 :])
            if kept not in seen:
                seen.add(kept)
                waiting.append(kept)
    return found


def _brought_out(value: Node, otherwise: Node, block: Block) -> Node:
    """What an arm within a block has made, and something else where another arm is taken."""
    while value.block is not block and block.encloses(value.block):
        owner = value.block.owner
        if owner is None or owner.op is not IF:
            return value
        home = owner.block
        arms = []
        for arm in owned_blocks(owner):
            made = Block(block.graph, home)
            made.results = (value if arm is value.block else otherwise,)
            arms.append(made)
        value = home.item(home.add(IF, owner.args, (*arms, "statement")), 0)
    return value
