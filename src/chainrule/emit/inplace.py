"""Versions of a list back to updates in place, with copies only where an old version lives on."""

from __future__ import annotations

from chainrule.emit.liveness import Liveness
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
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import Array, Sequence, Type
from chainrule.primitives.arrays.indexing import section, section_add, section_set
from chainrule.primitives.sequence import (
    append,
    backwards,
    concatenate,
    copy,
    display,
    drop_last,
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

UPDATES = (index_set, index_add, append, drop_last, slice_set, section_set, section_add)
FRESH = (
    display,
    zeros_like,
    fill_like,
    filled,
    copy,
    entrywise_add,
    concatenate,
    slice_of,
    backwards,
    *UPDATES,
)


def is_update(value: Value) -> bool:
    """Whether ``value`` is a new version of its first argument."""
    return value.op in UPDATES


class Webs:
    """Which values may be one object in memory, as classes of a union-find."""

    def __init__(self, body: list[Statement]) -> None:
        self.parent: dict[Value, Value] = {}
        self.updated: set[Value] = set()
        for statement in walk(body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if isinstance(target.type, Sequence):
                        self.join(target, source)
            elif isinstance(statement, Define):
                self._define(statement.value)
            elif isinstance(statement, For):
                rows = [
                    value
                    for value in targets_of(statement.target)
                    if isinstance(value.type, Sequence)
                ]
                for row in rows:
                    for base in reads_deep(statement):
                        self.join(row, base)
        self.updated = {self.find(value) for value in self.updated}

    def _define(self, value: Value) -> None:
        if is_update(value):
            self.join(value, value.args[0])
            self.updated.add(value)
            if isinstance(value.args[-1].type, Sequence) and len(value.args) > 1:
                self.join(value, value.args[-1])
        elif isinstance(value.type, Sequence) and value.op in (index, display, record, POP):
            for arg in value.args:
                if isinstance(arg.type, Sequence):
                    self.join(value, arg)

    def find(self, value: Value) -> Value:
        root = value
        while self.parent.get(root, root) is not root:
            root = self.parent[root]
        while self.parent.get(value, value) is not root:
            self.parent[value], value = root, self.parent[value]
        return root

    def join(self, left: Value, right: Value) -> None:
        self.parent[self.find(right)] = self.find(left)

    def is_updated(self, value: Value) -> bool:
        """Whether some version of ``value`` is written to in place."""
        return self.find(value) in self.updated


def update_in_place(plan: Plan) -> Webs:
    """Insert the copies without which an update in place would be seen elsewhere."""
    _fuse_pops(plan)
    webs = Webs(plan.body)
    if webs.updated:
        _Copies(plan, webs).run()
        webs = Webs(plan.body)
    return webs


class _Copies:
    def __init__(self, plan: Plan, webs: Webs) -> None:
        self.plan = plan
        self.webs = webs
        self.liveness = Liveness(plan)
        self.fresh = self._fresh_values()

    def _fresh_values(self) -> set[Value]:
        """Values that are certainly lists of the function's own making."""
        sources: dict[Value, list[Value]] = {}
        found: set[Value] = set()
        for statement in walk(self.plan.body):
            if isinstance(statement, Define) and statement.value.op in (
                *FRESH,
                COMPREHENSION,
                RAISED,
            ):
                found.add(statement.value)
            elif isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    sources.setdefault(target, []).append(source)
        variables = set(sources)
        while True:
            bad = {
                v
                for v in variables
                if any(s not in found and s not in variables for s in sources[v])
            }
            if not bad:
                return found | variables
            variables -= bad

    def run(self) -> None:
        self.block(self.plan.body)

    def block(self, statements: list[Statement]) -> None:
        position = 0
        while position < len(statements):
            statement = statements[position]
            made: list[Value] = []
            if isinstance(statement, Define):
                made = self.define(statement)
            elif isinstance(statement, Move):
                made = self.move(statement)
            for inner in statement.blocks():
                self.block(inner)
            statements[position:position] = [Define(value) for value in made]
            position += 1 + len(made)

    def define(self, statement: Define) -> list[Value]:
        value = statement.value
        made: list[Value] = []
        if is_update(value):
            base = value.args[0]
            lives = self.liveness.after(statement, base)
            if value.op in (append, drop_last) and lives:
                # [*a, v] and a[:-1] are new lists anyway.
                value.params = (*value.params, "new")
            elif lives or (value.derivative and base not in self.fresh):
                value.args[0] = self.copied(base, value, len(value.args) - 2)
                made.append(value.args[0])
        stored = value.args[1:] if is_update(value) else value.args if value.op is display else []
        for position, arg in enumerate(stored, len(value.args) - len(stored)):
            if isinstance(arg.type, Sequence) and value.derivative and self.webs.is_updated(arg):
                value.args[position] = self.copied(arg, value, 1)
                made.append(value.args[position])
        return made

    def move(self, statement: Move) -> list[Value]:
        made: list[Value] = []
        for position, (target, source) in enumerate(
            zip(statement.targets, statement.sources, strict=True)
        ):
            if not isinstance(target.type, Sequence) or not self.webs.is_updated(target):
                continue
            foreign = target.derivative and source not in self.fresh
            if foreign or self.liveness.after(statement, source):
                fresh = self.copied(source, target, 1)
                statement.sources[position] = fresh
                made.append(fresh)
        return made

    def copied(self, base: Value, like: Value, depth: int) -> Value:
        nested = 0
        type = base.type
        while isinstance(type, Sequence) and isinstance(type.item, Sequence):
            nested, type = nested + 1, type.item
        value = Value(
            copy, [base], (min(max(depth, 1), 1 + nested),), base.type, like.origin, like.serial
        )
        value.user_name, value.hint = like.user_name, like.hint
        return value


def _fuse_pops(plan: Plan) -> None:
    """Reading the last entry and dropping it become one ``pop``."""
    if not any(isinstance(s, Define) and s.value.op is drop_last for s in walk(plan.body)):
        return
    liveness = Liveness(plan)
    blocks = [plan.body, *(block for statement in walk(plan.body) for block in statement.blocks())]
    for block in blocks:
        reads: dict[Value, Define] = {}
        for position, statement in enumerate(block):
            if isinstance(statement, Define):
                value = statement.value
                base = value.args[0] if value.args else value
                if value.op is index and len(value.args) == 2 and _is_minus_one(value.args[1]):
                    reads[base] = statement
                    continue
                if value.op is drop_last and base in reads and not liveness.after(statement, base):
                    popped = reads.pop(base).value
                    popped.op, popped.args = POP, [base]
                    value.op, value.args = VARIABLE, []
                    block[position] = Move([value], [base])
            for inner in walk([statement]):
                for read in reads_deep(inner):
                    reads.pop(read, None)


def _is_minus_one(value: Value) -> bool:
    return value.op is CONSTANT and value.params[0] == -1
