"""Which values may be one object in memory."""

from __future__ import annotations

from chainrule.emit.memory.views import is_held, is_new_array, is_update, is_view
from chainrule.emit.plan import (
    POP,
    Define,
    For,
    Move,
    Statement,
    Value,
    count_uses,
    reads_deep,
    targets_of,
    walk,
)
from chainrule.graph.classes import Classes
from chainrule.graph.types import Array, Sequence
from chainrule.primitives.effect import LEAVE
from chainrule.primitives.sequence import display, index, index_set, record
from chainrule.primitives.updates import AT_ENDS


class Webs(Classes[Value]):
    """Which values may be one object in memory."""

    def __init__(self, body: list[Statement]) -> None:
        super().__init__()
        self.updated: set[Value] = set()
        # Those whose entries are written to, rather than put in the place of others in a list.
        self.written: set[Value] = set()
        self._members: dict[Value, dict[Value, None]] | None = None
        self.uses = count_uses(body)
        for statement in walk(body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if is_held(target.type):
                        self.join(target, source)
            elif isinstance(statement, Define):
                self._define(statement.value)
            elif isinstance(statement, For):
                rows = [value for value in targets_of(statement.target) if is_held(value.type)]
                for row in rows:
                    for base in reads_deep(statement):
                        self.join(row, base)
        self.updated = {self.find(value) for value in self.updated}
        self.written = {self.find(value) for value in self.written}

    def _define(self, value: Value) -> None:
        if value.op in (POP, LEAVE):
            self.updated.add(value.args[0])
        if is_update(value):
            self.join(value, value.args[0])
            if not self._fills(value):
                self.updated.add(value)
            if not _replaces_entry(value):
                self.written.add(value)
            if isinstance(value.args[-1].type, Sequence) and len(value.args) > 1:
                self.join(value, value.args[-1])
        elif is_view(value):
            self.join(value, value.args[0])
        elif isinstance(value.type, Sequence) and value.op in (index, display, record, POP):
            for arg in value.args:
                if isinstance(arg.type, Sequence):
                    self.join(value, arg)

    def _fills(self, update: Value) -> bool:
        """Whether this writes into a new array that nothing else has seen yet."""
        base = update.args[0]
        while self.uses[base] == 1 and is_update(base) and "new" not in base.params:
            base = base.args[0]
        return self.uses[base] == 1 and is_new_array(base)

    def together(self, value: Value) -> list[Value]:
        """The values that may be one object with ``value``, which is among them."""
        if self._members is None:
            self._members = {}
            for each in self.parent:
                self._members.setdefault(self.find(each), {})[each] = None
        root = self.find(value)
        return [value, root, *self._members.get(root, ())]

    def is_updated(self, value: Value) -> bool:
        """Whether some version of ``value`` is written to in place."""
        return self.find(value) in self.updated

    def is_written(self, array: Value) -> bool:
        """Whether entries of an array are written to in place, under whatever name."""
        return self.find(array) in self.written

    def is_changed(self, variable: Value) -> bool:
        """Whether what a variable holds is written to.

        That another array is put into the list that holds it does not change an array.
        """
        array = isinstance(variable.type, Array)
        return self.is_written(variable) if array else self.is_updated(variable)


def _replaces_entry(update: Value) -> bool:
    """Whether an update of a list puts another value into it, and writes into none that it had."""
    kind, depth = update.type, 0
    while isinstance(kind, Sequence):
        kind, depth = kind.item, depth + 1
    if update.op in AT_ENDS:
        return True
    return update.op is index_set and len(update.args) - 2 <= depth
