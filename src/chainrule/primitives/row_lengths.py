"""How many entries the lists have that a list of lists holds, where that is known.

A matrix that every step of a loop makes anew keeps its number of columns::

    T = [[1.0, 0.0], [0.0, 1.0]]
    for R in rotations:
        T = [[a * R[0] + b * R[1], b * R[0] - a * R[1]] for a, b in T]
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from chainrule.graph.block import ITEM, PARAMETER, UNDEFINED, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_parts,
    next_states,
    owned_blocks,
    state_sources,
)
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.list_lengths import count_of, gathers
from chainrule.primitives.sequence import (
    append,
    as_tuple,
    backwards,
    concatenate,
    copy,
    display,
    filled,
    index,
    index_add,
    index_set,
    length,
    slice_of,
    zeros_like,
)

# There are no such lists: they have any number of entries.
ANY: Final = -1
# What has the entries of its first argument, or as many; and what has some of them.
KEEPING = (as_tuple, backwards, copy, index_add, zeros_like)
SOME = (slice_of,)
# A graph whose values hang together in more ways is not asked further.
MOST_ASKED = 2000

# A value, and how deep in it the lists are: 0 is itself, 1 are its entries.
_Asked = tuple[Node, int]


def shortest_of(lengths: int) -> str:
    """How the smallest of several lengths is written."""
    return f"min({', '.join(f'_{k}_' for k in range(lengths))})"


class RowLengths:
    """Tells the length of the lists at a depth of a list: None where it is not known."""

    def __init__(self) -> None:
        # What is known, and what is taken to be true of states while their loops are looked at.
        self._known: dict[_Asked, int | None] = {}
        self._assumed: dict[_Asked, int] = {}
        self._asked = 0

    def of(self, node: Node, depth: int = 0) -> int | None:
        """The number of entries that all lists at ``depth`` of ``node`` have."""
        found = self._ask(node, depth)
        return None if found == ANY else found

    def count(self, node: Node) -> int | None:
        """The value of a constant, a length, or the smallest of several."""
        if is_constant(node):
            value = constant_value(node)
            return value if type(value) is int else None
        if node.op is length:
            return self.of(node.args[0])
        if node.op is VERBATIM and node.params[0] == shortest_of(len(node.args)):
            counts = list(map(self.count, node.args))
            known = [count for count in counts if count is not None]
            return min(known) if len(known) == len(counts) else None
        return None

    def _ask(self, node: Node, depth: int) -> int | None:
        key = node, depth
        if key in self._assumed:
            return self._assumed[key]
        if key not in self._known:
            self._asked += 1
            found = self._found(node, depth) if self._asked < MOST_ASKED else None
            if self._assumed:
                # It holds as long as what is assumed.
                return found
            self._known[key] = found
        return self._known[key]

    def _found(self, node: Node, depth: int) -> int | None:
        """Walks back through the versions of a list, each of which has changed an entry."""
        asked = node
        found: int | None = ANY
        while found is not None:
            if node.op is append and depth:
                found = _joined(found, self._ask(node.args[1], depth - 1))
            elif node.op is index_set:
                *path, value = node.args[1:]
                if depth >= len(path):
                    found = _joined(found, self._ask(value, depth - len(path)))
            elif node.op is index:
                depth += len(node.args) - 1
            elif node.op not in KEEPING and not (depth and node.op in SOME):
                made = self._made(node, depth) if node is asked else self._ask(node, depth)
                return _joined(found, made)
            node = node.args[0]
        return None

    def _made(self, node: Node, depth: int) -> int | None:
        """The same of what is no version of another list."""
        if node.op is display:
            return self._common(node.args, depth - 1) if depth else len(node.args)
        if node.op is concatenate and depth:
            return self._common(node.args, depth)
        if node.op is filled and not depth:
            return self.count(node.args[0])
        if node.op is UNDEFINED:
            return ANY
        if node.op is PARAMETER and node.block.owner is not None:
            return self._state(node, node.block.owner, depth)
        if node.op is ITEM:
            return self._result(node, depth)
        return None

    def _common(self, nodes: Iterable[Node], depth: int) -> int | None:
        """What the lists at ``depth`` of several values have in common."""
        found: int | None = ANY
        for node in nodes:
            found = _joined(found, self._ask(node, depth))
        return found

    def _result(self, item: Node, depth: int) -> int | None:
        """The same of a result of a branch or a loop."""
        owner, k = item.args[0], result_number(item)
        if owner.op is IF:
            arms = [arm.results[k] for arm in owned_blocks(owner) if arm.completes]
            return self._common(arms, depth)
        if owner.op is not LOOP:
            return None
        _, _, states = loop_parts(owner)
        if not depth and gathers(owner, k):
            count = count_of(owner)
            return None if count is None else self.count(count)
        held = self._ask(states[k], depth)
        return held if held is None else _joined(held, self._ask(next_states(owner)[k], depth))

    def _state(self, state: Node, loop: Node, depth: int) -> int | None:
        """The same of what a loop carries: the most that agrees with itself."""
        sources = state_sources(state, loop)
        if not sources:
            return None
        key = state, depth
        assumed = self._ask(sources[0], depth)
        while assumed is not None:
            self._assumed[key] = assumed
            found = _joined(assumed, self._ask(sources[1], depth))
            del self._assumed[key]
            if found == assumed:
                break
            assumed = found
        return assumed


def known_counts(nodes: Collection[Node]) -> dict[Node, float | None]:
    """The lengths of lists that are asked for among these and are known as numbers.

    Those that end loops tell over what these run.
    """
    ends = {arg for node in nodes if node.op in (LOOP, VERBATIM) for arg in node.args}
    lists = RowLengths()
    asked = [node for node in nodes if node.op is length and node not in ends]
    counts = {node: lists.count(node) for node in asked}
    return {node: count for node, count in counts.items() if count is not None}


def _joined(left: int | None, right: int | None) -> int | None:
    """What holds of lists of both kinds."""
    if left == ANY:
        return right
    return left if right in (ANY, left) else None
