"""One branch for one predicate: branches on the same test, with nothing in the way, are one.

::

    if c:                                   if c:
        x = a                                   x = a
    y = f(z)                                    w = x * x
    if c:                                   y = f(z)
        w = x * x
"""

from __future__ import annotations

from collections.abc import Hashable

from chainrule.emit.flow.shared_calls import share_calls
from chainrule.emit.flow.unused import defines_raising
from chainrule.emit.memory.overwriting import Memory
from chainrule.emit.plan import (
    JUMPS,
    VARIABLE,
    Attempt,
    Branch,
    Define,
    Statement,
    Value,
    While,
    completes,
    defined_by,
    is_effect,
    may_raise,
    ordered,
    reads_deep,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL, FLOAT, Array
from chainrule.primitives.declare import Primitive


def merge(statements: list[Statement], memory: Memory | None = None) -> list[Statement]:
    """Join branches on the same predicate, here and inside.

    With ``memory`` it is settled what is written over, and nothing that is read is.
    """
    gone: dict[Value, Value] = {}
    merged = _merged(statements, memory, gone)
    if gone:
        # Arms of other branches may read what these arms have computed.
        for statement in walk(merged):
            statement.replace_reads(gone)
    return merged


def _merged(
    statements: list[Statement], memory: Memory | None, gone: dict[Value, Value]
) -> list[Statement]:
    """The same; to ``gone`` are put the values that are no longer computed, and what they equal."""
    merged: list[Statement] = []
    latest: dict[Hashable, Branch] = {}
    for statement in statements:
        if isinstance(statement, Branch):
            asked = _asked(statement.test)
            first = latest.get(asked)
            if first is not None and _join(merged, first, statement, memory, gone):
                continue
            latest[asked] = statement
        merged.append(statement)
    for statement in merged:
        for block in statement.blocks():
            block[:] = _merged(block, memory, gone)
    return merged


def _asked(test: Value) -> Hashable:
    """What a test asks: the same of the same values is one question."""
    if not isinstance(test.op, Primitive) or test.op.effect or may_raise(test):
        return test
    if any(arg.op is VARIABLE or isinstance(arg.type, Array) for arg in test.args):
        return test
    asked = (_asked(arg) if arg.type == BOOL else arg for arg in test.args)
    return test.op, tuple(asked), tuple(test.params)


def _join(
    merged: list[Statement],
    first: Branch,
    second: Branch,
    memory: Memory | None,
    gone: dict[Value, Value],
) -> bool:
    """Append the arms of ``second`` to those of ``first`` if what lies between allows it."""
    if not (completes(first.then) and completes(first.orelse)):
        return False
    position = next(k for k in range(len(merged) - 1, -1, -1) if merged[k] is first)
    between = merged[position + 1 :]
    made_by_first = {value for inner in walk([first]) for value in defined_by(inner)}
    wanted = {value for inner in walk([second]) for value in reads_deep(inner)}
    risky = any(defines_raising(inner) for inner in walk([second]))
    needed_before: list[Statement] = []
    # From behind: most pairs are told apart by what stands right before the second.
    for statement in reversed(between):
        if any(value in wanted for inner in walk([statement]) for value in defined_by(inner)):
            free = (
                isinstance(statement, Define)
                and not is_effect(statement.value)
                and not may_raise(statement.value)
            )
            if not free or any(value in made_by_first for value in reads_deep(statement)):
                return False
            needed_before.append(statement)
            wanted.update(reads_deep(statement))
        elif any(_pinned(inner, risky) for inner in walk([statement])):
            return False
    if len(between) > len(needed_before) and any(
        not completes([inner]) for inner in walk([second])
    ):
        return False
    needed_before.reverse()
    late = [
        statement for statement in between if not any(statement is other for other in needed_before)
    ]
    if memory is not None and (
        memory.clash(needed_before, [first, *late]) or memory.clash([second], late)
    ):
        return False
    merged[position:] = [*needed_before, first, *late]
    for arm, further in ((first.then, second.then), (first.orelse, second.orelse)):
        arm[:] = _once([*arm, *further], gone)
    return True


def _once(arm: list[Statement], gone: dict[Value, Value]) -> list[Statement]:
    """An arm in which what both branches have computed is computed once; the others are gone."""
    kept: list[Statement] = []
    known: dict[Hashable, Value] = {}
    mapping: dict[Value, Value] = {}
    for statement in arm:
        if mapping:
            for inner in walk([statement]):
                inner.replace_reads(mapping)
        value = statement.value if isinstance(statement, Define) else None
        if value is not None and value.derivative and value.user_name is None:
            computed = _computed(value)
            if computed is not None and known.setdefault(computed, value) is not value:
                mapping[value] = known[computed]
                continue
        kept.append(statement)
    for old, new in gone.items():
        gone[old] = mapping.get(new, new)
    gone.update(mapping)
    share_calls(kept, _computed)
    return kept


def _computed(value: Value) -> Hashable | None:
    """What a number is computed from, where that does not change from statement to statement."""
    if not isinstance(value.op, Primitive) or value.op.effect or value.type != FLOAT:
        return None
    parts: list[Hashable] = [value.op, value.type, tuple(value.params)]
    for arg in value.args:
        part = _computed(arg) if arg.captive else arg
        if part is None or (arg.op is VARIABLE and not arg.captive):
            return None
        parts.append((CONSTANT, arg.type, repr(arg.params)) if arg.op is CONSTANT else part)
    return tuple(parts)


def _pinned(statement: Statement, risky: bool) -> bool:
    """Whether a statement must not come after derivative code that was behind it."""
    if isinstance(statement, JUMPS):
        return True
    if isinstance(statement, Define):
        return is_effect(statement.value) or (risky and ordered(statement.value))
    return isinstance(statement, (While, Attempt))
