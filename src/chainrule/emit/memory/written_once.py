"""Entries of an array of zeros that a loop adds to once: they are written.

    for i in range(n):                      for i in range(n):
        x_bar[i] += cos(x[i])                   x_bar[i] = cos(x[i])

No step comes back to an entry where the index of each loop around is a part of the place, and none
of them counts from the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.emit.dead import Needed
from chainrule.graph.node import Node
from chainrule.primitives.apart import are_apart, place_of
from chainrule.primitives.arrays.creation import ZEROS
from chainrule.primitives.control import LOOP, loop_body, loop_parts, next_states, step_of
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
                if writes and _never_meet(writes):
                    found.update(write for write, _ in writes)
    return found


class _Walk:
    def __init__(self, needed: Needed) -> None:
        self.uses = needed.uses
        self.user = {arg: node for node in needed.nodes for arg in node.args}

    def writes(self, loop: Node, k: int, around: tuple[Node, ...]) -> list[Write] | None:
        """All that is done to a state in a step; None where it is more than adding to entries."""
        if loop.params[0] == "while":
            return None
        around, last = (*around, loop), next_states(loop)[k]
        state = current = loop_parts(loop)[2][k]
        found: list[Write] = []
        # A state is also counted with the loop itself.
        while self.uses[current] == (2 if current is state else 1):
            if current is last:
                return found
            user = self.user.get(current)
            if user is None or user.block is not loop_body(loop):
                return None
            if user.op is index_add and user.origin.derivative:
                if current in user.args[1:]:
                    return None
                found.append((user, around))
                current = user
            elif user.op is LOOP and current in loop_parts(user)[1]:
                position = loop_parts(user)[1].index(current)
                inner = self.writes(user, position, around)
                if inner is None:
                    return None
                found += inner
                current = user.block.item(user, position)
            else:
                return None
        return None


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
