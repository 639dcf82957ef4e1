"""Containers of a length that is checked: unpacked, and built, as a person does.

Where ``a, b = theta`` was written, the lifter checks the length and reads the entries; the adjoint
is zeros that are filled entry by entry.  Both become what they stand for::

    if len(theta) < 2:                                     a, b = theta
        raise ValueError(...)                              ...
    if len(theta) > 2:                                     return np.array([a_bar, b_bar])
        raise ValueError(...)
    a = theta[0]
    b = theta[1]
    ...
    theta_bar = np.zeros_like(theta)
    theta_bar[1] = b_bar
    theta_bar[0] = a_bar
    return theta_bar
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Items

from chainrule.emit.containers.unpacking import position_of
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    VARIABLE,
    Branch,
    Define,
    Move,
    Plan,
    Statement,
    Unpack,
    Value,
    blocks_of,
    count_uses,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import FLOAT, INT, Array, Sequence, dtype_of
from chainrule.primitives.arithmetic import add, divide, greater, less, multiply, negative, subtract
from chainrule.primitives.arrays.creation import ZEROS, literal
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import RAISE, too_few, too_many
from chainrule.primitives.elementary import cos, exp, log, sin, sqrt, tan, tanh
from chainrule.primitives.sequence import (
    display,
    filled,
    index,
    index_add,
    index_set,
    length,
    zeros_like,
)
from chainrule.records import dataclass

# So many values are looked through to tell a float from an int.
DEEP = 100
# They give floats, whatever they are given.
ALWAYS_FLOATS = (exp, log, sqrt, sin, cos, tan, tanh)
# More names than these do not stand on one line.
MOST_NAMES = 8


@dataclass
class Check:
    """Two branches that raise unless ``base`` has ``count`` entries."""

    base: Value
    count: int
    statements: list[Branch]


def unpack_checked(plan: Plan) -> None:
    """Unpack again what was unpacked, and write adjoints of it as lists of their entries."""
    asked: set[Value] = set()
    written = {
        dtype_of(statement.value.args[0].type)
        for statement in walk(plan.body)
        if isinstance(statement, Define) and is_update(statement.value)
    }
    for block in blocks_of(plan.body):
        for check in _checks(block):
            asked |= _unpack(block, check, written)
    if asked or any(value.op in ZEROS for value in plan.counts):
        _Literals(plan).run()
    if asked:
        _drop(plan, asked)


def _drop(plan: Plan, values: set[Value]) -> None:
    """Drop what is not read any more of ``values``."""
    uses = count_uses(plan.body)
    for block in blocks_of(plan.body):
        block[:] = [
            statement
            for statement in block
            if not (
                isinstance(statement, Define)
                and statement.value in values
                and not uses[statement.value]
            )
        ]


def _checks(block: list[Statement]) -> list[Check]:
    found = []
    for position, first in enumerate(block):
        base = _raising(first, less)
        if base is None or base[1] > MOST_NAMES:
            continue
        for second in block[position + 1 : position + 3]:
            if isinstance(second, Branch) and _raising(second, greater) == base:
                assert isinstance(first, Branch)
                found.append(Check(*base, [first, second]))
    return found


def _raising(statement: Statement, comparison: Primitive) -> tuple[Value, int] | None:
    """The container, and the length that it must not fall short of, or exceed."""
    if not isinstance(statement, Branch) or statement.orelse or len(statement.then) != 1:
        return None
    test, raised = statement.test, statement.then[0]
    if test.op is not comparison or not isinstance(raised, Define):
        return None
    measured, wanted = test.args
    if wanted.op is not CONSTANT or not (measured.op is length or measured.op.name == "dimension"):
        return None
    count = wanted.params[0]
    text = too_few(count) if comparison is less else too_many(count)
    if raised.value.op is not RAISE or raised.value.params != (f"raise {text}",):
        return None
    return measured.args[0], count


def _unpack(block: list[Statement], check: Check, written: set[str]) -> set[Value]:
    """Read the entries in one statement, which checks their number; the lengths that were asked."""
    reads: dict[int, list[Define]] = {}
    following = block[block.index(check.statements[1]) :]
    for statement in walk(following):
        if isinstance(statement, Define) and (statement.value.user_name or statement.value.hint):
            position = _entry_of(statement.value, check, written)
            if position is not None:
                reads.setdefault(position, []).append(statement)
    targets: list[Value | None] = [None] * check.count
    mapping: dict[Value, Value] = {}
    gone: set[Statement] = {*check.statements}
    for position, found in reads.items():
        read = next((each.value for each in found if each.value.user_name), found[0].value)
        mapping.update({each.value: read for each in found if each.value is not read})
        targets[position] = read
        read.op, read.args, read.params = VARIABLE, [], ()
        gone.update(found)
    tests = [statement.test for statement in check.statements]
    gone |= {s for s in block if isinstance(s, Define) and s.value in tests}
    place = block.index(check.statements[0])
    block[place:place] = [Unpack(targets, check.base)]
    for inner in blocks_of(block):
        inner[:] = [statement for statement in inner if statement not in gone]
    if mapping:
        for statement in walk(block):
            statement.replace_reads(mapping)
    return {test.args[0] for test in tests}


def _entry_of(value: Value, check: Check, written: set[str]) -> int | None:
    """The place of an entry, if that is a number or a row that nobody can write to."""
    if value.op is not index or value.args[0] is not check.base or len(value.args) != 2:
        return None
    position = position_of(value.args[1])
    row = isinstance(value.type, Array) and dtype_of(value.type) not in written
    kept = row or value.type in (FLOAT, INT)
    return position if kept and position is not None else None


def _as_long_as(value: Value) -> Iterator[Value]:
    """The arrays that certainly have as many entries as ``value``."""
    while True:
        yield value
        arrays = [arg for arg in value.args if isinstance(arg.type, Array)]
        broadcasts = isinstance(value.op, Primitive) and value.op.broadcasts
        if not broadcasts or len(arrays) != 1 or arrays[0].type != value.type:
            return
        value = arrays[0]


class _Literals:
    """Zeros of which every entry is set once become a list of the entries."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # What is known of the lengths where a statement stands.
        self.counts: dict[Value, int] = {}
        self.uses = count_uses(plan.body)
        self.sources: dict[Value, list[Value]] = {}
        for statement in walk(plan.body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    self.sources.setdefault(target, []).append(source)

    def run(self) -> None:
        body = self.plan.body
        for position, statement in enumerate(body):
            if isinstance(statement, Unpack) and position + 1 < len(body):
                for source in _as_long_as(statement.source):
                    self.counts[source] = len(statement.targets)
            elif self.counts or self.plan.counts:
                for inner in walk([statement]):
                    for block in inner.blocks():
                        self._block(block)
        if self.counts or self.plan.counts:
            self._block(body)

    def _block(self, block: list[Statement]) -> None:
        here = {statement.value for statement in block if isinstance(statement, Define)}
        gone: set[Value] = set()
        for statement in reversed(block):
            if isinstance(statement, Define) and statement.value not in gone:
                gone |= self._written(statement.value, here)
        block[:] = [
            statement
            for statement in block
            if not (isinstance(statement, Define) and statement.value in gone)
        ]

    def _written(self, last: Value, here: set[Value]) -> set[Value]:
        """Make ``last`` a list of its entries; the versions that are not needed any more."""
        versions: list[Value] = []
        entries: dict[int, Value] = {}
        value = last
        while value.op in (index_set, index_add) and len(value.args) == 3:
            position = position_of(value.args[1])
            if position is None or position in entries or value.args[2].type != FLOAT:
                return set()
            entries[position] = value.args[2]
            value = value.args[0]
            versions.append(value)
        count = self._made_with(value)
        if count is None or sorted(entries) != list(range(count)):
            return set()
        if any(self.uses[version] != 1 for version in versions):
            return set()
        if not here.issuperset(versions):
            return set()
        ordered = [entries[position] for position in range(count)]
        return set(versions) if self._becomes(last, ordered) else set()

    def _made_with(self, value: Value) -> int | None:
        """The number of entries that zeros are made with, where it is known."""
        if value.op is filled:
            return position_of(value.args[0]) if value.args[1].params == (0.0,) else None
        if value.op not in (zeros_like, *ZEROS) or not value.args:
            # Without lengths it is an array without axes.
            return None
        count = self.plan.counts.get(value) or self.counts.get(value.args[0])
        return count if count is not None and count <= MOST_NAMES else None

    def _becomes(self, value: Value, entries: Items[Value]) -> bool:
        if isinstance(value.type, Sequence):
            value.op, value.args, value.params = display, list(entries), (value.type.kind,)
            return True
        whole = isinstance(value.type, Array) and value.type.dtype == "float64"
        # An array of whole numbers would be one of ints.
        if not whole or not any(self._is_fraction(entry, set()) for entry in entries):
            return False
        value.op, value.args, value.params = literal, list(entries), ((len(entries),), None)
        return True

    def _is_fraction(self, value: Value, seen: set[Value]) -> bool:
        """Whether a number is certainly a float when the code runs, not an int."""
        if value in seen:
            return True
        if len(seen) > DEEP:
            return False
        seen.add(value)
        if value.op is CONSTANT:
            return isinstance(value.params[0], float)
        if value.op is VARIABLE:
            sources = self.sources.get(value, [])
            return bool(sources) and all(self._is_fraction(each, seen) for each in sources)
        if value.op is index:
            return isinstance(value.args[0].type, Array)
        if value.op in (add, subtract, multiply, negative):
            return any(self._is_fraction(arg, seen) for arg in value.args)
        return value.op is divide or value.op in ALWAYS_FLOATS
