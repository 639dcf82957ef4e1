"""Statements that answer one line of the user's stand together, where what they need allows it.

A comment leads every run of statements for one line::

    # line 4: y = ...                       # line 4: y = ...
    y_bar = ...                             y_bar = ...
    # line 3: x = ...                       z_bar = ...
    x_bar = ... y_bar ...                   # line 3: x = ...
    # line 4: y = ...                       x_bar = ... y_bar ...
    z_bar = ...
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import pairwise

from chainrule.emit.layout import names_read
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import Define, Statement, Value, is_effect, is_statement
from chainrule.graph.types import FLOAT

Line = tuple[str, int] | None


def group_by_lines(statements: list[Statement]) -> bool:
    """Put such statements together; whether any has moved."""
    changed, start = False, 0
    for position in range(len(statements) + 1):
        if position < len(statements) and _moves(statements[position]):
            continue
        run = [each for each in statements[start:position] if isinstance(each, Define)]
        if len(run) > 2 and (order := _grouped(run)) is not None:
            statements[start:position] = order
            changed = True
        start = position + 1
    for statement in statements:
        for block in statement.blocks():
            changed |= group_by_lines(block)
    return changed


def _moves(statement: Statement) -> bool:
    """Whether nothing but its own value comes of a statement."""
    if not isinstance(statement, Define):
        return False
    value = statement.value
    made = value.derivative and value.type == FLOAT
    return made and not (is_update(value) or is_effect(value) or is_statement(value))


def _grouped(run: Sequence[Define]) -> list[Define] | None:
    """The statements of a run in such an order; None where it has no fewer runs of lines."""
    lines = [_line(each) for each in run]
    waits, next_ones = _needs(run)
    ready: list[int] = []
    by_line: dict[Line, list[int]] = {}
    done: set[int] = set()
    order: list[int] = []

    def offer(k: int) -> None:
        heappush(ready, k)
        heappush(by_line.setdefault(lines[k], []), k)

    for k, count in enumerate(waits):
        if not count:
            offer(k)
    current = lines[0]
    while len(order) < len(run):
        here = by_line.get(current) or ready
        k = heappop(here)
        if k in done:
            continue
        done.add(k)
        order.append(k)
        current = lines[k]
        for later in next_ones[k]:
            waits[later] -= 1
            if not waits[later]:
                offer(later)
    if _runs([lines[k] for k in order]) >= _runs(lines):
        return None
    return [run[k] for k in order]


def _needs(run: Sequence[Define]) -> tuple[list[int], list[list[int]]]:
    """For how many others each statement waits, and which wait for it.

    What reads a version of a variable stays before the next one.
    """
    made: dict[Value, int] = {}
    versions: dict[str, int] = {}
    readers: dict[str, list[int]] = {}
    waits: list[int] = []
    next_ones: list[list[int]] = []
    for k, statement in enumerate(run):
        value = statement.value
        needed: set[int] = set()
        for read in names_read(value):
            if read in made:
                needed.add(made[read])
            if read.hint is not None:
                readers.setdefault(read.hint, []).append(k)
        if value.hint is not None:
            needed.update(readers.pop(value.hint, ()))
            if value.hint in versions:
                needed.add(versions[value.hint])
            versions[value.hint] = k
        needed.discard(k)
        made[value] = k
        waits.append(len(needed))
        next_ones.append([])
        for before in sorted(needed):
            next_ones[before].append(k)
    return waits, next_ones


def _line(statement: Define) -> Line:
    position = statement.value.origin.position
    return None if position is None else (position.file, position.line)


def _runs(lines: Sequence[Line]) -> int:
    """How often the line changes."""
    return sum(one != other for one, other in pairwise(lines))
