"""Loops as a person writes them: over items instead of indices, and as comprehensions."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from chainrule.emit.flow.before import Before
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    COMPREHENSION,
    ENUMERATE,
    RANGE,
    REVERSED,
    VARIABLE,
    ZIP,
    Branch,
    Break,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    blocks_of,
    captives,
    count_uses,
    defined_by,
    is_effect,
    ordered,
    reads_deep,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import OPAQUE, Sequence, unit_axes_of
from chainrule.primitives.effect import VERBATIM, Verbatim
from chainrule.primitives.nouns import inner_tape
from chainrule.primitives.row_lengths import shortest_of
from chainrule.primitives.sequence import append, display, index, length
from chainrule.records import dataclass

# So many lists at most are looped over side by side, in a head so wide.
MOST_COLUMNS = 3
WIDEST_HEAD = 60


def raise_loops(plan: Plan, over_rows: bool = True) -> None:
    """Loops over items where only items are used, comprehensions where only they are gathered.

    Without ``over_rows`` arrays of several axes have no items.
    """
    uses = count_uses(plan.body)
    before = Before(plan.parameters.values())

    def over_items(statement: Statement) -> None:
        if isinstance(statement, For):
            _Items(statement, plan, uses, before, over_rows).rewrite()

    before.walk(plan.body, over_items)
    gather(plan.body, plan)


# --- over items -------------------------------------------------------------------------


def _counts_from_zero(header: Value) -> bool:
    start, _, step = header.args
    return all(part.op is CONSTANT for part in (start, step)) and (
        start.params[0],
        step.params[0],
    ) == (0, 1)


@dataclass
class _Items:
    """One loop over ``range(n)`` whose index is used to read lists of length ``n``."""

    loop: For
    plan: Plan
    uses: Counter[Value]
    before: Before
    over_rows: bool
    # Reads of an entry, and reads further down: ``a[i]``, ``a[i][j]``.
    reads: dict[Value, list[Value]] = field(default_factory=dict)
    rests: dict[Value, list[Value]] = field(default_factory=dict)
    others: int = 0
    number: Value | None = None
    # Tuples in place, which stand in the head then.
    written: list[Value] = field(default_factory=list)

    def rewrite(self) -> None:
        loop = self.loop
        backwards = loop.iterable.op is REVERSED
        header = loop.iterable.args[0] if backwards else loop.iterable
        number = loop.target
        if header.op is not RANGE or not _counts_from_zero(header) or not isinstance(number, Value):
            return
        self.number = number
        bases = self._bases(header.args[1])
        if bases is None:
            return
        required, _ = bases
        if not self.over_rows and any(map(_has_rows, required)) and len(required) > 1:
            return
        if backwards and len(required) > 1:
            # Lists of different lengths begin together, but do not end so.
            return
        self._survey(number, bases)
        if not self.reads or (backwards and self.others):
            return
        if number.user_name is not None and not loop.origin.derivative and not self._by_items():
            return
        columns = [base for base in required if base in self.reads or len(required) > 1]
        columns += [base for base in self.reads if base not in columns]
        while self._is_wide(columns, backwards):
            further = [base for base in columns if base not in required]
            if not further:
                break
            # Of the lists that need not stand there, directions go first.
            last = next((base for base in further[::-1] if _is_direction(base)), further[-1])
            columns.remove(last)
            self.others += len(self.reads.pop(last))
        if not self.reads or (backwards and self.others):
            return
        parts = [self._part(base, backwards) for base in columns]
        iterable = parts[0] if len(parts) == 1 else self._form(ZIP, parts)
        targets: list[Any] = [self._target(base) for base in columns]
        loop.target = targets[0] if len(targets) == 1 else targets
        if self.others:
            iterable = self._form(ENUMERATE, [iterable])
            loop.target = [number, loop.target]
        loop.iterable = iterable
        for entries in self.written:
            entries.captive = True
        self._take_out(self.written)

    def _by_items(self) -> bool:
        """Whether the user wrote the loop over items: they are read by its head."""
        head = self.loop.origin.position
        return head is not None and all(
            read.origin.position is not None and read.origin.position.line == head.line
            for reads in self.reads.values()
            for read in reads
        )

    def _bases(self, stop: Value) -> tuple[list[Value], set[Value]] | None:
        """``(lists whose lengths decide, lists known to be as long)``."""
        required: list[Value] = []
        shortest = isinstance(stop.op, Verbatim) and stop.params[0] == shortest_of(len(stop.args))
        if stop.op is length or (stop.op.name == "dimension" and stop.params[0] == 0):
            required = [stop.args[0]]
        elif shortest and all(arg.op in (length, CONSTANT) for arg in stop.args):
            for arg in stop.args:
                base = arg.args[0] if arg.op is length else self._written(arg.params[0])
                if base is None:
                    return None
                required.append(base)
        lengths = self.plan.lengths
        keys = {lengths[base] for base in (stop, *required) if base in lengths}
        same = {base for base, its in lengths.items() if its in keys and base is not stop}
        return (required, {*required, *same}) if required or same else None

    def _written(self, count: Any) -> Value | None:
        """The tuple of ``count`` constants of which each step reads one."""
        for inner in walk(self.loop.body):
            read = inner.value if isinstance(inner, Define) else None
            if read is None or read.op is not index or read.args[1:] != [self.number]:
                continue
            entries = read.args[0]
            once = entries.op is display and self.uses[entries] == 1
            if once and [arg.op for arg in entries.args] == [CONSTANT] * count:
                self.written.append(entries)
                return entries
        return None

    def _survey(self, number: Value, bases: tuple[list[Value], set[Value]]) -> None:
        """How the index is used in the body."""
        changed = {value for inner in walk(self.loop.body) for value in defined_by(inner)}
        usable = [base for base in bases[1] if base not in changed or base in self.written]
        usable = [base for base in usable if self.over_rows or not _has_rows(base)]
        usable.sort(key=lambda base: base.serial)
        # It may be read behind the loop.
        self.others = self.uses[number] - count_uses(self.loop.body)[number]
        for inner in walk(self.loop.body):
            if isinstance(inner, Define) and inner.value.op is index:
                base, rest = self._read(inner.value, usable)
                if base is not None:
                    self.reads.setdefault(base, []).append(inner.value)
                    self.rests[inner.value] = rest
                    self.others += sum(1 for value in rest if value is number)
                    continue
            self.others += sum(1 for value in reads_deep(inner) if value is number)

    def _read(self, read: Value, usable: list[Value]) -> tuple[Value | None, list[Value]]:
        """``(list, what follows)`` of a read of an item of a list, or of a part of an item."""
        position = next((k for k, arg in enumerate(read.args) if arg is self.number and k), 0)
        if not position:
            return None, []
        path, rest = read.args[:position], read.args[position + 1 :]
        for base in usable:
            found = base if path == [base] else self._row(base, path)
            if found is not None and (not rest or isinstance(base.type, Sequence)):
                return found, rest
        return None, []

    def _row(self, base: Value, path: list[Value]) -> Value | None:
        """What a row that is read anew is here, where ``base`` is that row; None if it is not."""
        if base.op is not index or base.args != path:
            return None
        if base in self.before.values:
            return base
        # It stands in several arms, each with a row of its own.
        others = (each for each in self.before.values if each.op is index and each.args == path)
        return next(others, None)

    def _is_wide(self, columns: list[Value], backwards: bool) -> bool:
        """Whether the loop's head would be too long to read."""
        names = [base.user_name or base.hint or "values" for base in columns]
        width = sum(2 * len(name) + (14 if backwards else 4) for name in names)
        return len(columns) > MOST_COLUMNS or width > WIDEST_HEAD

    def _target(self, base: Value) -> Value:
        """The loop's variable for the items of ``base``; its reads are gone."""
        reads = self.reads.get(base)
        if not reads:
            return Value(VARIABLE, [], (), OPAQUE, self.loop.origin)
        whole = [read for read in reads if not self.rests[read]]
        if whole:
            first = next((read for read in whole if read.user_name), whole[0])
        else:
            assert isinstance(base.type, Sequence)
            first = Value(VARIABLE, [], (), base.type.item, self.loop.origin)
        first.op, first.args, first.params = VARIABLE, [], ()
        self._name(first, base)
        for read in reads:
            if self.rests[read]:
                read.args = [first, *self.rests[read]]
        mapping = {read: first for read in whole if read is not first}
        self._take_out(whole)
        if mapping:
            for inner in walk(self.loop.body):
                inner.replace_reads(mapping)
        return first

    def _take_out(self, gone: list[Value]) -> None:
        """The body without the statements that define these."""
        for block in blocks_of(self.loop.body):
            block[:] = [
                inner for inner in block if not (isinstance(inner, Define) and inner.value in gone)
            ]

    def _name(self, item: Value, base: Value) -> None:
        """A name for an item: what the user calls it, or one made of the list's."""
        if item.user_name is not None or item.hint is not None:
            return
        assert isinstance(self.number, Value)
        name = base.user_name or base.hint
        made = name is not None and base.origin.derivative
        row = None if made else self.plan.rows.get(self.number)
        if row is not None and _is_direction(base):
            row += "_dot"
        if row is not None and not self.loop.origin.derivative:
            item.user_name = row
        elif row is not None:
            item.hint = row
        elif name is not None and (tape := inner_tape(name)) is not None:
            item.hint = tape
        elif name is not None:
            recorded = name.removesuffix("_tape")
            # A tape of what a function gave bears the function's name.
            plain = recorded == name or hasattr(math, recorded)
            item.hint = f"{recorded}_i" if plain else recorded

    def _part(self, base: Value, backwards: bool) -> Value:
        return self._form(REVERSED, [base]) if backwards else base

    def _form(self, op: Any, args: list[Value]) -> Value:
        value = Value(op, args, (), OPAQUE, self.loop.origin)
        value.captive = True
        return value


def _has_rows(base: Value) -> bool:
    """Whether it is an array whose entries are arrays."""
    return len(unit_axes_of(base.type)) > 1


def _is_direction(base: Value) -> bool:
    """Whether a list is one of tangents by its name."""
    return (base.user_name or base.hint or "").endswith("_dot")


# --- comprehensions ---------------------------------------------------------------------


# The places of the entries of a list in their order.
IN_ORDER = re.compile(r"sorted\(range\(_1_\), key=_0_\.__getitem__((?:, reverse=True)?)\)")


def gather(statements: list[Statement], plan: Plan) -> None:
    """``out = []`` and a loop of ``out.append(e)`` become ``out = [e for ...]``."""
    for statement in statements:
        for block in statement.blocks():
            gather(block, plan)
    uses: Counter[Value] | None = None
    for position in range(len(statements) - 1, -1, -1):
        statement = statements[position]
        if isinstance(statement, For) and _single_state(statement) is not None:
            uses = uses or count_uses(plan.body)
            made = _comprehension(statement, statements, position, uses)
            if made is not None:
                statements[position] = Define(made)
                uses = None
    statements[:] = [
        inner for inner in statements if not (isinstance(inner, Move) and not inner.targets)
    ]


def _single_state(loop: For) -> tuple[Value, Value, Value | None] | None:
    """``(list, its next version, condition)`` when that is all that the loop makes."""
    if not loop.body or loop.orelse or not isinstance(loop.body[-1], Move):
        return None
    closing = loop.body[-1]
    if len(closing.targets) != 1 or any(
        isinstance(inner, (Break, Return)) for inner in walk(loop.body)
    ):
        return None
    state, grown = closing.targets[0], closing.sources[0]
    if grown.op is append and grown.args[0] is state:
        return state, grown, None
    branch = loop.body[-2] if len(loop.body) > 1 else None
    if not isinstance(branch, Branch) or not branch.then or not isinstance(branch.then[-1], Move):
        return None
    taken, untaken = branch.then[-1], branch.orelse
    kept = len(untaken) == 1 and isinstance(untaken[0], Move) and untaken[0].sources == [state]
    if not kept or taken.targets != [grown] or len(branch.then) < 2:
        return None
    last = branch.then[-2]
    if isinstance(last, Define) and last.value is taken.sources[0] and last.value.op is append:
        return (state, last.value, branch.test) if last.value.args[0] is state else None
    return None


def _comprehension(
    loop: For, statements: list[Statement], position: int, uses: Counter[Value]
) -> Value | None:
    found = _single_state(loop)
    assert found is not None
    state, grown, test = found
    element = grown.args[1]
    outer = _steps(loop.body[:-1] if test is None else loop.body[:-2])
    inner = [] if test is None else _steps(getattr(loop.body[-2], "then")[:-1])  # noqa: B009
    if outer is None or inner is None or not _starts_empty(state, statements[:position], dry=True):
        return None
    (inner or outer).pop()
    fits = _is_tree(element, inner if test is not None else outer, uses)
    if test is not None:
        fits = fits and _is_tree(test, outer, uses)
    if not fits or any(state in each.args for step in (*outer, *inner) for each in _deep(step)):
        return None
    _starts_empty(state, statements[:position])
    for step in (*outer, *inner):
        step.captive = True
    if test is None and (option := _in_order(loop, element)) is not None:
        state.op, state.args = VERBATIM, element.args[:1]
        state.params = (f"sorted(_0_{option})", state.type, None)
        return state
    args = [loop.iterable, element, *([test] if test is not None else [])]
    state.op, state.args, state.params = COMPREHENSION, args, (loop.target,)
    return state


def _deep(step: Value) -> Iterator[Value]:
    """A step, and what is written in place within it."""
    yield step
    yield from captives(step)


def _in_order(loop: For, element: Value) -> str | None:
    """The option of ``sorted``, where a loop takes the entries of a list in their own order."""
    places = loop.iterable
    text = str(places.params[0]) if places.op is VERBATIM else ""
    found = IN_ORDER.fullmatch(text)
    taken = element.op is index and len(element.args) == 2
    if found is None or not taken or element.args[1] is not loop.target:
        return None
    return found[1] if element.args[0] is places.args[0] else None


def _steps(statements: list[Statement]) -> list[Value] | None:
    """The values of plain definitions, None when there is anything else."""
    found = [statement.value for statement in statements if isinstance(statement, Define)]
    return found if len(found) == len(statements) else None


def _is_tree(root: Value, steps: list[Value], uses: Counter[Value]) -> bool:
    """Whether ``steps`` are the parts of one expression, in the order of their evaluation."""
    plain = all(
        uses[step] == 1 and step.user_name is None and not is_effect(step) and not is_update(step)
        for step in steps
    )
    if not plain:
        # What is used more often would be walked through as often, as often as what uses it.
        return False
    tree = list(_tree(root, set(steps)))
    fixed = [step for step in steps if ordered(step)]
    return len(tree) == len(steps) and [s for s in reversed(tree) if ordered(s)] == fixed


def _tree(root: Value, inside: set[Value]) -> Iterator[Value]:
    stack = [root]
    while stack:
        value = stack.pop()
        if value in inside:
            yield value
            stack.extend(value.args)


def _starts_empty(state: Value, before: list[Statement], dry: bool = False) -> bool:
    """Remove the assignment of an unnamed empty list to ``state``; False if there is none."""
    for statement in reversed(before):
        if isinstance(statement, Move) and state in statement.targets:
            k = statement.targets.index(state)
            source = statement.sources[k]
            if source.op is not display or source.args or source.user_name is not None:
                return False
            if not dry:
                del statement.targets[k], statement.sources[k]
            return True
    return False
