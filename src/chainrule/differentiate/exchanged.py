"""States of a loop that only change places: each begins as another, and stays one of them.

while x > y:
    x, y = y, x
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import ITEM, PARAMETER, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, LOOP, loop_parts, next_states, owned_blocks

# Where a step has more ways through its branches it is not looked into.
MOST_WAYS = 50


def begun_as(first: Node, other: Node) -> tuple[Node, ...]:
    """What two different states of a loop may be, both of them never the same; empty if unknown."""
    loop = _loop_of(first)
    if loop is None or loop is not _loop_of(other):
        return ()
    _, initial, states = loop_parts(loop)
    found = dict.fromkeys(_number(each, states) for each in (first, other))
    if len(found) < 2:
        return ()
    while True:
        sources = _sources([next_states(loop)[k] for k in found], states)
        if sources is None:
            return ()
        if sources <= found.keys():
            return tuple(initial[k] for k in found)
        found.update(dict.fromkeys(sorted(sources)))


def _loop_of(node: Node) -> Node | None:
    owner = node.args[0] if node.op is ITEM else None
    if node.op is PARAMETER:
        owner = node.block.owner
        if owner is None or owner.op is not LOOP or node not in loop_parts(owner)[2]:
            return None
    return owner if owner is not None and owner.op is LOOP else None


def _number(node: Node, states: Sequence[Node]) -> int:
    return result_number(node) if node.op is ITEM else states.index(node)


def _sources(values: list[Node], states: Sequence[Node]) -> set[int] | None:
    """The states that these are on any way; None where one is none, or two are the same."""
    found: set[int] = set()
    ways = [values]
    for _ in range(MOST_WAYS):
        if not ways:
            return found
        way = ways.pop()
        branches = [each.args[0] for each in way if each.op is ITEM and each.args[0].op is IF]
        if branches:
            # The last one first, as it may hand on what those before have given.
            last = max(branches, key=lambda branch: branch.serial)
            arms = [arm for arm in owned_blocks(last) if arm.completes]
            ways += [[_in_arm(each, last, arm.results) for each in way] for arm in arms]
            continue
        if len({*way}) < len(way) or not {*way} <= {*states}:
            return None
        found.update(map(states.index, way))
    return None


def _in_arm(value: Node, branch: Node, results: Sequence[Node]) -> Node:
    taken = value.op is ITEM and value.args[0] is branch
    return results[result_number(value)] if taken else value
