"""Statements that nothing uses any more, once control flow has been raised."""

from __future__ import annotations

from collections import Counter

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
from chainrule.graph.block import UNDEFINED


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
    """Drop what a variable does not hold until it is read.

    The arms of branches that were merged may give it something else first, or not read it.
    """
    gone = _not_read(plan)
    for block in blocks_of(plan.body):
        for statement in block:
            if isinstance(statement, Move):
                pairs = [
                    (target, source)
                    for target, source in zip(statement.targets, statement.sources, strict=True)
                    if (statement, target) not in gone
                ]
                statement.targets = [target for target, _ in pairs]
                statement.sources = [source for _, source in pairs]
        block[:] = [each for each in block if not isinstance(each, Move) or each.targets]


def _not_read(plan: Plan) -> set[tuple[Statement, Value]]:
    """Assignments that nothing reads, but for what stands alone in its arm or may raise.

    Those stay, and so does all that they read.
    """
    dead = Liveness(plan).dead
    reads: dict[tuple[Statement, Value], list[Value]] = {}
    gone: set[tuple[Statement, Value]] = set()
    for block in blocks_of(plan.body):
        for move in block:
            if not isinstance(move, Move):
                continue
            for target, source in zip(move.targets, move.sources, strict=True):
                if (move, target) in dead:
                    reads[move, target] = reads_deep(Move([target], [source]))
                    if len(block) > 1 and _is_harmless(source):
                        gone.add((move, target))
    while True:
        held = {value for each, values in reads.items() if each not in gone for value in values}
        kept = {each for each in gone if each[1] in held}
        if not kept:
            return gone
        gone -= kept


def _is_harmless(source: Value) -> bool:
    """Whether nobody sees it if a value is not computed."""
    inner = (source, *captives(source)) if source.captive else (source,)
    return not any(is_effect(each) or may_raise(each) for each in inner)


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
