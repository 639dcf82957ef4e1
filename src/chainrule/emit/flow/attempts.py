"""Handlers that end the function themselves, in the place of a flag that tells of them.

try:                                    try:
    y = exp(x)                              y = exp(x)
    outcome = 0                         except OverflowError:
except OverflowError:                       return 0.0
    outcome = 1                         return y * y
if outcome == 0:
    return y * y
return 0.0
"""

from __future__ import annotations

from collections import Counter

from chainrule.emit.flow.resolving import (
    clone_tail,
    closing_moves,
    drop_last_moves,
    resolved,
    small,
    stays_large,
)
from chainrule.emit.plan import (
    VARIABLE,
    Attempt,
    Return,
    Statement,
    Value,
    completes,
    defined_by,
    walk,
)
from chainrule.graph.block import CONSTANT


def leave_attempt(attempt: Attempt, rest: list[Statement]) -> list[Statement] | None:
    """What follows ``attempt`` where its handlers do what is left to do for them.

    None where that is too much, or where they do not end with it.
    """
    handlers = [block for block in attempt.blocks()[1:] if completes(block)]
    if not completes(attempt.body) or not rest or completes(rest):
        return None
    if handlers and stays_large(rest):
        return None
    tails = [resolved(clone_tail(rest), closing_moves(block)) for block in handlers]
    if not all(small(tail) and not completes(tail) for tail in tails):
        return None
    for block, tail in zip(handlers, tails, strict=True):
        block += tail
        if isinstance(tail[-1], Return):
            drop_last_moves(block)
    return resolved(rest, _settled(attempt, rest))


def _settled(attempt: Attempt, rest: list[Statement]) -> dict[Value, Value]:
    """The variables that only the body gives a value: constants, and other variables' values."""
    assigned = Counter(
        target for statement in walk([attempt, *rest]) for target in defined_by(statement)
    )
    return {
        target: source
        for target, source in closing_moves(attempt.body).items()
        if source.op is CONSTANT or (source.op is VARIABLE and assigned[source] == 1)
    }
