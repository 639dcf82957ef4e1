"""Which lists certainly have the same number of entries."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from chainrule.graph.block import ITEM, PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.declare import is_constant
from chainrule.primitives.sequence import (
    append,
    as_tuple,
    copy,
    display,
    entrywise_add,
    fill_like,
    filled,
    index_add,
    index_set,
    length,
    zeros_like,
)

# What has as many entries as its first argument.
KEEPING = (as_tuple, copy, entrywise_add, fill_like, index_add, index_set, zeros_like)

Key = tuple[Hashable, ...]


class ListLengths:
    """Tells lists by their lengths: those with the same key are certainly as long."""

    def __init__(self, steps: Iterable[Node]) -> None:
        self._carried: dict[Node, tuple[Node, int]] = {}
        for step in steps:
            if step.op is LOOP:
                for k, parameter in enumerate(loop_parts(step)[2]):
                    if isinstance(parameter.type, Sequence):
                        self._carried[parameter] = (step, k)
        # Whether a state of a loop keeps its length, and the states of which that is being asked.
        self._kept: dict[Node, bool] = {}
        self._asked: set[Node] = set()

    def of(self, node: Node) -> Key:
        """The key of a list."""
        origin = self._origin(node)
        if origin.op is filled:
            return self.of_count(origin.args[0])
        if origin.op is display:
            return ("entries", len(origin.args))
        if origin.op is ITEM and origin.args[0].op is LOOP:
            loop, k = origin.args[0], _position(origin)
            if gathers(loop, k):
                count = count_of(loop)
                return ("steps", loop.serial) if count is None else self.of_count(count)
        return ("list", origin.serial)

    def of_count(self, count: Node) -> Key:
        """The key of lists that have ``count`` entries."""
        if count.op is length and isinstance(count.args[0].type, Sequence):
            return self.of(count.args[0])
        if is_constant(count):
            return ("entries", count.params[0])
        return ("count", count.serial)

    def _origin(self, node: Node) -> Node:
        """The earliest list that is certainly as long."""
        while True:
            if node.op in KEEPING:
                node = node.args[0]
            elif node.op is PARAMETER and node in self._carried:
                if node in self._asked or not self._keeps(node):
                    return node
                node = self._initial(node)
            elif node.op is ITEM and node.args[0].op is LOOP:
                states = loop_parts(node.args[0])[2]
                k = _position(node)
                if k >= len(states) or not self._keeps(states[k]):
                    return node
                node = self._initial(states[k])
            elif node.op is ITEM and node.args[0].op is IF:
                found = self._common(node)
                if found is None:
                    return node
                node = found
            else:
                return node

    def _initial(self, state: Node) -> Node:
        loop, k = self._carried[state]
        return loop_parts(loop)[1][k]

    def _keeps(self, state: Node) -> bool:
        """Whether each step hands on a list that is as long as the one it got."""
        if state not in self._carried:
            return False
        if state not in self._kept:
            loop, k = self._carried[state]
            self._asked.add(state)
            self._kept[state] = self._origin(next_states(loop)[k]) is state
            self._asked.discard(state)
        return self._kept[state]

    def _common(self, item: Node) -> Node | None:
        """The earliest list that all arms of a branch hand on."""
        position = _position(item)
        arms = [arm for arm in owned_blocks(item.args[0]) if arm.completes]
        found = {self._origin(arm.results[position]) for arm in arms}
        return found.pop() if len(found) == 1 else None


def _position(item: Node) -> int:
    return int(str(item.params[0]))


def gathers(loop: Node, k: int) -> bool:
    """Whether state ``k`` starts as an empty list and gets one entry in every step."""
    _, initial, states = loop_parts(loop)
    if k >= len(initial) or not _is_empty(initial[k]):
        return False
    grown = next_states(loop)[k]
    return grown.op is append and grown.args[0] is states[k] and grown.block is loop_body(loop)


def _is_empty(node: Node) -> bool:
    """Whether a list has no entries."""
    while node.op is zeros_like:
        node = node.args[0]
    return node.op is display and not node.args


def count_of(loop: Node) -> Node | None:
    """``n`` of a loop over the whole of ``range(n)``."""
    if loop.params[0] == "while" or loop.params[3]:
        return None
    start, stop, step = loop.args[:3]
    return stop if is_constant(start, 0) and is_constant(step, 1) else None
