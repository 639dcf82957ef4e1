"""What follows a branch, in one of its arms: what is known there is no variable."""

from __future__ import annotations

from chainrule.emit.flow.copies import clone
from chainrule.emit.plan import (
    CONDITIONAL,
    Branch,
    Break,
    Continue,
    Define,
    Move,
    Return,
    Statement,
    Unpack,
    Value,
    completes,
    defined_by,
    reads_deep,
    truth,
    walk,
)
from chainrule.emit.wording.identities import simplified
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL
from chainrule.primitives.arithmetic import equal, logical_not, not_equal

# What is at most so long may stand in several arms.
SMALL = 6
COPIED = (Define, Move, Unpack, Branch, Return, Break, Continue)


def small(statements: list[Statement]) -> bool:
    """Whether statements may stand in several places."""
    found = list(walk(statements))
    return len(found) <= SMALL and all(isinstance(statement, COPIED) for statement in found)


def stays_large(tail: list[Statement]) -> bool:
    """Whether ``tail`` is certainly not small, whatever may be known in an arm."""
    for statement in tail:
        if not isinstance(statement, COPIED):
            return True
        # Whatever is taken of a branch without a jump, what follows is reached.
        if not all(completes([each]) for each in walk([statement])):
            return False
    return False


def closing_moves(arm: list[Statement]) -> dict[Value, Value]:
    """What the moves at the end of an arm assign."""
    mapping: dict[Value, Value] = {}
    for statement in reversed(arm):
        if not isinstance(statement, Move):
            break
        for target, source in zip(statement.targets, statement.sources, strict=True):
            if source not in statement.targets:
                mapping.setdefault(target, source)
    return mapping


def clone_tail(tail: list[Statement]) -> list[Statement]:
    """A copy of what follows a branch, to stand in another of its arms."""
    return clone(tail, {})


def drop_last_moves(arm: list[Statement]) -> None:
    """Drop assignments before a return that it does not read."""
    live: set[Value] = set()
    for position in range(len(arm) - 1, -1, -1):
        statement = arm[position]
        if statement.blocks():
            break
        if isinstance(statement, Move):
            pairs = [
                pair
                for pair in zip(statement.targets, statement.sources, strict=True)
                if pair[0] in live
            ]
            statement.targets = [target for target, _ in pairs]
            statement.sources = [source for _, source in pairs]
        live.update(reads_deep(statement))
    arm[:] = [
        statement for statement in arm if not isinstance(statement, Move) or statement.targets
    ]


def resolved(
    tail: list[Statement], mapping: dict[Value, Value], tests: dict[Value, bool] | None = None
) -> list[Statement]:
    """``tail`` reading what is known instead of variables; decided branches are taken."""
    found: list[Statement] = []
    for statement in tail:
        if not completes(found):
            break
        if statement.blocks() and not isinstance(statement, Branch):
            # What a loop changes is not known in its steps either.
            _forget(mapping, [statement])
        statement.replace_reads(mapping)
        if statement.blocks() and not isinstance(statement, Branch):
            _resolve_inside(statement, mapping)
        if isinstance(statement, Define) and statement.value.type == BOOL:
            known = _truth(statement.value)
            if known is not None:
                # It stays for the loops that read it.
                mapping[statement.value] = Value(CONSTANT, [], (known,), BOOL)
        if tests and isinstance(statement, Define):
            chosen = _chosen(statement.value, tests)
            if chosen is not statement.value:
                mapping[statement.value] = chosen
                if not chosen.captive:
                    continue
                chosen.captive = False
                statement.value = chosen
        if isinstance(statement, Define) and statement.value.derivative:
            simpler = simplified(statement.value)
            if simpler is not None:
                mapping[statement.value] = simpler
                continue
        if isinstance(statement, Branch):
            known = (tests or {}).get(statement.test, _truth(statement.test))
            if known is not None:
                found += resolved(statement.then if known else statement.orelse, mapping, tests)
                continue
            for block in statement.blocks():
                inner = dict(mapping)
                block[:] = resolved(block, inner, tests)
                mapping.update((key, value) for key, value in inner.items() if not key.leaf)
            _forget(mapping, [statement])
        elif isinstance(statement, Move):
            statement.sources = [_told(source, tests or {}) for source in statement.sources]
            for target, source in zip(statement.targets, statement.sources, strict=True):
                mapping.pop(target, None)
                if source.op is CONSTANT:
                    mapping[target] = source
        found.append(statement)
    return found


def _resolve_inside(statement: Statement, mapping: dict[Value, Value]) -> None:
    """The same in the blocks of a loop: its branches may read what a decided one has computed."""
    for block in statement.blocks():
        inner = dict(mapping)
        block[:] = resolved(block, inner)
        mapping.update((key, value) for key, value in inner.items() if not key.leaf)


def _chosen(value: Value, tests: dict[Value, bool]) -> Value:
    """A value without the conditional expressions in it whose test is known in this arm."""
    value.args[:] = [_chosen(arg, tests) if arg.captive else arg for arg in value.args]
    if value.op is not CONDITIONAL or value.args[0] not in tests:
        return value
    return value.args[1 if tests[value.args[0]] else 2]


def _told(value: Value, tests: dict[Value, bool]) -> Value:
    """A test whose outcome is known in this arm, as a constant; a number is not its own truth."""
    known = value in tests and value.type == BOOL
    return Value(CONSTANT, [], (tests[value],), BOOL) if known else value


def _forget(mapping: dict[Value, Value], statements: list[Statement]) -> None:
    """What is assigned somewhere in these statements is no longer known."""
    for statement in walk(statements):
        for target in defined_by(statement):
            mapping.pop(target, None)


def _truth(test: Value) -> bool | None:
    """The truth of a constant, of the comparison of two, or of the opposite of one."""
    if test.op is logical_not:
        known = _truth(test.args[0])
        return None if known is None else not known
    if test.op in (equal, not_equal) and all(arg.op is CONSTANT for arg in test.args):
        left, right = (arg.params[0] for arg in test.args)
        return (left == right) is (test.op is equal)
    return truth(test)
