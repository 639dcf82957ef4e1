"""Where each value is computed: early out of loops, late into branches, before it is overwritten.

f's own computations keep their order as far as that could be noticed; those of the derivative
are moved where a person would have written them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    LAZY,
    POP,
    VARIABLE,
    Branch,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    While,
    blocks_of,
    completes,
    crossing,
    defined_by,
    is_effect,
    may_raise,
    ordered,
    reads_deep,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import FLOAT, INT, OPAQUE, Array, Record, Sequence, unit_axes_of
from chainrule.primitives.arrays.indexing import section
from chainrule.primitives.arrays.shaping import reshape, reshaped
from chainrule.primitives.sequence import index, total


def place(plan: Plan) -> None:
    """Move derivative computations out of loops and into the arms that use them."""
    hoist(plan.body)
    sink(plan.body, crossing(plan.body))
    for block in blocks_of(plan.body):
        _values_first(block)
    _versions_in_order(plan.body)
    for statement in walk(plan.body):
        if isinstance(statement, (For, While)):
            _states_in_order(statement.body, plan.states)
            _derivatives_together(statement.body)


# --- out of loops -----------------------------------------------------------------------


def hoist(statements: list[Statement]) -> None:
    """Compute before a loop what is the same in all its steps and cannot raise::

    for v in x:                     scale = 2.0 * a
        s_bar += 2.0 * a * v        for v in x:
                                        s_bar += scale * v
    """
    position = 0
    while position < len(statements):
        statement = statements[position]
        for block in statement.blocks():
            hoist(block)
        if isinstance(statement, (For, While)):
            own = {value for inner in walk([statement]) for value in defined_by(inner)}
            # On the way back f's values are computed again: nobody has put them anywhere.
            read = None if statement.origin.derivative else _read_by_function(statement)
            out: list[Statement] = []
            for inner in statement.body:
                if isinstance(inner, Define) and _is_invariant(inner.value, own, read):
                    out.append(inner)
                    own.discard(inner.value)
            moved = set(out)
            statement.body[:] = [inner for inner in statement.body if inner not in moved]
            statements[position:position] = out
            position += len(out)
        position += 1


def _read_by_function(loop: Statement) -> set[Value]:
    """What f's own computations in a loop read: it stands where the user put it."""
    return {
        value
        for inner in walk([loop])
        if not (isinstance(inner, Define) and inner.value.derivative)
        for value in reads_deep(inner)
    }


def _is_invariant(value: Value, own: set[Value], read: set[Value] | None) -> bool:
    again = read is None and isinstance(value.type, Array)
    theirs = value in (read or ()) or value.user_name is not None or value.type == INT
    if not value.derivative and theirs and not again:
        return False
    # A sum of numbers raises nothing, and looks at one version of its list.
    summed = value.op is total and value.derivative and value.type in (FLOAT, INT)
    # An adjoint is laid out anew in a shape that it has room for.
    shaped = value.op in (reshape, reshaped) and value.derivative
    sliced = again and _is_slice(value)
    if not (summed or shaped or sliced) and may_raise(value):
        return False
    if not (summed or sliced) and _holds_list(value):
        return False
    if value.op in LAZY:
        return False
    if not value.op.pure:
        return False
    return not is_effect(value) and not any(arg in own for arg in value.args)


def _is_slice(value: Value) -> bool:
    """Whether a value is a part of an array between constants, which raises nothing."""
    if value.op is not section or not set(str(value.params[0])) <= {"s", "n"}:
        return False
    axes = len(unit_axes_of(value.args[0].type))
    return str(value.params[0]).count("s") <= axes and all(
        arg.op is CONSTANT for arg in value.args[1:]
    )


def _holds_list(value: Value) -> bool:
    """Whether moving ``value`` could change what list it sees or makes."""
    return any(
        isinstance(part.type, (Sequence, Record)) or part.type == OPAQUE
        for part in (value, *value.args)
    )


# --- into branches ----------------------------------------------------------------------


def sink(statements: list[Statement], fixed: set[Value]) -> None:
    """Compute in an arm what is used in that arm only; ``fixed`` are used elsewhere, too."""
    users: dict[Value, set[tuple[int, int]]] = {}
    for position, statement in enumerate(statements):
        for value in reads_deep(statement):
            users.setdefault(value, set()).add((position, -1))
        for k, block in enumerate(statement.blocks()):
            arm = k if isinstance(statement, Branch) else -1
            for inner in walk(block):
                for value in reads_deep(inner):
                    users.setdefault(value, set()).add((position, arm))
    gone: set[int] = set()
    assigned = _assignments(statements)
    exits = [
        k
        for k, statement in enumerate(statements)
        if isinstance(statement, Branch) and not completes(statement.then)
    ]
    waiting: dict[int, list[Statement]] = {}
    for position in range(len(statements) - 1, -1, -1):
        statement = statements[position]
        if not isinstance(statement, Define) or not _may_sink(statement.value):
            continue
        if statement.value in fixed:
            continue
        places = users.get(statement.value, set())
        passed = _exit_passed(exits, position, places) if statement.value.derivative else None
        if passed is not None and not _assigned_between(
            statement.value.args, assigned, position, passed
        ):
            waiting.setdefault(passed, []).insert(0, statement)
            gone.add(position)
            _used_later(users, statement, position, passed)
            continue
        if len(places) != 1:
            continue
        (at, arm) = next(iter(places))
        if arm < 0 or _assigned_between(statement.value.args, assigned, position, at):
            continue
        statements[at].blocks()[arm].insert(0, statement)
        gone.add(position)
        _used_later(users, statement, position, at, arm)
    if gone:
        kept: list[Statement] = []
        for k, statement in enumerate(statements):
            if k not in gone:
                kept.append(statement)
            kept.extend(waiting.get(k, ()))
        statements[:] = kept
    for statement in statements:
        for block in statement.blocks():
            sink(block, fixed)


def _exit_passed(exits: list[int], position: int, places: set[tuple[int, int]]) -> int | None:
    """The last early exit between a value and its first use; it does not need the value."""
    first = min((at for at, _ in places), default=position)
    passed = [at for at in exits if position < at < first]
    return passed[-1] if passed else None


def _used_later(
    users: dict[Value, set[tuple[int, int]]],
    statement: Statement,
    before: int,
    at: int,
    arm: int = -1,
) -> None:
    """``statement`` has moved: so have its uses of its arguments."""
    for value in reads_deep(statement):
        if (before, -1) in users[value]:
            users[value].discard((before, -1))
            # Just behind an exit counts as at the next statement.
            users[value].add((at, arm) if arm >= 0 else (at + 1, -1))


def _may_sink(value: Value) -> bool:
    if ordered(value) or value.user_name is not None or is_effect(value) or is_update(value):
        return False
    if value.op in (index, section):
        # Read before it is written over.
        return False
    return value.op is not POP and not any(
        isinstance(arg.type, (Sequence, Record)) for arg in value.args
    )


def _assignments(statements: list[Statement]) -> dict[Value, list[int]]:
    found: dict[Value, list[int]] = {}
    for position, statement in enumerate(statements):
        for inner in walk([statement]):
            for value in defined_by(inner):
                if value.op is VARIABLE:
                    found.setdefault(value, []).append(position)
    return found


def _assigned_between(
    values: Iterable[Value], assigned: dict[Value, list[int]], start: int, end: int
) -> bool:
    return any(start < at <= end for value in values for at in assigned.get(value, ()))


# --- before it is overwritten -----------------------------------------------------------


def _values_first(block: list[Statement]) -> None:
    """Within one line of the user's, first f's own computation, then its derivative."""
    for line in _lines(block):
        block[line] = _own_first(block[line])


def _lines(block: list[Statement]) -> Iterator[slice]:
    """The runs of statements that answer to one line of the user's."""
    start = 0
    while start < len(block):
        stop = start
        while stop < len(block) and _line_of(block[stop]) == _line_of(block[start]) is not None:
            stop += 1
        yield slice(start, stop)
        start = max(stop, start + 1)


def _own_first(run: list[Statement]) -> list[Statement]:
    found: list[Statement] = []
    waiting: list[Statement] = []
    made: set[Value] = set()
    for statement in run:
        if _is_derivative(statement):
            waiting.append(statement)
            made.update(defined_by(statement))
            continue
        if any(value in made for value in reads_deep(statement)):
            found, waiting, made = [*found, *waiting], [], set()
        found.append(statement)
    return [*found, *waiting]


def _line_of(statement: Statement) -> tuple[str, int] | None:
    if not isinstance(statement, Define) or is_update(statement.value):
        return None
    position = statement.value.origin.position
    return (position.file, position.line) if position is not None else None


class _Order:
    """A list of statements that is being reordered: who reads what, and where it stands."""

    def __init__(self, body: list[Statement]) -> None:
        self.body = body
        self.readers: dict[Value, list[Statement]] = {}
        self.made: dict[Value, Define] = {}
        self.position: dict[Statement, int] = {}
        for statement in body:
            if isinstance(statement, Define):
                self.made[statement.value] = statement
            if not isinstance(statement, Move):
                for value in {value for inner in walk([statement]) for value in reads_deep(inner)}:
                    self.readers.setdefault(value, []).append(statement)
        self.number(0, len(body))

    def number(self, start: int, stop: int) -> None:
        """Note where the statements from ``start`` up to ``stop`` stand now."""
        for k in range(start, stop):
            self.position[self.body[k]] = k

    def read_before(
        self, old: Value, new: Value, wished: set[Value], last: int | None = None
    ) -> None:
        """Let ``old`` be read before ``new`` is computed, if that is possible.

        ``wished`` are values that had better be computed before ``new``, too: what they are made
        of may be written in place.
        """
        body = self.body
        at = self.position[self.made[new]]
        readers = {k for k in map(self.position.__getitem__, self.readers.get(old, ())) if k > at}
        into = self._into(at, old) if self.readers.get(old) else set()
        wished = {
            value for value in wished if value in self.made and not into.isdisjoint(value.args)
        }
        end = max(readers, default=at)
        if not (readers or wished) or (last is not None and end > last):
            return
        wanted = max([end, *(self.position[self.made[value]] for value in wished)])
        early = _hoistable(body, at, new, wanted)
        if readers <= set(early):
            picked = _with_arguments(body, early, readers, wished)
            moved = [body[k] for k in picked]
            chosen = set(picked)
            stop = max(picked, default=at) + 1
            body[at:stop] = [*moved, *(body[k] for k in range(at, stop) if k not in chosen)]
            self.number(at, stop)
        elif _may_wait(body, at, end, new):
            statement = body.pop(at)
            body.insert(end, statement)
            self.number(at, end + 1)

    def _into(self, at: int, old: Value) -> set[Value]:
        """What derivative code before ``at`` computes of ``old``."""
        # What reads ``old`` stands behind it, and so does all that it goes into.
        home = self.made.get(old)
        first = self.position[home] + 1 if home is not None else 0
        found: set[Value] = set()
        for statement in self.body[first : at + 1]:
            if isinstance(statement, Define):
                value = statement.value
                reads = old in value.args or not found.isdisjoint(value.args)
                if reads and value.derivative:
                    found.add(value)
        return found


def _states_in_order(body: list[Statement], states: set[Value]) -> None:
    """Let a loop read the old version of a state before it makes the next one.

    Then both are one variable::

        x_new = x * x                   x_dot = 2.0 * x * x_dot
        x_dot = 2.0 * x * x_dot         x = x * x
        x = x_new
    """
    for _ in range(2):
        order = _Order(body)
        pairs = _steps_of(body, states)
        for old, new in pairs:
            wished = {other for _, other in pairs if other is not new and other.derivative}
            order.read_before(old, new, wished)


def _derivatives_together(body: list[Statement]) -> None:
    """Within one line, do not write f's own computation in the middle of its derivative."""
    for line in _lines(body):
        run = body[line]
        own = next((k for k, statement in enumerate(run) if not _is_derivative(statement)), 0)
        if own > 0:
            body[line] = [*run[:own], *_independent_first(run[own:])]


def _independent_first(run: list[Statement]) -> list[Statement]:
    """The derivative statements that need none of f's own statements in ``run``, then the rest."""
    early: list[Statement] = []
    late: list[Statement] = []
    made: set[Value] = set()
    for statement in run:
        if _is_derivative(statement) and not any(v in made for v in reads_deep(statement)):
            early.append(statement)
        else:
            late.append(statement)
            made.update(defined_by(statement))
    return early + late


def _steps_of(body: list[Statement], states: set[Value]) -> list[tuple[Value, Value]]:
    made = {statement.value for statement in body if isinstance(statement, Define)}
    return [
        (target, source)
        for statement in body
        if isinstance(statement, Move)
        for target, source in zip(statement.targets, statement.sources, strict=True)
        if target in states and source in made
    ]


def _with_arguments(
    body: list[Statement], early: list[int], readers: set[int], wished: set[Value]
) -> list[int]:
    """Those of ``early`` that are wanted, and what they need of each other."""
    needed: set[Value] = set(wished)
    picked = []
    for k in reversed(early):
        statement = body[k]
        assert isinstance(statement, Define)
        if k in readers or statement.value in needed:
            picked.append(k)
            needed.update(reads_deep(statement))
    return picked[::-1]


def _hoistable(body: list[Statement], at: int, new: Value, last: int) -> list[int]:
    """Derivative statements behind ``at`` that can stand before it."""
    late: set[Value] = {new}
    blocked = ordered(new)
    found = []
    for k in range(at + 1, min(last + 1, len(body))):
        statement = body[k]
        free = (
            isinstance(statement, Define)
            and statement.value.derivative
            and not is_effect(statement.value)
        )
        if free:
            assert isinstance(statement, Define)
            value = statement.value
            dependent = any(arg in late for arg in reads_deep(statement))
            if not dependent and not (blocked and may_raise(value)):
                found.append(k)
                continue
        for inner in walk([statement]):
            late.update(defined_by(inner))
            blocked = blocked or (
                isinstance(inner, Define) and (ordered(inner.value) or is_effect(inner.value))
            )
        if isinstance(statement, (For, While)):
            break
    return found


def _may_wait(body: list[Statement], at: int, until: int, new: Value) -> bool:
    """Whether ``new`` can be computed after the statement at ``until``."""
    if is_update(new) or is_effect(new) or _holds_list(new):
        return False
    for statement in body[at + 1 : until + 1]:
        for inner in walk([statement]):
            if new in reads_deep(inner) or any(value in new.args for value in defined_by(inner)):
                return False
            if (
                ordered(new)
                and isinstance(inner, Define)
                and (may_raise(inner.value) or is_effect(inner.value))
            ):
                return False
    return True


def _versions_in_order(body: list[Statement]) -> None:
    """The same for successive versions of one of the user's variables in straight-line code."""
    latest: dict[str, Value] = {}
    pairs = []
    for statement in body:
        if isinstance(statement, Define) and statement.value.user_name is not None:
            name = statement.value.user_name
            if name in latest and not is_update(statement.value):
                pairs.append((latest[name], statement.value))
            latest[name] = statement.value
    if not pairs:
        return
    order = _Order(body)
    for old, new in pairs:
        at = last = order.position[order.made[new]]
        while last + 1 < len(body) and _is_derivative(body[last + 1]):
            last += 1
        named = {
            s.value
            for s in body[at : last + 1]
            if isinstance(s, Define) and s.value.hint is not None
        }
        order.read_before(old, new, named, last)


def _is_derivative(statement: Statement) -> bool:
    return isinstance(statement, Define) and statement.value.derivative
