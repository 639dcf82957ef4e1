"""Rows that one loop takes apart are taken apart in every loop that reads their entries.

Where f says ``for t, cash in flows``, the way back reads ``flows[i][0]`` and ``flows[i][1]``; that
each row has two entries has then been seen.  Of other lists it may be known that their rows have as
many entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chainrule.emit.containers.unpacking import position_of
from chainrule.emit.plan import (
    ENUMERATE,
    REVERSED,
    VARIABLE,
    ZIP,
    Define,
    For,
    Plan,
    Statement,
    Unpack,
    Value,
    blocks_of,
    count_uses,
    walk,
)
from chainrule.primitives.sequence import index

# More names than these do not stand on one line.
MOST_NAMES = 6


def unpack_rows(plan: Plan) -> None:
    """Read all entries of such a row in one statement."""
    counts = _counts(plan)
    if not counts:
        return
    uses = count_uses(plan.body)
    for statement in list(walk(plan.body)):
        if isinstance(statement, For):
            for base, item in _items(statement.iterable, statement.target):
                if base in counts:
                    _take_apart(statement.body, 0, item, counts[base], uses)
    for block in list(blocks_of(plan.body)):
        for made in [each for each in block if isinstance(each, Define)]:
            row = made.value
            if row.op is index and len(row.args) == 2 and row.args[0] in counts:
                place = block.index(made) + 1
                _take_apart(block, place, row, counts[row.args[0]], uses)


def _counts(plan: Plan) -> dict[Value, int]:
    """Lists whose rows have a known number of entries, or are all unpacked by a loop over them."""
    found = {base: count for base, count in plan.widths.items() if count <= MOST_NAMES}
    for statement in walk(plan.body):
        if isinstance(statement, For):
            unpacked = {
                inner.source: len(inner.targets)
                for inner in statement.body
                if isinstance(inner, Unpack)
            }
            for base, item in _items(statement.iterable, statement.target):
                if item in unpacked and unpacked[item] <= MOST_NAMES:
                    found[base] = unpacked[item]
    return found


def _items(iterable: Value, target: Any) -> Iterator[tuple[Value, Value]]:
    """The lists that a loop goes over, each with the variable of its items."""
    if iterable.op is ENUMERATE:
        yield from _items(iterable.args[0], target[1])
    elif iterable.op is ZIP:
        for part, inner in zip(iterable.args, target, strict=False):
            yield from _items(part, inner)
    elif iterable.op is REVERSED:
        yield from _items(iterable.args[0], target)
    elif isinstance(target, Value):
        yield iterable, target


def _take_apart(
    block: list[Statement], place: int, row: Value, count: int, uses: Counter[Value]
) -> None:
    """Unpack ``row`` before ``block[place]``, if nothing but its entries is read."""
    reads: dict[int, list[Value]] = {}
    for statement in walk(block[place:]):
        value = statement.value if isinstance(statement, Define) else None
        if value is not None and value.op is index and value.args[:1] == [row]:
            position = position_of(value.args[1]) if len(value.args) == 2 else None
            if position is not None and position < count:
                reads.setdefault(position, []).append(value)
    if sum(map(len, reads.values())) != uses[row] or not count <= 2 * len(reads):
        return
    targets: list[Value | None] = [None] * count
    mapping: dict[Value, Value] = {}
    for position, found in reads.items():
        read = next((each for each in found if each.user_name), found[0])
        mapping.update({each: read for each in found if each is not read})
        targets[position] = read
    gone = {value for found in reads.values() for value in found}
    for inner in blocks_of(block):
        inner[:] = [each for each in inner if not (isinstance(each, Define) and each.value in gone)]
    for target in filter(None, targets):
        target.op, target.args, target.params = VARIABLE, [], ()
    block[place:place] = [Unpack(targets, row)]
    if mapping:
        for statement in walk(block):
            statement.replace_reads(mapping)
