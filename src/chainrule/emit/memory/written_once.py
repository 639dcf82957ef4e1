"""Entries of an array of zeros that a loop adds to once: they are written.

    for i in range(n):                      for i in range(n):
        x_bar[i] += cos(x[i])                   x_bar[i] = cos(x[i])

No step comes back to an entry where the index of each loop around is a part of the place, and none
of them counts from the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.emit.dead import Needed
from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.primitives.apart import are_apart, place_of
from chainrule.primitives.arrays.creation import ZEROS
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_body,
    loop_parts,
    next_states,
    owned_blocks,
    step_of,
)
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.linear_forms import linear_form
from chainrule.primitives.sequence import index_add, zeros_like

# What a loop writes to, and the loops around.
Write = tuple[Node, tuple[Node, ...]]


def written_once(needed: Needed) -> set[Node]:
    """The additions to entries that are certainly zero."""
    if not any(node.op is index_add for node in needed.nodes):
        return set()
    walk = _Walk(needed)
    found: set[Node] = set()
    for loop in needed.nodes:
        for k in needed.columns.get(loop, ()) if loop.op is LOOP else ():
            if loop_parts(loop)[1][k].op in (*ZEROS, zeros_like):
                writes = walk.writes(loop, k, ())
                if writes and all(map(_fits, writes)) and _never_meet(writes):
                    found.update(write for write, _ in writes)
    return found


class _Walk:
    def __init__(self, needed: Needed) -> None:
        self.uses = needed.uses
        self.columns = needed.columns
        self.users: dict[Node, list[Node]] = {}
        for node in needed.nodes:
            for arg in node.args:
                self.users.setdefault(arg, []).append(node)

    def writes(self, loop: Node, k: int, around: tuple[Node, ...]) -> list[Write] | None:
        """All that is done to a state in a step; None where it is more than adding to entries."""
        if loop.params[0] == "while":
            return None
        state = loop_parts(loop)[2][k]
        # A state is also counted with the loop itself.
        return self._between(state, next_states(loop)[k], loop_body(loop), (*around, loop), 1)

    def _between(
        self, first: Node, last: Node, block: Block, around: tuple[Node, ...], elsewhere: int = 0
    ) -> list[Write] | None:
        """What a block does to ``first``, also used ``elsewhere``, until it is ``last``."""
        found: list[Write] = []
        current = first
        while current is not last:
            uses = self.uses[current] - (elsewhere if current is first else 0)
            users = self.users.get(current, [])
            here = [user for user in users if user.block is block]
            if not here:
                branch = self._branch(users, block)
                passed = None if branch is None else self._arms(current, branch, around, uses)
            elif len(here) == uses == 1:
                passed = self._passed(current, here[0], around)
            else:
                passed = None
            if passed is None:
                return None
            found += passed[0]
            current = passed[1]
        return found

    def _passed(
        self, current: Node, user: Node, around: tuple[Node, ...]
    ) -> tuple[list[Write], Node] | None:
        """What the only user of an array or a list does to it, and what it is then."""
        if user.op is index_add and user.origin.derivative:
            return None if current in user.args[1:] else ([(user, around)], user)
        if user.op is LOOP and current in loop_parts(user)[1]:
            position = loop_parts(user)[1].index(current)
            inner = self.writes(user, position, around)
            return None if inner is None else (inner, user.block.item(user, position))
        return None

    def _branch(self, users: Sequence[Node], block: Block) -> Node | None:
        """The branch of a block in whose arms something is used."""
        for user in users:
            arm: Block | None = user.block
            while arm is not None and arm.parent is not block:
                arm = arm.parent
            owner = None if arm is None else arm.owner
            if owner is not None and owner.op is IF:
                return owner
        return None

    def _arms(
        self, current: Node, branch: Node, around: tuple[Node, ...], uses: int
    ) -> tuple[list[Write], Node] | None:
        """What the arms of a branch do, each to what stood before it."""
        arms = [arm for arm in owned_blocks(branch) if arm.completes]
        if uses != len(arms):
            return None
        elsewhere = self.uses[current] - 1
        for k in sorted(self.columns.get(branch, ())):
            found = [self._between(current, arm.results[k], arm, around, elsewhere) for arm in arms]
            if None not in found:
                writes = [write for each in found for write in each or ()]
                return writes, branch.block.item(branch, k)
        return None


def _fits(write: Write) -> bool:
    """Whether writing gives what adding does: an array that a list holds takes numbers in."""
    step = write[0]
    kind = step.type
    while isinstance(kind, SequenceType):
        kind = kind.item
    return not isinstance(step.type, SequenceType) or step.args[-1].type == kind == FLOAT


def _never_meet(writes: Sequence[Write]) -> bool:
    """Whether no entry is written twice, in one step or in different ones."""
    places = [place_of(write) for write, _ in writes]
    apart = all(are_apart(place, other) for k, place in enumerate(places) for other in places[:k])
    return apart and all(
        any(_tells_steps_apart(position, loop) for position in write.args[1:-1])
        for write, around in writes
        for loop in around
    )


def _tells_steps_apart(position: Node, loop: Node) -> bool:
    """Whether a position is another one in each step of a loop, and none is below 0."""
    (start, stop, _), step = loop_parts(loop)[0], step_of(loop)
    distance = linear_form(position) - linear_form(loop_body(loop).parameters[0])
    lowest = start if step is not None and step > 0 else stop
    if step is None or distance.terms or not is_constant(lowest):
        return False
    least = constant_value(lowest)
    return isinstance(least, int) and least + (step < 0) + distance.constant >= 0
