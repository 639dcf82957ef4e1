"""Entries that a write has left alone are read from the version that it has made.

The way back of ``v[0] = ...; v[1] = ...`` reads both adjoints from the version before any write.
Read from there, the second would keep that version alive, and the write would need a copy::

    v_bar_1 = v_bar.copy()                      v_bar[1] = 0.0
    v_bar_1[1] = 0.0                            v_bar_0 = v_bar[0]
    v_bar_0 = v_bar[0]
"""

from __future__ import annotations

from chainrule.emit.plan import Define, Plan, Statement, Value, captives, defined_by, walk
from chainrule.graph.block import CONSTANT
from chainrule.primitives.sequence import index, index_add, index_set

WRITES = (index_set, index_add)


def read_newest(plan: Plan) -> None:
    """Let derivative code read entries from the newest version that has them."""
    if any(_written(statement) is not None for statement in walk(plan.body)):
        _block(plan.body, {})


def _written(statement: Statement) -> Value | None:
    """The version that a statement of derivative code makes of another."""
    value = statement.value if isinstance(statement, Define) else None
    return value if value is not None and value.op in WRITES and value.derivative else None


def _block(statements: list[Statement], newer: dict[Value, Value]) -> None:
    """``newer`` has for a version the one that a write has made of it."""
    for statement in statements:
        blocks = statement.blocks()
        if blocks or not isinstance(statement, Define):
            # What is assigned again is another version.
            assigned = {value for inner in walk([statement]) for value in defined_by(inner)}
            newer = {
                old: new
                for old, new in newer.items()
                if old not in assigned and new not in assigned
            }
        line = [read for read in statement.reads() if read.captive]
        for root in [statement.value] if isinstance(statement, Define) else line:
            for value in (root, *captives(root)):
                if value.op is index and value.derivative:
                    value.args[0] = _newest(value, newer)
        for block in blocks:
            _block(block, dict(newer))
        if (written := _written(statement)) is not None:
            newer[written.args[0]] = written


def _newest(read: Value, newer: dict[Value, Value]) -> Value:
    base, *place = read.args
    while base in newer and _are_apart(newer[base].args[1:-1], place):
        base = newer[base]
    return base


def _are_apart(one: list[Value], other: list[Value]) -> bool:
    """Whether two places differ in a constant position, both counted from the same end."""
    for a, b in zip(one, other, strict=False):
        if a.op is CONSTANT and b.op is CONSTANT:
            first, second = a.params[0], b.params[0]
            if first != second and (first < 0) == (second < 0):
                return True
    return False
