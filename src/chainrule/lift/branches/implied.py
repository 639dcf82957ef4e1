"""What follows from conditions: where a flag that only one arm sets is not set, it was the other.

if isinstance(r, tuple):            returned = True if r_is_tuple else False
    return r[0]
...                                 # here r is no tuple
"""

from __future__ import annotations

from typing import Any, cast

from chainrule.graph.block import CONSTANT, ITEM, result_number
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL
from chainrule.lift.kinds import is_both
from chainrule.lift.state import State
from chainrule.lift.values import Fact
from chainrule.primitives.arithmetic import logical_not
from chainrule.primitives.control import IF, owned_blocks

# Key of the state: what branches gave on this path, where it is not known yet by which arm.
OPEN = Fact(cast(Any, "open"))
Known = tuple[Node, bool]


def learn(state: State, predicate: Node, holds: bool) -> None:
    """Note in the state of a path that a condition holds there or not, and what follows."""
    waiting = [(predicate, holds)]
    while waiting:
        found, truth = waiting.pop()
        while found.op is logical_not:
            found, truth = found.args[0], not truth
        if found.op is CONSTANT or state.get(Fact(found)) is truth:
            continue
        state[Fact(found)] = truth
        if is_both(found) and truth:
            waiting += [(arg, True) for arg in found.args]
        elif found.op is ITEM and found.args[0].op is IF and found.type == BOOL:
            state[OPEN] = (*_open_in(state), (found, truth))
        still_open = []
        for each in _open_in(state):
            follows = _of_branch(state, *each)
            waiting += follows
            if not follows:
                still_open.append(each)
        if OPEN in state:
            state[OPEN] = tuple(still_open)


def _open_in(state: State) -> tuple[Known, ...]:
    """What is open on a path; where steps of a loop differ in that, nothing is known of it."""
    found = state.get(OPEN, ())
    return found if isinstance(found, tuple) else ()


def _of_branch(state: State, item: Node, truth: bool) -> list[Known]:
    """What follows from a bool that a branch gives, where only one of its arms can give that."""
    branch, k = item.args[0], result_number(item)
    asked = state.get(Fact(branch.args[0]))
    able = [
        arm.completes and _may_be(arm.results[k], truth) and asked is not (position == 1)
        for position, arm in enumerate(owned_blocks(branch))
    ]
    if able.count(True) != 1:
        return []
    taken = able.index(True)
    return [(branch.args[0], taken == 0), (owned_blocks(branch)[taken].results[k], truth)]


def _may_be(value: Node, truth: bool) -> bool:
    return value.op is not CONSTANT or value.params[0] is truth
