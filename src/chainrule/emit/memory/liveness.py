"""When each value is needed: stretches of the text between its assignment and its last use."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.emit.flow.beginning import surely_runs
from chainrule.emit.plan import (
    RANGE,
    REVERSED,
    Attempt,
    Branch,
    Break,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    While,
    completes,
    defined_by,
    reads_deep,
    scoped,
    truth,
    walk,
)

Stretch = tuple[int, int]
Reads = Callable[[Statement], list[Value]]


class Liveness:
    """Stretches ``[start, end)`` of positions behind which a value is still needed.

    ``position`` numbers statements in the order of the text; blocks have marks of their own at
    their entry.  A value that is assigned at ``d`` and last read at ``u`` is needed in ``[d, u)``.
    """

    def __init__(self, plan: Plan, reads: Reads = reads_deep) -> None:
        # Which of the values on a statement's line it needs.
        self.reads = reads
        self.position: dict[Statement, int] = {}
        self.marks: dict[tuple[int, int], int] = {}
        self.ends: dict[Statement, int] = {}
        self.first: dict[Value, int] = {}
        self.stretches: dict[Value, list[Stretch]] = {}
        self.loops: list[tuple[set[Value], set[Value]]] = []
        self.held: set[Value] = set()
        self.dead: set[tuple[Statement, Value]] = set()
        self.count = 1
        # Of compound statements: the values that stand inside, and whether that may be left.
        self.inside: dict[Statement, tuple[set[Value], bool]] = {}
        # The variables of comprehensions, by statement.
        self.scoped: dict[Statement, list[Value]] = {}
        # What each line evaluates.
        self.lines: dict[Statement, list[Value]] = {}
        self._number(plan.body)
        self._survey(plan.body)
        live: dict[Value, int] = {}
        self._block(plan.body, live)
        for value, end in live.items():
            self._add(value, 0, end)
        for parameter in plan.parameters.values():
            self._add(parameter, 0, 1)
        self._tidy()

    def after(self, statement: Statement, value: Value) -> bool:
        """Whether ``value`` is needed after ``statement``."""
        return self._needed_at(self.position[statement], value)

    def at_entry(self, loop: Statement, value: Value) -> bool:
        """Whether ``value`` is needed where a step of a loop begins."""
        body = 1 if isinstance(loop, While) else 0
        return self._needed_at(self.marks[self.position[loop], body], value)

    def at_end(self, loop: Statement, value: Value) -> bool:
        """Whether ``value`` is needed behind a loop."""
        return self._needed_at(self.ends[loop], value)

    def end_of_step(self, loop: For) -> int:
        """Where a step of a loop ends."""
        return self.marks[self.position[loop], 1]

    def _needed_at(self, position: int, value: Value) -> bool:
        return any(start <= position < end for start, end in self.stretches.get(value, ()))

    def _number(self, statements: list[Statement]) -> None:
        for statement in statements:
            self.position[statement] = self.count
            self.count += 1
            for value in defined_by(statement):
                self.first.setdefault(value, self.position[statement])
            blocks = statement.blocks()
            for k, block in enumerate(blocks):
                self.marks[self.position[statement], k] = self.count
                self.count += 1
                self._number(block)
            if blocks:
                self.ends[statement] = self.count
                self.count += 1

    def _survey(self, statements: list[Statement]) -> tuple[set[Value], bool, bool]:
        """``(values, leaves, jumps)`` of a block: what it names, whether it may return or raise,
        and whether it may end or go on with the loop around."""
        values: set[Value] = set()
        leaves = jumps = False
        for statement in statements:
            inner = scoped(statement)
            if inner:
                self.scoped[statement] = inner
            line = self.lines[statement] = reads_deep(statement)
            own = {*defined_by(statement), *line, *inner}
            blocks = statement.blocks()
            if blocks:
                parts = [self._survey(block) for block in blocks]
                own = own.union(*(part for part, _, _ in parts))
                out = isinstance(statement, Attempt) or any(left for _, left, _ in parts)
                onward = isinstance(statement, Branch) and any(jump for _, _, jump in parts)
                self.inside[statement] = (own, out or onward)
                leaves, jumps = leaves or out, jumps or onward
            elif isinstance(statement, (Break, Continue)):
                jumps = True
            elif isinstance(statement, Return) or not completes([statement]):
                leaves = True
            values |= own
        return values, leaves, jumps

    def _add(self, value: Value, start: int, end: int) -> None:
        if start < end:
            self.stretches.setdefault(value, []).append((start, end))

    def _tidy(self) -> None:
        """Sort, and join what touches."""
        for value, stretches in self.stretches.items():
            if len(stretches) == 1:
                continue
            stretches.sort()
            joined: list[Stretch] = []
            for start, end in stretches:
                if joined and start <= joined[-1][1]:
                    joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
                else:
                    joined.append((start, end))
            self.stretches[value] = joined

    # --- backward walk --------------------------------------------------------------------

    def _close(self, live: dict[Value, int], start: int) -> set[Value]:
        for value, end in live.items():
            self._add(value, start, end)
        return set(live)

    def _block(self, statements: list[Statement], live: dict[Value, int]) -> None:
        """Turn what is needed after ``statements`` into what is needed before."""
        for statement in reversed(statements):
            position = self.position[statement]
            match statement:
                case Define() | Move() | Unpack():
                    if not completes([statement]):
                        self._jump(live, set(self.held), position)
                    self._defined(statement, position, live)
                case Branch() | For() | While():
                    self._compound(statement, position, live)
                case Attempt():
                    self._attempt(statement, position, live)
                case Break():
                    self._jump(live, self.loops[-1][0], position)
                case Continue():
                    self._jump(live, self.loops[-1][1], position)
                case Return():
                    self._jump(live, set(), position)
            if not isinstance(statement, While):
                for value in self._read(statement):
                    live.setdefault(value, position)
            for value in self.scoped.get(statement, ()):
                # Also apart from all that is read beside it.
                self._add(value, position - 1, position + 1)

    def _read(self, statement: Statement) -> list[Value]:
        """What a statement reads, but for what it assigns in vain."""
        if not isinstance(statement, Move):
            return self._reads(statement)
        wanted = [
            source
            for target, source in zip(statement.targets, statement.sources, strict=True)
            if (statement, target) not in self.dead
        ]
        if len(wanted) == len(statement.sources):
            return self._reads(statement)
        return self.reads(Move(wanted, wanted))

    def _reads(self, statement: Statement) -> list[Value]:
        return self.lines[statement] if self.reads is reads_deep else self.reads(statement)

    def _compound(
        self, statement: Branch | For | While, position: int, live: dict[Value, int]
    ) -> None:
        """A branch or loop; what it does not name is live through it, unless it is left."""
        inside, leaves = self.inside[statement]
        met = live
        if not leaves:
            met = {value: live.pop(value) for value in inside if value in live}
        if isinstance(statement, Branch):
            self._branch(statement, position, met)
        else:
            self._loop(statement, position, met)
        for value, end in met.items() if met is not live else ():
            # A jump inside is live to what a handler reads; what is live through it ends later.
            live.setdefault(value, end)

    def _jump(self, live: dict[Value, int], target: set[Value], position: int) -> None:
        for value, end in live.items():
            self._add(value, position + 1, end)
        live.clear()
        live.update(dict.fromkeys(target | self.held, position + 1))

    def _defined(self, statement: Statement, position: int, live: dict[Value, int]) -> None:
        for value in defined_by(statement):
            if value not in live:
                self.dead.add((statement, value))
            self._add(value, position, live.pop(value, position + 1))
            if value in self.held:
                live[value] = position

    def _branch(self, branch: Branch, position: int, live: dict[Value, int]) -> None:
        after = self._close(live, self.ends[branch])
        entry: set[Value] = set()
        bounds = (self.marks[position, 1], self.ends[branch])
        for k, block in enumerate(branch.blocks()):
            inner = dict.fromkeys(after, bounds[k])
            self._block(block, inner)
            entry |= self._close(inner, self.marks[position, k])
        live.clear()
        live.update(dict.fromkeys(self._begun(entry, position), position + 1))

    def _begun(self, values: set[Value], position: int) -> list[Value]:
        """Those that may have a value at all when ``position`` is reached."""
        inside = bool(self.loops)
        return [
            value
            for value in values
            if inside or self.first.get(value, 0) < position or value in self.held
        ]

    def _loop(self, loop: For | While, position: int, live: dict[Value, int]) -> None:
        end = self.ends[loop]
        blocks = loop.blocks()
        after = self._close(live, end)
        mark = self.marks[position, len(blocks) - 1]
        inner = dict.fromkeys(after, end)
        self._block(loop.orelse, inner)
        finished = self._close(inner, mark)
        if isinstance(loop, While) and truth(loop.test) is True:
            # Such a loop ends by break only.
            finished = set()
        own = {value for inner in walk([loop]) for value in defined_by(inner)}
        outside = {
            value
            for inner in walk([loop])
            for value in self._reads(inner)
            if self.first.get(value, 0) < position
        }
        if isinstance(loop, For) and any(
            value.op is not RANGE for value in _iterated(loop.iterable)
        ):
            # What is looped over is looked at in every step.
            outside |= set(self.lines[loop])
        around = finished | outside
        dead = set(self.dead)
        begun, entry = self._step(loop, position, after, around)
        carried = entry - around
        if carried:
            # What a step reads before it is written is left by the step before, and so is what
            # is read behind a loop that ends by break.
            self.dead = dead
            around |= carried
            begun, entry = self._step(loop, position, after, around)
        live.clear()
        if surely_runs(loop):
            # The first step gives it another value.
            entry -= (own & finished) - begun
        for value in self._begun(entry, position):
            if value not in own or value in around:
                live[value] = self.marks[position, 0]

    def _step(
        self, loop: For | While, position: int, after: set[Value], around: set[Value]
    ) -> tuple[set[Value], set[Value]]:
        """What a step needs, and what is needed before it as ``around`` is between steps."""
        blocks = loop.blocks()
        mark = self.marks[position, len(blocks) - 1]
        self.loops.append((after, around))
        inner = dict.fromkeys(around, mark)
        self._block(loop.body, inner)
        mark = self.marks[position, len(blocks) - 2]
        begun = self._close(inner, mark)
        entry = begun | around
        for target in defined_by(loop):
            self._add(target, position, mark + 1)
            entry.discard(target)
        if isinstance(loop, While):
            inner = dict.fromkeys(entry, mark)
            for value in self._reads(loop):
                inner.setdefault(value, mark)
            self._block(loop.condition, inner)
            mark = self.marks[position, 0]
            begun = self._close(inner, mark)
            entry = begun | around
        self.loops.pop()
        return begun, entry

    def _attempt(self, attempt: Attempt, position: int, live: dict[Value, int]) -> None:
        after = self._close(live, self.ends[attempt])
        count = len(attempt.blocks())
        entry: set[Value] = set()
        bounds = [self.marks[position, k + 1] for k in range(count - 1)] + [self.ends[attempt]]
        for k in range(count - 1, 0, -1):
            inner = dict.fromkeys(after, bounds[k])
            self._block(attempt.blocks()[k], inner)
            entry |= self._close(inner, self.marks[position, k])
        before, self.held = self.held, self.held | entry
        inner = dict.fromkeys(after | entry, bounds[0])
        self._block(attempt.body, inner)
        entry = self._close(inner, self.marks[position, 0]) | entry
        self.held = before
        live.clear()
        live.update(dict.fromkeys(self._begun(entry, position), position + 1))


def _iterated(iterable: Value) -> list[Value]:
    return iterable.args if iterable.op is REVERSED else [iterable]
