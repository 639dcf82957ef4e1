"""A tape of the steps of nested loops is one list: the way back takes from its end.

for i in range(n):                      for i in range(n):
    x_tape = []                             for j in range(m):
    for j in range(m):                          x_tape.append(x)
        x_tape.append(x)                    ...
    x_tapes.append(x_tape)              for i in reversed(range(n)):
...                                         for j in reversed(range(m)):
for i in reversed(range(n)):                    x = x_tape.pop()
    x_tape = x_tapes[i]
    for j in reversed(range(m)):
        x = x_tape[j]

It is done where both ways certainly take the same steps, and the way back is gone once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from chainrule.emit.plan import (
    POP,
    RANGE,
    REVERSED,
    VARIABLE,
    Break,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    blocks_of,
    count_uses,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.primitives.declare import Primitive
from chainrule.primitives.sequence import append, display, index
from chainrule.records import dataclass

# Operations of what a loop counts to that are compared with those of another.
DEEPEST = 4


def flatten_tapes(plan: Plan) -> bool:
    """Make one list of each such tape of tapes; whether there were any."""
    turned: set[tuple[Value, Value]] = set()
    changed = False
    # Of three loops the outer two come first.
    while tapes := _read_once(plan, turned):
        for tape in tapes:
            tape.flatten()
        changed = True
    return changed


def _read_once(plan: Plan, turned: set[tuple[Value, Value]]) -> list[_Tape]:
    """The tapes of tapes that nothing but one way back looks into."""
    blocks = blocks_of(plan.body)
    if not any(isinstance(each, For) for block in blocks for each in block):
        return []
    uses = count_uses(plan.body)
    assigned = Counter(
        target
        for statement in walk(plan.body)
        if isinstance(statement, Move)
        for target in statement.targets
    )
    return [
        tape
        for block in blocks
        for position, loop in enumerate(block)
        if isinstance(loop, For)
        for tape in _Nest(block[:position], loop, block[position + 1 :], plan, turned).tapes()
        if tape.is_read_once(uses) and assigned[tape.whole] == assigned[tape.row] == 2
    ]


@dataclass(frozen=True)
class _Tape:
    """A list of lists, ``whole``, that nested loops fill row by row and read backwards.

    ``filled`` and ``taken`` are the bodies of the outer loops, ``starts`` makes ``whole`` and
    ``clears`` each ``row``.
    """

    whole: Value
    row: Value
    starts: Move
    clears: Move
    filled: list[Statement]
    grown: Define
    taken: list[Statement]
    row_read: Define
    read: Define

    def is_read_once(self, uses: Counter[Value]) -> bool:
        """Whether nothing else looks into the lists, and f does not know of them."""
        if not (self.whole.derivative and self.row.derivative):
            return False
        twice = uses[self.whole] == uses[self.row] == 2
        return twice and uses[self.row_read.value] == uses[self.grown.value] == 1

    def flatten(self) -> None:
        """Fill and read one list."""
        self.starts.targets[self.starts.targets.index(self.whole)] = self.row
        _unassign(self.clears, self.row)
        closing = self.filled[-1]
        assert isinstance(closing, Move)
        _unassign(closing, self.whole)
        self.filled.remove(self.grown)
        self.taken.remove(self.row_read)
        entry = self.read.value
        entry.op, entry.args, entry.params = POP, [self.row], ()
        recorded = (self.row.hint or "").removesuffix("_tape")
        if entry.hint is None and recorded and not hasattr(math, recorded):
            entry.hint = recorded


def _unassign(move: Move, target: Value) -> None:
    k = move.targets.index(target)
    del move.targets[k], move.sources[k]


@dataclass(frozen=True)
class _Nest:
    """A loop with what stands before and behind it.

    ``turned`` are the counters of forward loops, each with that of the way back.
    """

    before: list[Statement]
    loop: For
    after: list[Statement]
    plan: Plan
    turned: set[tuple[Value, Value]]

    def tapes(self) -> Iterator[_Tape]:
        """The tapes of tapes that the loop fills and a later one reads."""
        for filler in walk([self.loop]):
            for whole, grown in _appended(filler) if isinstance(filler, For) else ():
                row = grown.value.args[1]
                assert isinstance(filler, For)
                inner = _filler(filler.body, row)
                starts, clears = _emptied(whole, self.before), _emptied(row, filler.body)
                if inner is None or starts is None or clears is None:
                    continue
                for taken, row_read in self._rows_read(whole, filler):
                    for again in taken:
                        if isinstance(again, For) and self._undoes(again, inner, row):
                            for read in _entries_read(row_read.value, again):
                                yield _Tape(
                                    whole, row, starts, clears, filler.body, grown, taken,
                                    row_read, read,
                                )  # fmt: skip

    def _rows_read(self, whole: Value, filler: For) -> Iterator[tuple[list[Statement], Define]]:
        """Where every step of the way back takes a row of ``whole``, with the body of its loop."""
        for statement in self.after:
            if filler is self.loop and isinstance(statement, For):
                if self._undoes(statement, filler, whole):
                    for read in _entries_read(whole, statement):
                        yield statement.body, read
            elif isinstance(statement, For):
                for loop in walk(statement.body):
                    for inner in loop.body if isinstance(loop, For) else ():
                        value = inner.value if isinstance(inner, Define) else None
                        if value is not None and value.op is POP and value.args == [whole]:
                            assert isinstance(loop, For) and isinstance(inner, Define)
                            yield loop.body, inner

    def _undoes(self, back: For, loop: For, tape: Value) -> bool:
        """Whether ``back`` counts down as many steps as ``loop``, which fills ``tape``, counts."""
        header = back.iterable
        if header.op is not REVERSED or (stop := _count(header.args[0])) is None:
            return False
        known, steps = self.plan.lengths.get(stop), _count(loop.iterable)
        alike = known is not None and known == self.plan.lengths.get(tape)
        if not alike and (steps is None or not _is_same(steps, stop, self.turned)):
            return False
        if steps is not None:
            self.turned.add((loop.target, back.target))
        return True


def _appended(loop: For) -> Iterator[tuple[Value, Define]]:
    """The lists that each step of a loop appends to, with the statement that does it."""
    closing = loop.body[-1] if loop.body else None
    jumps = any(isinstance(inner, (Break, Continue, Return)) for inner in walk(loop.body))
    if jumps or not isinstance(closing, Move):
        return
    made = {inner.value: inner for inner in loop.body if isinstance(inner, Define)}
    for state, grown in zip(closing.targets, closing.sources, strict=True):
        if grown.op is append and grown.args[0] is state and grown in made:
            yield state, made[grown]


def _filler(body: list[Statement], row: Value) -> For | None:
    """The loop of a body that appends to ``row``."""
    for inner in body:
        if isinstance(inner, For) and any(state is row for state, _ in _appended(inner)):
            return inner
    return None


def _emptied(state: Value, before: list[Statement]) -> Move | None:
    """Where a list begins empty."""
    for statement in before:
        if isinstance(statement, Move) and state in statement.targets:
            source = statement.sources[statement.targets.index(state)]
            return statement if source.op is display and not source.args else None
    return None


def _count(header: Value) -> Value | None:
    """``n`` of ``range(n)``."""
    if header.op is not RANGE:
        return None
    start, stop, step = header.args
    counts = start.op is CONSTANT and step.op is CONSTANT
    return stop if counts and (start.params[0], step.params[0]) == (0, 1) else None


def _is_same(
    one: Value, other: Value, turned: set[tuple[Value, Value]], depth: int = DEEPEST
) -> bool:
    """Whether two expressions of what does not change are the same."""
    if (one, other) in turned:
        return True
    if one is other:
        return one.op is not VARIABLE
    alike = one.op is other.op and one.params == other.params and one.type == other.type
    if not alike or depth == 0 or not isinstance(one.op, Primitive) or one.op.effect:
        return False
    pairs = zip(one.args, other.args, strict=True)
    return all(_is_same(*pair, turned, depth - 1) for pair in pairs)


def _entries_read(tape: Value, back: For) -> Iterator[Define]:
    """Where each step of a loop reads its entry of ``tape``."""
    for inner in back.body:
        value = inner.value if isinstance(inner, Define) else None
        if value is not None and value.op is index and value.args == [tape, back.target]:
            assert isinstance(inner, Define)
            yield inner
