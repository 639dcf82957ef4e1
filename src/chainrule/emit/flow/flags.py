"""Flags of loops: which hold anyhow, and which are certain behind the loop.

Those that only the last step of a loop changes are not set again in every step::

    found = False                           found = False
    for v in x:                             for v in x:
        if v > t:                               if v > t:
            found = True                            found = True
            break                                   break
        found = False
"""

from __future__ import annotations

from chainrule.emit.flow.beginning import surely_runs
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
    assigns,
    blocks_of,
    completes,
    walk,
)
from chainrule.graph.block import CONSTANT, constant_key
from chainrule.graph.types import BOOL


def drop_constant_moves(plan: Plan) -> None:
    """Drop assignments in loops of what a variable holds anyhow."""
    for block in blocks_of(plan.body):
        for position, statement in enumerate(block):
            if isinstance(statement, (For, While)):
                _settle(statement, block[:position])


def certain_behind(loop: For | While) -> dict[Value, Value]:
    """The constants that variables certainly hold behind a loop, in whatever way it is left."""
    if not surely_runs(loop):
        return {}
    found: dict[Value, Value] = {}
    for statement in walk(loop.body):
        if isinstance(statement, Move):
            for target, source in zip(statement.targets, statement.sources, strict=True):
                if source.op is CONSTANT and source.type == BOOL:
                    found.setdefault(target, source)
    return {target: known for target, known in found.items() if _is_left_so(loop, target, known)}


def _is_left_so(loop: For | While, target: Value, known: Value) -> bool:
    """Whether every step that is the last leaves ``known`` in ``target``."""
    if assigns(loop.orelse, target):
        return False
    ways: list[bool] = []
    ends = _follow(loop.body, target, known, False, ways)
    if isinstance(loop, For) and ends is not None:
        ways.append(ends)
    return bool(ways) and all(ways)


def _follow(
    block: list[Statement], target: Value, known: Value, holds: bool, ways: list[bool]
) -> bool | None:
    """Whether ``target`` holds ``known`` behind ``block``; None where its end is not reached.

    ``ways`` gets the same for every way out of the loop.
    """
    for statement in block:
        if isinstance(statement, (Break, Continue)):
            ways.append(holds)
            return None
        if isinstance(statement, Return) or (not completes([statement]) and not statement.blocks()):
            return None
        if isinstance(statement, Branch):
            arms = [_follow(arm, target, known, holds, ways) for arm in statement.blocks()]
            reached = [arm for arm in arms if arm is not None]
            if not reached:
                return None
            holds = all(reached)
        elif isinstance(statement, Move) and target in statement.targets:
            source = statement.sources[statement.targets.index(target)]
            holds = source.op is CONSTANT and _same(source, known)
        elif assigns([statement], target):
            holds = False
            ways.append(False)
        elif statement.blocks():
            inside = statement.orelse if isinstance(statement, (For, While)) else [statement]
            ways += [holds for inner in walk(inside) if isinstance(inner, (Break, Continue))]
    return holds


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
