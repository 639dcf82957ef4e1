"""Rows that are taken apart at the beginning of a loop's step are taken apart in its head.

for row in flows:                        for t, cash in flows:
    t, cash = row                            ...
    ...
"""

from __future__ import annotations

from typing import Any

from chainrule.emit.plan import (
    VARIABLE,
    For,
    Plan,
    Unpack,
    Value,
    count_uses,
    targets_of,
    walk,
)
from chainrule.graph.types import OPAQUE

# More names than these make a head hard to read.
MOST_NAMES = 6


def unpack_in_heads(plan: Plan) -> bool:
    """Move such unpackings into the heads; whether there were any."""
    loops = [statement for statement in walk(plan.body) if isinstance(statement, For)]
    if not any(loop.body and isinstance(loop.body[0], Unpack) for loop in loops):
        return False
    uses = count_uses(plan.body)
    found = False
    for loop in loops:
        while loop.body and isinstance(loop.body[0], Unpack):
            first = loop.body[0]
            heads = list(targets_of(loop.target))
            wide = len(heads) + len(first.targets) > MOST_NAMES + 1
            if wide or first.source not in heads or uses[first.source] != 1:
                break
            entries = [entry or _unused(loop) for entry in first.targets]
            loop.target = _replaced(loop.target, first.source, entries)
            del loop.body[0]
            found = True
    return found


def _unused(loop: For) -> Value:
    return Value(VARIABLE, [], (), OPAQUE, loop.origin)


def _replaced(target: Any, row: Value, entries: list[Value]) -> Any:
    """A loop's target with names of the entries in the place of the row's."""
    if isinstance(target, Value):
        return entries if target is row else target
    return [_replaced(part, row, entries) for part in target]
