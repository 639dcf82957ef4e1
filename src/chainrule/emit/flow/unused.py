"""Statements that nothing uses any more, once control flow has been raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.plan import (
    VARIABLE,
    Attempt,
    Branch,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    blocks_of,
    captives,
    count_uses,
    defined_by,
    is_effect,
    may_raise,
    reads_deep,
    scoped,
    walk,
)
from chainrule.graph.block import CONSTANT, UNDEFINED


def drop_unused(plan: Plan) -> None:
    """Drop assignments to what is not read any more, and branches that are left empty."""
    size = -1
    while size != (size := _size(plan.body)):
        dead: set[tuple[Statement, Value]] = set()
        if any(isinstance(statement, Move) for statement in walk(plan.body)):
            _drop_undefined(plan)
            dead = Liveness(plan).dead
        plan.body = _without_unused(plan.body, count_uses(plan.body), dead)


def drop_overwritten(plan: Plan) -> None:
    """Drop constants, and copies, that a variable does not hold until it is read.

    The arms of branches that were merged may give it another one first, or not read it.
    """
    dead = Liveness(plan).dead
    blocks = [block for block in blocks_of(plan.body) if len(block) > 1]
    moves = dict.fromkeys(each for block in blocks for each in block if isinstance(each, Move))
    held = _held_by(plan, moves)
    for statement in moves:
        pairs = [
            (target, source)
            for target, source in zip(statement.targets, statement.sources, strict=True)
            if source.op not in (CONSTANT, VARIABLE)
            or (statement, target) not in dead
            or target in held
        ]
        statement.targets = [target for target, _ in pairs]
        statement.sources = [source for _, source in pairs]
    for block in blocks:
        block[:] = [each for each in block if not isinstance(each, Move) or each.targets]


def _held_by(plan: Plan, moves: Collection[Move]) -> set[Value]:
    """What is copied by the moves other than these, which stay, also through some of these."""
    others = [each for each in walk(plan.body) if isinstance(each, Move) and each not in moves]
    held = {source for move in others for source in move.sources}
    pairs = [pair for move in moves for pair in zip(move.targets, move.sources, strict=True)]
    for _ in pairs:
        more = {source for target, source in pairs if target in held} - held
        if not more:
            break
        held |= more
    return held


def _drop_undefined(plan: Plan) -> None:
    """Drop assignments of what has no value on any path."""
    made = {
        value
        for statement in walk(plan.body)
        for value in (*defined_by(statement), *scoped(statement))
    }
    for statement in walk(plan.body):
        if isinstance(statement, Move):
            pairs = [
                (target, source)
                for target, source in zip(statement.targets, statement.sources, strict=True)
                if source.op is not UNDEFINED and (source.op is not VARIABLE or source in made)
            ]
            statement.targets = [target for target, _ in pairs]
            statement.sources = [source for _, source in pairs]


def _size(body: list[Statement]) -> int:
    return sum(1 + len(getattr(statement, "targets", ())) for statement in walk(body))


def _without_unused(
    statements: list[Statement],
    uses: Counter[Value],
    dead: set[tuple[Statement, Value]],
    inside_try: bool = False,
) -> list[Statement]:
    kept: list[Statement] = []
    for statement in reversed(statements):
        for block in statement.blocks():
            tried = inside_try or (isinstance(statement, Attempt) and block is statement.body)
            block[:] = _without_unused(block, uses, dead, tried)
        if _is_used(statement, uses, dead) or (inside_try and defines_raising(statement)):
            kept.append(statement)
        else:
            uses.subtract(reads_deep(statement))
    kept.reverse()
    return kept


def _is_used(
    statement: Statement, uses: Counter[Value], dead: set[tuple[Statement, Value]]
) -> bool:
    match statement:
        case Define(value=value):
            if is_effect(value) or uses[value] > 0:
                return True
            return any(is_effect(inner) for inner in captives(value))
        case Move(targets=targets, sources=sources):
            pairs = list(zip(targets, sources, strict=True))
            kept = [
                (a, b)
                for a, b in pairs
                if uses[a] > 0 and a is not b and (statement, a) not in dead
            ]
            uses.subtract(b for a, b in pairs if (a, b) not in kept)
            statement.targets = [target for target, _ in kept]
            statement.sources = [source for _, source in kept]
            return bool(kept)
        case Branch(then=then, orelse=orelse):
            return bool(then or orelse)
        case For(body=body, orelse=orelse):
            return bool(body or orelse)
    return True


def defines_raising(statement: Statement) -> bool:
    """Whether a statement computes a value and may raise in doing so."""
    return isinstance(statement, Define) and may_raise(statement.value)
