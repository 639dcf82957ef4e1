"""Tapes of arrays that are one array: what every step records has a shape known before the loop.

z_tape = []                             z_tape = np.empty((max(steps, 0), len(y)))
for _ in range(steps):                  for i in range(steps):
    z = y * y                               z = y * y
    z_tape.append(z)                        z_tape[i] = z

An array takes 112 bytes beside its entries, so that a list of short ones is up to twice as large
as they are.  Long ones are not to pay for that: it is done where NumPy computes a row right there,
and where a list would hold a copy.  Lists of numbers are left, which come out of an array as
NumPy's, slower and of other habits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from chainrule.emit.containers.lengths_before import (
    LengthsBefore,
    at_least_none,
    in_place,
    whole_number,
)
from chainrule.emit.containers.tapes import READS, starts_empty
from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.made import is_made, ufunc_of
from chainrule.emit.memory.reuse import evaluated_in
from chainrule.emit.memory.views import is_update, is_view, root_of
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    ENUMERATE,
    RANGE,
    REVERSED,
    Attempt,
    Break,
    Continue,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    count_uses,
    defined_by,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import INT, OPAQUE, Array, Sequence, Type, dtype_of, unit_axes_of
from chainrule.primitives.arithmetic import add, divide, multiply, subtract
from chainrule.primitives.arrays.creation import empty, empty_like
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.effect import RAISE, Verbatim
from chainrule.primitives.extremes import python_max
from chainrule.primitives.sequence import append, copy, display, index, index_set, length, record
from chainrule.records import dataclass

# How many rows arrays have that were tapes.
Counts = dict[Value, Value]


def tapes_to_arrays(plan: Plan, multiplied: set[Value]) -> Counts:
    """Make one array of each such tape, and of those that are to be ``multiplied``.

    Of each array it is told how many rows it has.
    """
    counts: Counts = {}
    loops = [loop for loop in walk(plan.body) if isinstance(loop, For) and _recorded(loop)]
    if not loops or not _are_of_numpy(plan):
        return counts
    uses, liveness, webs = _Uses(plan), Liveness(plan), Webs(plan.body)
    homes = _Homes(plan)
    for loop in loops:
        # What ends it early would leave the rest of the array unused, however long that is.
        if runs_to_its_end(loop) and not homes.is_attempted(loop):
            lengths = LengthsBefore(plan, loop, homes.before(loop), liveness)
            block = homes.home[loop][1]
            recording = _Recording(plan, block, loop, uses, webs, lengths, multiplied, counts)
            recording.run()
    return counts


def _are_of_numpy(plan: Plan) -> bool:
    """Whether all arrays from outside are NumPy's: rows of others' are none to write into."""
    kinds = [given.kind for node, given in plan.graph.given.items() if unit_axes_of(node.type)]
    if any(kind is not None and kind.__module__ != "numpy" for kind in kinds):
        return False
    made = [each.value for each in walk(plan.body) if isinstance(each, Define)]
    lists = [value for value in made if isinstance(value.op, Verbatim)]
    # Of the arrays in lists from outside the class is not known.
    return not any(_holds_arrays(each.type) for each in (*plan.parameters.values(), *lists))


def _holds_arrays(kind: Type) -> bool:
    """Whether a list holds arrays, or lists of such."""
    while isinstance(kind, Sequence):
        kind = kind.item
        if isinstance(kind, Array):
            return True
    return False


class _Homes:
    """Of each loop the statement that it stands in, and the block."""

    def __init__(self, plan: Plan) -> None:
        self.given = list(plan.parameters.values())
        self.home: dict[Statement, tuple[Statement | None, list[Statement]]] = {}
        for outer in (None, *walk(plan.body)):
            for block in [plan.body] if outer is None else outer.blocks():
                self.home.update((each, (outer, block)) for each in block if each.blocks())

    def _around(self, statement: Statement) -> Iterator[Statement]:
        """A statement and all that it stands in."""
        inner: Statement | None = statement
        while inner is not None:
            yield inner
            inner = self.home[inner][0]

    def is_attempted(self, loop: For) -> bool:
        """Whether a loop stands within a ``try``."""
        return any(isinstance(each, Attempt) for each in self._around(loop))

    def before(self, loop: For) -> dict[Value, None]:
        """What certainly has its value where a loop begins."""
        found = dict.fromkeys(self.given)
        for outer in list(self._around(loop))[::-1]:
            block = self.home[outer][1]
            for statement in block[: block.index(outer)]:
                found.update(dict.fromkeys(defined_by(statement)))
            found.update(dict.fromkeys(defined_by(outer) if outer is not loop else ()))
        return found


def runs_to_its_end(loop: For) -> bool:
    """Whether a loop does all its steps, unless something fails."""
    return not loop.orelse and not any(
        isinstance(inner, (Break, Continue, Return))
        or (isinstance(inner, Define) and inner.value.op is RAISE)
        for inner in walk(loop.body)
    )


def _recorded(loop: For) -> list[tuple[Value, Value]]:
    """Lists of arrays that each step of a loop appends to, with what appends."""
    closing = loop.body[-1] if loop.body else None
    if not isinstance(closing, Move):
        return []
    made = {inner.value for inner in loop.body if isinstance(inner, Define)}
    return [
        (state, grown)
        for state, grown in zip(closing.targets, closing.sources, strict=True)
        if grown.op is append
        and grown.args[0] is state
        and grown in made
        and state.derivative
        and state.user_name is None
        and isinstance(state.type, Sequence)
        and isinstance(state.type.item, Array)
        and state.type.item.unit_axes
    ]


class _Uses:
    """How the lists of a function are used, and which arrays other containers hold."""

    def __init__(self, plan: Plan) -> None:
        self.assigned: Counter[Value] = Counter()
        self.appended: Counter[Value] = Counter()
        self.grown: Counter[Value] = Counter()
        # Lists of which more is asked than their entries.
        self.spoilt: set[Value] = set()
        self.held: set[Value] = set()
        for statement in walk(plan.body):
            self.assigned.update(defined_by(statement))
            if isinstance(statement, Move):
                self._moved(statement)
            elif not isinstance(statement, (Define, For)):
                self.spoilt.update(statement.reads())
            for value in evaluated_in(statement):
                self.evaluated_in(value)

    def _moved(self, move: Move) -> None:
        for source in move.sources:
            grows = source.op is append and source.args[0] in move.targets
            if not grows:
                self.spoilt.add(source)

    def evaluated_in(self, value: Value) -> None:
        if value.op is append:
            self.grown[value.args[0]] += 1
            self.appended[value.args[1]] += 1
            self.spoilt.add(value.args[1])
            return
        for place, arg in enumerate(value.args):
            read = value.op in READS and value.op is not copy
            if not read or (place and value.op not in (ENUMERATE, REVERSED)):
                self.spoilt.add(arg)
        if value.op in (display, record) or (is_update(value) and isinstance(value.type, Sequence)):
            self.held.update(value.args)

    def is_plain(self, tape: Value) -> bool:
        """Whether a list is filled in one place, and else only read entry by entry."""
        once = self.assigned[tape] == 2 and self.grown[tape] == 1
        return once and tape not in self.spoilt


def _shape(tape: Value, sizes: list[Value]) -> object:
    """What tapes have in common that are written alike."""
    return (tape.type, *map(spelled, sizes))


def spelled(size: Value) -> object:
    """What two lengths have in common that are written alike."""
    if not size.captive and size.op is not CONSTANT:
        return size
    return (size.op, size.params, *map(spelled, size.args))


@dataclass(frozen=True)
class _Recording:
    """A loop that records arrays, in the block where it stands."""

    plan: Plan
    block: list[Statement]
    loop: For
    uses: _Uses
    webs: Webs
    lengths: LengthsBefore
    multiplied: set[Value]
    counts: Counts

    @property
    def _closing(self) -> Move:
        closing = self.loop.body[-1]
        assert isinstance(closing, Move)
        return closing

    def run(self) -> None:
        steps = self._steps()
        if steps is None:
            return
        found: list[tuple[Value, Value, list[Value]]] = []
        for tape, grown in _recorded(self.loop):
            plain = self.uses.is_plain(tape) and self._is_worth(tape, grown.args[-1])
            sizes = (self.lengths.of(grown.args[-1]) or self._told(grown)) if plain else None
            if sizes is not None and self._begins_empty(tape):
                found.append((tape, grown, sizes))
        if not found:
            return
        number = self._number()
        made: list[Statement] = []
        alike: dict[object, Value] = {}
        if steps.op is python_max and len({_shape(tape, sizes) for tape, _, sizes in found}) > 1:
            steps.captive, steps.hint = False, "n_steps"
            made.append(Define(steps))
        for tape, grown, sizes in found:
            like = alike.setdefault(_shape(tape, sizes), tape)
            self._to_array(tape, grown, number)
            count = self._steps() if steps.captive else steps
            assert count is not None
            memory = self._memory(tape, like, [count, *sizes])
            made += [Define(memory), Move([tape], [memory])]
            self.counts[tape] = count
        at = self.block.index(self.loop)
        self.block[at:at] = made

    def _told(self, grown: Value) -> list[Value] | None:
        """The length of a vector that a matrix has been multiplied by when it is recorded."""
        entry, body = grown.args[-1], self.loop.body
        if grown.args[0] not in self.multiplied or self.webs.is_changed(root_of(_made_of(entry))):
            return None
        for statement in body[: next(k for k, each in enumerate(body) if _makes(each, grown))]:
            for value in evaluated_in(statement):
                if value.op is not matmul or entry not in value.args:
                    continue
                matrix = value.args[1 - value.args.index(entry)]
                lasts = matrix in self.lengths.before and not self.webs.is_changed(matrix)
                if lasts and getattr(matrix.type, "unit_axes", ()) == (False, False):
                    axis = value.args.index(entry)
                    return [in_place(dimension, [matrix], (axis, ("len", "shape")[axis]))]
        return None

    def _begins_empty(self, tape: Value) -> bool:
        """Take away the list with which a tape begins; whether there is one."""
        start = starts_empty(tape, self.block[: self.block.index(self.loop)])
        self.block[:] = [
            each for each in self.block if not (isinstance(each, Define) and each.value is start)
        ]
        return start is not None

    def _is_worth(self, tape: Value, entry: Value) -> bool:
        """Whether an array takes less than a list, and no pass over its entries more."""
        following = dict(zip(self._closing.targets, self._closing.sources, strict=True))
        if entry in following:
            new = following[entry]
            alike = [new]
            copied = self._is_rewritten(new) or self._takes_over(new, entry)
            lasting = copied and entry in self.plan.keeping
        else:
            alike = [state for state, source in following.items() if source is entry]
            there = not alike and (self._is_computed_there(entry) or _is_small_beside(entry))
            lasting = self._is_rewritten(entry) or there
        once = self.uses.appended[entry] == 1 and entry not in self.uses.held
        others = any(self.uses.appended[each] or each in self.uses.held for each in alike)
        return (lasting or tape in self.multiplied) and once and not others

    def _is_rewritten(self, value: Value) -> bool:
        """Whether steps write to an array, or to what it looks into: a list would hold copies."""
        root = _made_of(value)
        if is_view(root):
            owner = root_of(root)
            return isinstance(owner.type, Array) and self.webs.is_changed(owner)
        changed = root is not value or self.webs.is_changed(root)
        return root in self._closing.targets and changed

    def _takes_over(self, new: Value, state: Value) -> bool:
        """Whether ``y = y + e`` may be ``y += e`` where ``y`` is copied and not held."""
        sides = 2 if new.op in (add, multiply) else 1
        if new.op not in (add, subtract, multiply, divide) or state not in new.args[:sides]:
            return False
        return new.args.index(state) in new.whole and any(
            is_made(statement.sources[statement.targets.index(state)])
            for statement in self.block
            if isinstance(statement, Move) and state in statement.targets
        )

    def _is_computed_there(self, entry: Value) -> bool:
        """Whether NumPy may write what a step makes right into a row."""
        if not is_written_there(entry) or self.webs.is_changed(entry) or entry.captive:
            return False
        defined = any(isinstance(s, Define) and s.value is entry for s in self.loop.body)
        return defined and not self.lengths.liveness.at_end(self.loop, entry)

    def _record_first(self, grown: Value) -> None:
        """Record at once what is written over in the step: later it would need a copy."""
        entry = grown.args[-1]
        if entry.captive or not self.webs.is_changed(root_of(_made_of(entry))):
            return
        body = self.loop.body
        made = [k for k, s in enumerate(body) if isinstance(s, Define) and s.value is entry]
        if made or entry in self._closing.targets:
            records = next(s for s in body if isinstance(s, Define) and s.value is grown)
            body.remove(records)
            body.insert(made[0] + 1 if made else 0, records)

    def _compute_there(self, grown: Value) -> bool:
        """Let NumPy write its result right into the row; whether it can."""
        entry, body = grown.args[-1], self.loop.body
        if not self._is_computed_there(entry):
            return False
        made = next(s for s in body if isinstance(s, Define) and s.value is entry)
        there = Value(entry.op, entry.args, entry.params, entry.type, entry.origin, entry.serial)
        there.captive, there.whole = True, entry.whole
        records = next(s for s in body if isinstance(s, Define) and s.value is grown)
        body.remove(records)
        body.insert(body.index(made), records)
        grown.args[-1] = there
        # What reads the array reads the row from now on.
        entry.op, entry.args, entry.params = index, [grown, grown.args[1]], ()
        if not count_uses(body)[entry]:
            body.remove(made)
        elif entry.hint is None:
            recorded = (grown.args[0].hint or "").removesuffix("_tape")
            entry.hint = None if hasattr(math, recorded) else recorded or None
        self.plan.filled.add(grown)
        return True

    def _to_array(self, tape: Value, grown: Value, number: Value) -> None:
        """Let a tape be an array, of which each step fills a row."""
        listed = tape.type
        assert isinstance(listed, Sequence) and isinstance(listed.item, Array)
        tape.type = Array(listed.item.dtype, (False, *listed.item.unit_axes))
        grown.op, grown.args, grown.params = index_set, [tape, number, grown.args[-1]], ()
        grown.type = tape.type
        self.plan.keeping.add(tape)
        if not self._compute_there(grown):
            self._record_first(grown)

    @staticmethod
    def _memory(tape: Value, like: Value, sizes: list[Value]) -> Value:
        """The array that is filled: as an earlier one is, or of these lengths."""
        if like is not tape:
            return Value(
                empty_like, [like], (None, "function"), tape.type, tape.origin, tape.serial
            )
        dtype = dtype_of(tape.type)
        params = (None if dtype == "float64" else dtype, "function")
        return Value(empty, sizes, params, tape.type, tape.origin, tape.serial)

    # --- the number of steps ---------------------------------------------------------------

    def _steps(self) -> Value | None:
        """How many steps the loop has, written before it."""
        header = self.loop.iterable
        if header.op is RANGE:
            start, stop, step = header.args
            if step.op is not CONSTANT or step.params[0] != 1 or start.captive or stop.captive:
                return None
            if start.op is stop.op is CONSTANT:
                return whole_number(len(range(start.params[0], stop.params[0])))
            if start.op is CONSTANT and start.params[0] == 0:
                counted = stop.op is length or stop.op is dimension
                return stop if counted else at_least_none(stop)
            return at_least_none(in_place(subtract, [stop, start]))
        base = header.args[0] if header.op is ENUMERATE and len(header.args) == 1 else header
        if base.captive or not isinstance(base.type, (Array, Sequence)):
            return None
        changed = {value for inner in walk(self.loop.body) for value in defined_by(inner)}
        written = {
            value.args[0]
            for inner in walk(self.loop.body)
            for value in evaluated_in(inner)
            if is_update(value)
        }
        if base in changed | written:
            return None
        is_array = isinstance(base.type, Array)
        op, params = (dimension, (0, "len")) if is_array else (length, ())
        for value in self.lengths.before:
            if value.op is op and value.args == [base] and value.params[:1] == params[:1]:
                return value
        return in_place(op, [base], params)

    def _number(self) -> Value:
        """The number of the step, less what the loop begins with."""
        loop = self.loop
        if loop.iterable.op is RANGE:
            start = loop.iterable.args[0]
            assert isinstance(loop.target, Value)
            if start.op is CONSTANT and start.params[0] == 0:
                return loop.target
            return in_place(subtract, [loop.target, start])
        if loop.iterable.op is ENUMERATE:
            number = loop.target[0]
            assert isinstance(number, Value)
            return number
        number = Value(loop.target.op, [], (), INT, loop.origin, loop.iterable.serial)
        number.hint = "i"
        loop.target = [number, loop.target]
        header = Value(ENUMERATE, [loop.iterable], (), OPAQUE, loop.origin, loop.iterable.serial)
        header.captive = True
        loop.iterable = header
        return number


def _makes(statement: Statement, value: Value) -> bool:
    return isinstance(statement, Define) and statement.value is value


def is_written_there(value: Value) -> bool:
    """Whether what computes an array may be told where to write, and its message is the same.

    An operator of the user's stays one.  Of other matrices than products the order in memory is
    not known.
    """
    if value.user_name is not None and getattr(value.op, "symbol", None) is not None:
        return False
    if value.op is matmul:
        return True
    alone = all(k in value.whole or not unit_axes_of(arg.type) for k, arg in enumerate(value.args))
    line = len(unit_axes_of(value.type)) == 1 and bool(value.whole)
    return alone and line and ufunc_of(value) is not None


def _is_small_beside(value: Value) -> bool:
    """Whether an array is small beside what it is made of: a matrix times a vector."""
    lines = len(unit_axes_of(value.type)) == 1
    return value.op is matmul and lines and any(len(unit_axes_of(a.type)) > 1 for a in value.args)


def _made_of(value: Value) -> Value:
    """The array of which a value is a later version."""
    while is_update(value) and isinstance(value.type, Array):
        value = value.args[0]
    return value
