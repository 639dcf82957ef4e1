"""What is computed of a part of an array alone is computed before the part is written to.

part = p_bar[1:-1].copy()               scaled = 0.25 * p_bar[1:-1]
p_bar[1:-1] = 0.0                       p_bar[1:-1] = 0.0
scaled = 0.25 * part
"""

from __future__ import annotations

from chainrule.emit.memory.made import is_entrywise
from chainrule.emit.memory.views import is_update, is_view
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    Define,
    Plan,
    Statement,
    Value,
    count_uses,
    defined_by,
    is_effect,
    reads_deep,
    walk,
)
from chainrule.graph.types import Array
from chainrule.primitives.arrays.indexing import section_add, section_set


def read_first(plan: Plan) -> None:
    """Let derivative code read parts of arrays before it writes to them."""
    writes = [s for s in walk(plan.body) if isinstance(s, Define) and _clears(s.value)]
    if writes:
        uses = count_uses(plan.body)
        webs = Webs(plan.body)
        for statement in (None, *walk(plan.body)):
            for block in [plan.body] if statement is None else statement.blocks():
                _block(block, uses, webs)


def _clears(value: Value) -> bool:
    """Whether derivative code writes into an array."""
    return value.derivative and is_update(value) and isinstance(value.type, Array)


def _block(body: list[Statement], uses: dict[Value, int], webs: Webs) -> None:
    # The parts of each array that are looked at before the place that is come to.
    parts: dict[Value, list[Value]] = {}
    position = 0
    while position < len(body):
        write = body[position]
        if isinstance(write, Define) and _clears(write.value):
            for part in list(parts.get(write.value.args[0], ())):
                moved = _readers(body, position, part, uses[part], webs)
                for reader in moved:
                    body.remove(reader)
                    _note_part(reader, parts)
                body[position:position] = moved
                position += len(moved)
        _note_part(write, parts)
        position += 1


def _note_part(statement: Statement, parts: dict[Value, list[Value]]) -> None:
    if isinstance(statement, Define) and is_view(statement.value):
        parts.setdefault(statement.value.args[0], []).append(statement.value)


def _readers(
    body: list[Statement], position: int, part: Value, count: int, webs: Webs
) -> list[Statement]:
    """The statements behind ``position`` that read a part, and what they need, in order.

    None where one of them cannot stand before it.
    """
    found: list[Statement] = []
    for at in range(position + 1, len(body)):
        times = reads_deep(body[at]).count(part)
        if times == 0:
            continue
        passed = [statement for statement in body[position:at] if statement not in found]
        needed = _coming_first(body[at], part, passed, webs)
        if not needed:
            return []
        found += needed
        count -= times
        if count == 0:
            return found
    return []


def _coming_first(
    reader: Statement, part: Value, passed: list[Statement], webs: Webs
) -> list[Statement]:
    """A statement that reads a part, with what it needs of those that it would pass."""
    if not isinstance(reader, Define) or not reader.value.derivative:
        return []
    found: list[Statement] = [reader]
    same = set(webs.together(part))
    into: set[Value] = set()
    if reader.value.op in (section_set, section_add):
        # What it adds to must be another array, which is left alone in between.
        into = set(webs.together(reader.value))
    elif not is_entrywise(reader.value):
        return []
    read = set(reads_deep(reader)) - {part}
    for statement in reversed(passed):
        inside = list(walk([statement]))
        made = {value for inner in inside for value in defined_by(inner)}
        if made & read:
            if not _may_be_moved(statement):
                return []
            found.insert(0, statement)
            read |= set(reads_deep(statement))
        elif any(_stands_fast(inner) or into & {*made, *reads_deep(inner)} for inner in inside):
            return []
    return [] if same & (read | into) else found


def _may_be_moved(statement: Statement) -> bool:
    """Whether derivative code looks into an array, or makes one entry by entry."""
    value = statement.value if isinstance(statement, Define) else None
    return value is not None and value.derivative and (is_entrywise(value) or is_view(value))


def _stands_fast(statement: Statement) -> bool:
    return isinstance(statement, Define) and is_effect(statement.value)
