"""Tapes as arrays: where a compiler would rather fill an array than let a list grow.

A list that gets one number in every step of a loop over a range has a length that is known before
the loop begins; so has one that gets an array of a length that is known as early.
"""

from __future__ import annotations

from collections import Counter

from chainrule.emit.plan import (
    ALLOCATE,
    ENUMERATE,
    RANGE,
    REVERSED,
    VARIABLE,
    ZIP,
    Break,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    defined_by,
    reads_deep,
    scoped,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.arithmetic import subtract
from chainrule.primitives.sequence import append, copy, display, index, index_set, length
from chainrule.records import dataclass

# What may be done to a tape besides filling it.
READS = (index, copy, length, REVERSED, ENUMERATE, ZIP)
NUMBERS = {FLOAT, INT, BOOL}


def allocate_tapes(plan: Plan) -> None:
    """Replace lists of numbers that loops fill by arrays that are allocated before."""
    plain = _read_only(plan)
    loops: list[tuple[list[Statement], For]] = []
    blocks = [plan.body]
    while blocks:
        block = blocks.pop()
        for statement in block:
            blocks.extend(statement.blocks())
            if isinstance(statement, For) and _counts_up(statement):
                loops.append((block, statement))
    # Inner loops first: what they fill may be a row of what an outer one fills.
    for block, loop in reversed(loops):
        _allocate(block, block.index(loop), loop, plain)


def _counts_up(loop: For) -> bool:
    """Whether a loop runs to its end over ``range(a, b)``."""
    header = loop.iterable
    if header.op is not RANGE or not isinstance(loop.target, Value):
        return False
    step = header.args[2]
    if step.op is not CONSTANT or step.params[0] != 1:
        return False
    return not any(isinstance(inner, (Break, Continue, Return)) for inner in walk(loop.body))


def _read_only(plan: Plan) -> set[Value]:
    """Lists that are assigned once, filled in one place, and else only read entry by entry."""
    assigned: Counter[Value] = Counter()
    spoilt: set[Value] = set()
    for statement in walk(plan.body):
        if isinstance(statement, Move):
            assigned.update(statement.targets)
            spoilt.update(
                source
                for source in statement.sources
                if source.op in (VARIABLE, append)
                and not (source.op is append and source.args[0] in statement.targets)
            )
        for value in _evaluated(statement):
            for place, arg in enumerate(value.args):
                # A row of a tape of tapes is put there when it is full.
                fills = value.op is append
                if not fills and not (value.op in READS and (place == 0 or value.op is ZIP)):
                    spoilt.add(arg)
        if not isinstance(statement, (Move, For)):
            spoilt.update(read for read in statement.reads() if not isinstance(statement, Define))
    return {value for value, count in assigned.items() if count == 2 and value not in spoilt}


def _evaluated(statement: Statement) -> list[Value]:
    """The values that a statement computes, those written inside others included."""
    found = [value for value in reads_deep(statement) if value.captive]
    if isinstance(statement, Define):
        found.append(statement.value)
    return found


def _allocate(block: list[Statement], position: int, loop: For, plain: set[Value]) -> None:
    closing = loop.body[-1] if loop.body else None
    if not isinstance(closing, Move):
        return
    defined = {inner.value for inner in loop.body if isinstance(inner, Define)}
    made: list[tuple[Value, Value, Row | None]] = []
    gone: set[Value] = set()
    for state, grown in zip(closing.targets, closing.sources, strict=True):
        fills = grown.op is append and grown.args[0] is state and grown in defined
        if not fills or state not in plain:
            continue
        entry = grown.args[1]
        row = _row(entry, loop)
        if row is None and not {entry.type, getattr(state.type, "item", None)} <= NUMBERS:
            continue
        empty = starts_empty(state, block[:position])
        if empty is not None:
            made.append((state, grown, row))
            gone.add(empty)
    start, stop, _ = loop.iterable.args
    from_zero = start.op is CONSTANT and start.params[0] == 0
    number = loop.target
    targets, sources = [], []
    for state, grown, row in made:
        at = number
        if not from_zero:
            at = Value(subtract, [number, start], (), INT, grown.origin)
            at.captive = True
        bounds = [stop] if from_zero else [stop, start]
        if row is None:
            grown.op, grown.args, grown.params = index_set, [state, at, grown.args[1]], ()
            kind, counts = str(state.type.item), (len(bounds),)  # type: ignore[attr-defined]
        else:
            kind, counts = row.memory.params[0], (len(bounds), *row.memory.params[1])
            bounds += row.memory.args
            row.become_part(state, at, loop)
            _drop_move(loop.body, state, grown)
        memory = Value(ALLOCATE, bounds, (kind, counts), state.type, state.origin)
        targets.append(state)
        sources.append(memory)
    if made:
        block[position:position] = [*map(Define, sources), Move(targets, sources)]
    block[:] = [inner for inner in block if not (isinstance(inner, Define) and inner.value in gone)]


@dataclass(frozen=True)
class Row:
    """An array that an inner loop fills: its variable, its memory, and what fills it."""

    variable: Value
    memory: Value
    filler: Value
    closing: Move

    def become_part(self, whole: Value, position: Value, loop: For) -> None:
        """Fill the array at ``position`` of ``whole`` in its place, in every step of ``loop``."""
        self.filler.args = [whole, position, *self.filler.args[1:]]
        self.closing.targets[self.closing.sources.index(self.filler)] = whole
        _drop_move(loop.body, self.variable, self.memory)


def _drop_move(body: list[Statement], target: Value, source: Value) -> None:
    """Take away that ``source`` is computed and assigned to ``target``."""
    for statement in body:
        if isinstance(statement, Move) and target in statement.targets:
            k = statement.targets.index(target)
            if statement.sources[k] is source:
                del statement.targets[k], statement.sources[k]
    body[:] = [
        each
        for each in body
        if not (isinstance(each, Define) and each.value is source)
        and not (isinstance(each, Move) and not each.targets)
    ]


def _row(variable: Value, loop: For) -> Row | None:
    """The array that every step of a loop fills, if its length is known before the loop."""
    inside: set[Value] = {loop.target} if isinstance(loop.target, Value) else set()
    moves: list[Move] = []
    for statement in walk(loop.body):
        inside.update(defined_by(statement), scoped(statement))
        if isinstance(statement, Move) and variable in statement.targets:
            moves.append(statement)
    if len(moves) != 2 or moves[0] not in loop.body:
        return None
    memory, filler = (move.sources[move.targets.index(variable)] for move in moves)
    if memory.op is not ALLOCATE or filler.op is not index_set or filler.args[0] is not variable:
        return None
    stack = list(memory.args)
    while stack:
        value = stack.pop()
        if value in inside and not value.captive:
            return None
        stack.extend(value.args if value.captive else ())
    return Row(variable, memory, filler, moves[1])


def starts_empty(state: Value, before: list[Statement]) -> Value | None:
    """Take away the assignment of an empty list, and give the list; None if there is none."""
    for statement in reversed(before):
        if isinstance(statement, Move) and state in statement.targets:
            k = statement.targets.index(state)
            source = statement.sources[k]
            if source.op is not display or source.args or source.user_name is not None:
                return None
            if statement.sources.count(source) > 1:
                return None
            del statement.targets[k], statement.sources[k]
            return source
    return None
