"""Objects that lead back to themselves: parents that know their children, rings."""

from __future__ import annotations

from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.state import State
from chainrule.lift.values import Value


def leads_back(box: Value, state: State) -> bool:
    """Whether what a box holds leads to the box again: it has no layout of known depth."""
    seen: dict[Value, None] = {}
    waiting = [state.get(box)]
    while waiting:
        for each in boxes_in(waiting.pop()):
            if each is box:
                return True
            if each not in seen:
                seen[each] = None
                waiting.append(state.get(each))
    return False
