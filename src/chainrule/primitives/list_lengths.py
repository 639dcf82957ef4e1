"""Which lists certainly have the same number of entries."""

from __future__ import annotations

from collections.abc import Hashable

from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence
from chainrule.primitives.columns import records_of
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    state_sources,
)
from chainrule.primitives.declare import is_constant
from chainrule.primitives.effect import VERBATIM
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
WRITES = (index_add, index_set)
KEEPING = (as_tuple, copy, entrywise_add, fill_like, *WRITES, zeros_like)

# The test whether two lists differ in length.
DIFFERENT = "len(_0_) != len(_1_)"

Key = tuple[Hashable, ...]


class ListLengths:
    """Tells lists by their lengths: those with the same key are certainly as long."""

    def __init__(self) -> None:
        # Whether a state of a loop keeps its length, and the states of which that is being asked.
        self._kept: dict[Node, bool] = {}
        self._asked: set[Node] = set()
        # The origins of what branches hand on, by what is being asked.
        self._origins: dict[tuple[Node, frozenset[Node]], Node | None] = {}
        # Keys of states that steps hand on as other lists that are as long, and those of states
        # of which that is being asked.
        self._keys: dict[Node, Key | None] = {}
        self._supposed: dict[Node, Key] = {}
        # Keys of lists that are as long as others, else the code has raised.
        self._checked: dict[Key, Key] = {}

    def learn(self, branch: Node) -> None:
        """Take in what a branch at the beginning checks."""
        test = branch.args[0]
        if test.params[:1] == (DIFFERENT,) and not owned_blocks(branch)[0].completes:
            given, like = map(self.of, test.args)
            if given != like:
                self._checked[given] = like

    def of(self, node: Node) -> Key:
        """The key of a list."""
        key = self._of(node)
        return self._checked.get(key, key)

    def _of(self, node: Node) -> Key:
        origin = self.origin(node)
        if origin.op is filled:
            return self.of_count(origin.args[0])
        if origin.op is display:
            return ("entries", len(origin.args))
        if origin.op is VERBATIM and origin.params[0] == "_0_" and origin.args[0].op is CONSTANT:
            # The letters of a word.
            return ("entries", len(str(origin.args[0].params[0])))
        if origin.op is ITEM and origin.args[0].op is LOOP:
            loop = origin.args[0]
            if gathers(loop, result_number(origin)):
                count = count_of(loop)
                return ("steps", loop.serial) if count is None else self.of_count(count)
        if (key := self._of_state(origin)) is not None:
            return key
        records = records_of(origin)
        return ("list", (origin if records is None else records).serial)

    def _of_state(self, node: Node) -> Key | None:
        """The key that a list enters a loop with, if each step hands on one with the same."""
        state = node
        if node.op is ITEM and node.args[0].op is LOOP:
            state = loop_parts(node.args[0])[2][result_number(node)]
        loop = state.block.owner if state.op is PARAMETER else None
        of = () if loop is None else state_sources(state, loop)
        if not of:
            return None
        if state in self._supposed:
            return self._supposed[state]
        if state not in self._keys:
            key = self._supposed[state] = self.of(of[0])
            found = key if self.of(of[1]) == key else None
            del self._supposed[state]
            if self._supposed:
                # It may rest on what is supposed of a loop around.
                return found
            self._keys[state] = found
        return self._keys[state]

    def of_count(self, count: Node) -> Key:
        """The key of lists that have ``count`` entries."""
        if count.op is length and isinstance(count.args[0].type, Sequence):
            return self.of(count.args[0])
        if is_constant(count):
            return ("entries", count.params[0])
        return ("count", count.serial)

    def origin(self, node: Node) -> Node:
        """The earliest list that is certainly as long."""
        while True:
            before = node.args[0] if node.op in KEEPING else self._handed_on(node)
            if before is None:
                return node
            node = before

    def written(self, node: Node) -> Node | None:
        """The list before a write, or before a loop or a branch that keeps its length."""
        return node.args[0] if node.op in WRITES else self._handed_on(node)

    def _handed_on(self, node: Node) -> Node | None:
        """What control flow hands on, as long as it was, under another name."""
        state = node
        if node.op is ITEM:
            owner = node.args[0]
            if owner.op is IF:
                return self._of_branches(node)
            if owner.op is not LOOP:
                return None
            state = loop_parts(owner)[2][result_number(node)]
        loop = state.block.owner if state.op is PARAMETER else None
        of = () if loop is None else state_sources(state, loop)
        if not of or state in self._asked or not self._keeps(state, of[1]):
            return None
        return of[0]

    def _of_branches(self, node: Node) -> Node | None:
        """The list that is as long as what each arm of a branch hands on."""
        key = node, frozenset(self._asked)
        if key not in self._origins:
            found = {
                self.origin(arm.results[result_number(node)])
                for arm in owned_blocks(node.args[0])
                if arm.completes
            }
            self._origins[key] = found.pop() if len(found) == 1 else None
        return self._origins[key]

    def _keeps(self, state: Node, following: Node) -> bool:
        """Whether each step hands on a list that is as long as the one it got."""
        if state not in self._kept:
            self._asked.add(state)
            self._kept[state] = self.origin(following) is state
            self._asked.discard(state)
        return self._kept[state]


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
