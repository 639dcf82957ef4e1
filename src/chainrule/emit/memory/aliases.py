"""Which lists may be written to under another name, row by row.

A key ``(value, depth)`` stands for the lists that are reached from a value by ``depth``
subscripts: ``(a, 1)`` are the rows of ``a``.  Appending a row to a list writes to the list, not
to the row.
"""

from __future__ import annotations

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.plan import (
    COMPREHENSION,
    POP,
    RAISED,
    VARIABLE,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    reads_deep,
    targets_of,
    walk,
)
from chainrule.graph.classes import Classes
from chainrule.graph.types import Sequence
from chainrule.primitives.rows import append_in
from chainrule.primitives.sequence import (
    backwards,
    concatenate,
    copy,
    display,
    entrywise_add,
    fill_like,
    filled,
    index,
    index_add,
    index_set,
    record,
    slice_of,
    slice_set,
    zeros_like,
)
from chainrule.primitives.updates import AT_ENDS, IN_ROWS

Key = tuple[Value, int]
# What they give shares nothing with their arguments.
ANEW = (zeros_like, fill_like, filled, entrywise_add, RAISED)
# Deeper than lists of lists are nested.
LEVELS = 5


class Aliases:
    """Classes of lists that may be one object."""

    def __init__(self, plan: Plan, liveness: Liveness) -> None:
        self.plan = plan
        self.liveness = liveness
        self._keys: Classes[Key] = Classes()
        self.written: list[Key] = []
        self.resized: list[Key] = []
        handed: list[tuple[Move, Value, Value]] = []
        for statement in walk(plan.body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if isinstance(target.type, Sequence):
                        if target in plan.states and source.op is VARIABLE:
                            handed.append((statement, target, source))
                        else:
                            self.join(target, 0, source, 0)
            elif isinstance(statement, Define):
                self._define(statement.value)
            elif isinstance(statement, For):
                self._loop_over(statement)
        self._hand_over(handed)
        self._classes = {self.find(key) for key in self.written}
        self._rows = {self.find(key) for key in self.resized}

    def is_written(self, value: Value) -> bool:
        """Whether the list, or a row of it, may be written to in place."""
        return any(self.find((value, depth)) in self._classes for depth in range(LEVELS))

    def is_written_as_row(self, value: Value) -> bool:
        """Whether the list may be made longer or shorter in place where it is a row of another."""
        return self.find((value, 0)) in self._rows

    def find(self, key: Key) -> Key:
        return self._keys.find(key)

    def join(self, left: Value, low: int, right: Value, high: int) -> None:
        """What is ``low`` below ``left`` may be what is ``high`` below ``right``."""
        for depth in range(LEVELS - max(low, high)):
            one, two = self.find((left, low + depth)), self.find((right, high + depth))
            if one != two:
                self._keys.join(one, two)

    def _define(self, value: Value) -> None:
        op, args = value.op, value.args
        if op in (index_set, index_add):
            self.join(value, 0, args[0], 0)
            self.written.append((value, len(args) - 3))
            if isinstance(args[-1].type, Sequence):
                self.join(value, len(args) - 2, args[-1], 0)
        elif op in IN_ROWS:
            depth = len(args) - (2 if op is append_in else 1)
            self.join(value, 0, args[0], 0)
            self.written.append((value, depth))
            self.resized.append((value, depth))
            if isinstance(args[-1].type, Sequence):
                self.join(value, depth + 1, args[-1], 0)
        elif op in (*AT_ENDS, slice_set, POP):
            self.written.append((args[0], len(args) - 1 if op is POP else 0))
            if op is POP:
                self.join(value, 0, args[0], len(args))
                if len(args) > 1:
                    self.resized.append((args[0], len(args) - 1))
            else:
                self.join(value, 0, args[0], 0)
            if op is not POP and len(args) > 1 and isinstance(args[-1].type, Sequence):
                self.join(value, 0 if op is slice_set else 1, args[-1], 0)
        elif op is index and isinstance(value.type, Sequence):
            self.join(value, 0, args[0], len(args) - 1)
        elif op in (display, record):
            for arg in args:
                self.join(value, 1, arg, 0)
        elif op in (slice_of, concatenate, backwards):
            for arg in args:
                self.join(value, 1, arg, 1)
        elif op is COMPREHENSION:
            self.join(value, 1, args[1], 0)
        elif op in ANEW:
            return
        elif op is copy:
            depth = int(value.params[0]) if value.params else 1
            self.join(value, depth, args[0], depth)
        elif isinstance(value.type, Sequence):
            for arg in args:
                if isinstance(arg.type, Sequence):
                    self.join(value, 0, arg, 0)

    def _loop_over(self, loop: For) -> None:
        for row in targets_of(loop.target):
            if isinstance(row.type, Sequence):
                for base in reads_deep(loop):
                    self.join(row, 0, base, 1)

    def _hand_over(self, handed: list[tuple[Move, Value, Value]]) -> None:
        """Join what a step hands to the next, unless nothing else keeps the list that it made."""
        while True:
            members: dict[Key, set[Value]] = {}
            for key in list(self._keys.parent):
                members.setdefault(self.find(key), set()).add(key[0])
            shared = [each for each in handed if not self._is_given_away(each, handed, members)]
            if not shared:
                return
            for each in shared:
                self.join(each[1], 0, each[2], 0)
            handed = [each for each in handed if each not in shared]

    def _is_given_away(
        self,
        each: tuple[Move, Value, Value],
        handed: list[tuple[Move, Value, Value]],
        members: dict[Key, set[Value]],
    ) -> bool:
        statement, target, source = each
        root = self.find((source, 0))
        others = members.get(root, set()) | {source}
        if target in others or any(self._is_kept(statement, other) for other in others):
            return False
        return not any(
            move is statement and value is not target and self.find((given, 0)) == root
            for move, value, given in handed
        )

    def _is_kept(self, statement: Statement, value: Value) -> bool:
        """Whether a value may still be used behind a statement."""
        return self.liveness.after(statement, value) or (value.leaf and value.op is not VARIABLE)
