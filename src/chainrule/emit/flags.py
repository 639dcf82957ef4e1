"""Flags that only the last step of a loop changes are not set again in every step.

::

    found = False                           found = False
    for v in x:                             for v in x:
        if v > t:                               if v > t:
            found = True                            found = True
            break                                   break
        found = False
"""

from __future__ import annotations

from chainrule.emit.plan import (
    Branch,
    Break,
    Continue,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    While,
    blocks_of,
    walk,
)
from chainrule.graph.block import CONSTANT, constant_key


def drop_constant_moves(plan: Plan) -> None:
    """Drop assignments in loops of what a variable holds anyhow."""
    for block in blocks_of(plan.body):
        for position, statement in enumerate(block):
            if isinstance(statement, (For, While)):
                _settle(statement, block[:position])


def _settle(loop: For | While, before: list[Statement]) -> None:
    targets = {
        target for inner in walk(loop.body) if isinstance(inner, Move) for target in inner.targets
    }
    moves: dict[Value, list[tuple[Move, bool]]] = {target: [] for target in targets}
    _survey(loop.body, moves, plain=True)
    for target in targets:
        start = _start(target, before)
        if start is not None:
            _drop(target, start, moves[target])


def _survey(
    block: list[Statement], moves: dict[Value, list[tuple[Move, bool]]], plain: bool
) -> None:
    """Every assignment, and whether the loop is certainly left behind it.

    Under ``plain`` the block is part of a step of the loop itself: a jump in it is the loop's.
    """
    leaving = plain and bool(block) and isinstance(block[-1], (Break, Return))
    for statement in block:
        if isinstance(statement, Move):
            for target in statement.targets:
                moves[target].append((statement, leaving))
        elif isinstance(statement, Continue):
            leaving = False
        inside = plain and isinstance(statement, Branch)
        for inner in statement.blocks():
            _survey(inner, moves, inside)


def _start(target: Value, before: list[Statement]) -> Value | None:
    """The constant that ``target`` holds when the loop begins; None when it is not known."""
    for statement in reversed(before):
        if isinstance(statement, Move) and target in statement.targets:
            source = statement.sources[statement.targets.index(target)]
            return source if source.op is CONSTANT else None
        if any(isinstance(inner, Move) and target in inner.targets for inner in walk([statement])):
            return None
    return None


def _drop(target: Value, start: Value, moves: list[tuple[Move, bool]]) -> None:
    again: list[Move] = []
    for move, leaves in moves:
        source = move.sources[move.targets.index(target)]
        if source.op is CONSTANT and _same(source, start):
            if not leaves:
                again.append(move)
        elif not leaves:
            return
    for move in again:
        k = move.targets.index(target)
        del move.targets[k], move.sources[k]


def _same(left: Value, right: Value) -> bool:
    return constant_key(left.params[0]) == constant_key(right.params[0])
