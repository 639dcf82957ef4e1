"""Sums of outer products over the steps of a loop, as one product of matrices.

for i in reversed(range(n)):                for i in reversed(range(n)):
    z_bar = y_bar / slope(z_tape[i])            z_bar = np.divide(..., out=z_tape[i])
    A_bar += np.outer(z_bar, x_tape[i])     A_bar += z_tape.T @ x_tape

The rows of the one matrix have been recorded, or are the caller's; those of the other take the
places of what was recorded and no later step reads, so that no memory is needed for them.  A
product of matrices takes a tenth of the time, and saves an array for each step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chainrule.emit.containers.array_tapes import (
    Counts,
    is_written_there,
    runs_to_its_end,
    spelled,
)
from chainrule.emit.containers.lengths_before import whole_number
from chainrule.emit.flow.unused import drop_unused
from chainrule.emit.memory.made import is_made
from chainrule.emit.memory.reuse import evaluated_in
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    RANGE,
    REVERSED,
    VARIABLE,
    ZIP,
    Attempt,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    blocks_of,
    captives,
    count_uses,
    walk,
)
from chainrule.graph.block import CONSTANT, PARAMETER
from chainrule.graph.types import BOOL, FLOAT, INT, OPAQUE, Array
from chainrule.primitives.arithmetic import add, negative, subtract
from chainrule.primitives.arrays.creation import zeros_like
from chainrule.primitives.arrays.linear_algebra import matmul, outer
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.shaping import dimension, transpose
from chainrule.primitives.extremes import python_max
from chainrule.primitives.sequence import index, index_set
from chainrule.records import dataclass


@dataclass(frozen=True)
class _Term:
    """``link`` adds the outer product ``made`` to a running sum, or takes it away."""

    link: Value
    made: Value


def rows_of_outer_products(plan: Plan) -> set[Value]:
    """The lists of which each step of a loop reads an entry for an outer product that it adds.

    Among them are those whose entries the other sides of such products can take the places of.
    """
    found: set[Value] = set()
    if not _has_outer_products(plan):
        return found
    uses = count_uses(plan.body)
    for _, loop in _loops(plan):
        rows = _rows(loop)
        for _, terms in _sums(loop, uses):
            for sides in (term.made.args for term in terms):
                for row, other in (sides, sides[::-1]):
                    alike = [rows[each] for each in _as_long(other) if each in rows]
                    if row in rows and alike:
                        found.update((rows[row], *alike))
    return found


def multiply_rows(plan: Plan, counts: Counts) -> None:
    """Multiply matrices of rows behind such loops; ``counts`` tells how many rows tapes have."""
    attempted = any(isinstance(each, Attempt) for each in walk(plan.body))
    # What follows a step that fails may read the rows.
    if attempted or not _has_outer_products(plan):
        return
    changed = False
    totals: set[Value] = set()
    uses = count_uses(plan.body)
    for block, loop in _loops(plan):
        sums = list(_sums(loop, uses))
        rows = _zipped(loop) or []
        before = loop.target, loop.iterable
        if not sums or not (_by_number(loop, rows, counts) if rows else _steps(loop)):
            continue
        kept: dict[Value, Value] = {}
        made = [_Sum(plan, block, loop, counts, kept, totals, *each).run() for each in sums]
        if any(made):
            changed, uses = True, count_uses(plan.body)
        elif rows:
            loop.target, loop.iterable = before
            loop.body[:] = loop.body[len(rows) :]
            for row, _ in rows:
                row.op, row.args = VARIABLE, []
    if changed:
        drop_unused(plan)


def _has_outer_products(plan: Plan) -> bool:
    """Whether anything is an outer product."""
    return any(isinstance(each, Define) and each.value.op is outer for each in walk(plan.body))


def _loops(plan: Plan) -> list[tuple[list[Statement], For]]:
    """The loops that are run to their ends, with where they stand."""
    return [
        (block, each)
        for block in blocks_of(plan.body)
        for each in block
        if isinstance(each, For) and runs_to_its_end(each)
    ]


def _rows(loop: For) -> dict[Value, Value]:
    """The entries of this step that a loop reads, with what each is an entry of."""
    found = dict(_zipped(loop) or ())
    for each in loop.body:
        if isinstance(each, Define) and _is_row(each.value, loop):
            found[each.value] = each.value.args[0]
    return found


def _zipped(loop: For) -> list[tuple[Value, Value]] | None:
    """The variables of a loop over lists or arrays from their ends, with these."""
    header = loop.iterable
    several = header.op is ZIP
    parts = header.args if several else [header]
    targets = loop.target if several else [loop.target]
    if not all(part.op is REVERSED and part.captive and not part.args[0].captive for part in parts):
        return None
    if not all(isinstance(target, Value) for target in targets):
        return None
    return list(zip(targets, [part.args[0] for part in parts], strict=True))


def _by_number(loop: For, rows: list[tuple[Value, Value]], counts: Counts) -> bool:
    """Let a loop over rows of tapes run over their numbers; whether it can."""
    count = counts.get(rows[0][1])
    if count is None or any(tape not in counts for _, tape in rows):
        return False
    steps = count.args[0] if count.op is python_max else count
    if not all(_is_as_many(counts[tape], steps) for _, tape in rows):
        return False
    number = Value(VARIABLE, [], (), INT, loop.origin, loop.iterable.serial)
    number.hint = "_"
    over = Value(RANGE, [whole_number(0), steps, whole_number(1)], (), OPAQUE, loop.origin)
    header = Value(REVERSED, [over], (), OPAQUE, loop.origin, loop.iterable.serial)
    over.captive = header.captive = True
    loop.target, loop.iterable = number, header
    for row, tape in rows:
        row.op, row.args = index, [tape, number]
    loop.body[:0] = [Define(row) for row, _ in rows]
    return True


def _steps(loop: For) -> Value | None:
    """How many steps a loop has that begins, or ends, at 0."""
    header = loop.iterable
    if header.op is REVERSED and header.args[0].captive:
        header = header.args[0]
    if header.op is not RANGE or not isinstance(loop.target, Value):
        return None
    start, stop, step = header.args
    plain = start.op is step.op is CONSTANT and (*start.params, *step.params) == (0, 1)
    return stop if plain else None


def _sums(loop: For, uses: Counter[Value]) -> Iterator[tuple[Value, list[_Term]]]:
    """The states of a loop to which a step adds outer products, with these."""
    closing = loop.body[-1] if loop.body else None
    if not isinstance(closing, Move):
        return
    within = count_uses(loop.body)
    made = {each.value for each in loop.body if isinstance(each, Define)}
    for state, source in zip(list(closing.targets), list(closing.sources), strict=True):
        terms: list[_Term] = []
        link = source
        while link.op in (add, subtract) and link in made and uses[link] == 1 and link.derivative:
            base, term = link.args
            if term.op is outer and term in made and uses[term] == 1 and term.type == link.type:
                terms.append(_Term(link, term))
            link = base
        if link is state and within[state] == 1 and terms:
            yield state, terms


def _is_row(value: Value, loop: For) -> bool:
    """Whether a value is the entry of this step."""
    return value.op is index and value.args[1:] == [loop.target]


@dataclass(frozen=True)
class _Sum:
    """The running sum ``state`` of a loop that stands in ``block``.

    ``kept`` are the arrays into which steps write values, by these, and ``totals`` the sums that
    were made behind earlier loops.
    """

    plan: Plan
    block: list[Statement]
    loop: For
    counts: Counts
    kept: dict[Value, Value]
    totals: set[Value]
    state: Value
    terms: list[_Term]

    @property
    def _closing(self) -> Move:
        closing = self.loop.body[-1]
        assert isinstance(closing, Move)
        return closing

    def run(self) -> bool:
        """Take out what can be multiplied behind the loop; whether there is anything."""
        begins = [each for each in walk(self.plan.body) if isinstance(each, Move)]
        begins = [each for each in begins if self.state in each.targets]
        lonely = len(self._closing.targets) == 1
        if lonely or begins[1:] != [self._closing] or begins[0] not in self.block:
            return False
        products = [(term, product) for term in self.terms if (product := self._product(term))]
        if not products:
            return False
        begin = begins[0]
        total = self._begun(begin, products)
        behind: list[Statement] = []
        for term, product in products:
            behind += [Define(product.args[0]), Define(product)]
            total = self._added(total, term, product, behind)
        assert total is not None
        self.totals.add(total)
        mapping = {self.state: total}
        for each in walk(self.plan.body):
            if each not in self.loop.body and each is not begin:
                each.replace_reads(mapping)
        at = self.block.index(self.loop) + 1
        self.block[at:at] = behind
        self.block[:] = [each for each in self.block if each is not begin or begin.targets]
        return True

    # --- the matrices -----------------------------------------------------------------------

    def _product(self, term: _Term) -> Value | None:
        """The product of matrices that is the sum of an outer product over all steps."""
        sides = [self._matrix(row) for row in term.made.args]
        for k, row in enumerate(term.made.args):
            if sides[k] is None and sides[1 - k] is not None:
                sides[k] = self._kept(row, sides[1 - k])
        left, right = sides
        if left is None or right is None:
            return None
        made = term.made
        turned = Value(transpose, [left], (None, "method"), left.type, made.origin, made.serial)
        product = Value(matmul, [turned, right], made.params, made.type, made.origin, made.serial)
        product.hint = made.hint
        return product

    def _matrix(self, row: Value) -> Value | None:
        """The array of which each step reads a row, if it reads all of them."""
        steps = _steps(self.loop)
        if steps is None or not _is_row(row, self.loop):
            return None
        matrix = row.args[0]
        if not isinstance(matrix.type, Array) or matrix.type.unit_axes != (False, False):
            return None
        if matrix in self.counts:
            return matrix if _is_as_many(self.counts[matrix], steps) else None
        counted = steps.op is dimension and steps.params[0] == 0 and steps.args == [matrix]
        if not counted or matrix.op is not PARAMETER:
            return None
        return None if Webs(self.plan.body).is_changed(matrix) else matrix

    def _kept(self, row: Value, other: Value | None) -> Value | None:
        """The recorded array into whose rows the steps write ``row``; None where there is none."""
        if row in self.kept:
            return self.kept[row]
        at = next((k for k, each in enumerate(self.loop.body) if _defines(each, row)), None)
        if at is None or row.captive or not is_made(row):
            return None
        for tape in self.counts:
            if tape is not other and self._is_replaceable(tape, row, at):
                self.kept[row] = self._write(tape, row, at)
                return self.kept[row]
        return None

    def _is_replaceable(self, tape: Value, row: Value, at: int) -> bool:
        """Whether nothing reads a row of ``tape`` once a step has computed ``row``."""
        kind, steps = row.type, _steps(self.loop)
        assert isinstance(kind, Array) and steps is not None
        if tape.type != Array(kind.dtype, (False, *kind.unit_axes)):
            return False
        if not _is_as_many(self.counts[tape], steps):
            return False
        before = {id(each) for each in self.loop.body[: at + 1]}
        reads = [
            (each, value)
            for each in walk(self.plan.body)
            for value in evaluated_in(each)
            if value.op is index and _tape_of(value.args[0]) is tape
        ]
        own = [value for each, value in reads if id(each) in before]
        elsewhere = any(value.args[0] is tape and value not in own for _, value in reads)
        if not own or elsewhere or not all(_is_row(value, self.loop) for value in own):
            return False
        if not self._is_as_long(row, own):
            return False
        rows = {value for _, value in reads}
        return all(
            self._is_harmless(each, tape, rows, own, before) for each in walk(self.plan.body)
        )

    def _is_as_long(self, row: Value, rows: list[Value]) -> bool:
        """Whether an array certainly has as many entries as the rows of a tape."""
        nodes = self.plan.nodes
        own, other = nodes.get(row), nodes.get(rows[0])
        if own is not None and other is not None and lengths_of(own) == lengths_of(other):
            return True
        return any(each in rows for each in _as_long(row))

    @staticmethod
    def _is_harmless(
        statement: Statement, tape: Value, rows: set[Value], own: list[Value], before: set[int]
    ) -> bool:
        """Whether a statement keeps no row of the tape, and reads none that was replaced."""
        if isinstance(statement, Move):
            pairs = zip(statement.targets, statement.sources, strict=True)
            return all(
                source not in rows and (_tape_of(source) is not tape or target is tape)
                for target, source in pairs
            )
        computed = list(evaluated_in(statement))
        read = {arg for value in computed for arg in value.args}
        if not isinstance(statement, Define):
            read |= set(statement.reads())
            return not any(each in rows or _tape_of(each) is tape for each in read)
        for value in computed:
            held = [arg for arg in value.args if arg in rows]
            if held and not (is_made(value) or _is_number_of(value)):
                return False
            if any(arg in own for arg in held) and id(statement) not in before:
                return False
            whole = [arg for arg in value.args if _tape_of(arg) is tape]
            if whole and value.op is index and value in own and id(statement) not in before:
                return False
            if whole and value.op is not index and _tape_of(value) is not tape:
                return False
        return True

    def _write(self, tape: Value, row: Value, at: int) -> Value:
        """Let each step put ``row`` in the place of what was recorded; the array after the loop."""
        body, closing = self.loop.body, self._closing
        state = Value(VARIABLE, [], (), tape.type, tape.origin, tape.serial)
        state.hint = tape.hint
        for each in walk(body):
            for value in evaluated_in(each):
                if value.op is index and value.args[0] is tape:
                    value.args[0] = state
        written = Value(index_set, [state, self.loop.target, row], (), tape.type, row.origin,
                        row.serial)  # fmt: skip
        written.hint = tape.hint
        if is_written_there(row) and row not in closing.sources:
            there = Value(row.op, row.args, row.params, row.type, row.origin, row.serial)
            there.captive, there.whole = True, row.whole
            written.args[-1] = there
            row.op, row.args, row.params = index, [written, self.loop.target], ()
            body.insert(at, Define(written))
            self.plan.filled.add(written)
        else:
            body.insert(at + 1, Define(written))
        closing.targets.append(state)
        closing.sources.append(written)
        self.block.insert(self.block.index(self.loop), Move([state], [tape]))
        self.plan.states.add(state)
        self.plan.keeping.add(state)
        return state

    # --- the sum ------------------------------------------------------------------------------

    def _begun(self, begin: Move, products: list[tuple[_Term, Value]]) -> Value | None:
        """What the products are added to; None is zero."""
        closing = self._closing
        for term, _ in products:
            base = term.link.args[0]
            self.loop.body[:] = [e for e in self.loop.body if not _defines(e, term.link)]
            self.loop.body[:] = [e for e in self.loop.body if not _defines(e, term.made)]
            for each in walk(self.loop.body):
                each.replace_reads({term.link: base})
        if self.state not in closing.sources:
            return self.state
        # The loop adds nothing else.
        k = closing.targets.index(self.state)
        del closing.targets[k], closing.sources[k]
        k = begin.targets.index(self.state)
        start = begin.sources[k]
        if start in self.totals:
            # Computed behind this loop it would keep the matrices alive.
            return self.state
        del begin.targets[k], begin.sources[k]
        self.plan.states.discard(self.state)
        return None if start.op is zeros_like else start

    def _added(
        self, total: Value | None, term: _Term, product: Value, behind: list[Statement]
    ) -> Value:
        """The sum with one product more, or less."""
        link = term.link
        op = link.op
        args = [product] if total is None else [total, product]
        if total is None:
            if op is add:
                product.hint = link.hint
                return product
            op = negative
        made = Value(op, args, (), link.type, link.origin, link.serial)
        made.hint, made.whole = link.hint, (0,) if total is None else link.whole
        behind.append(Define(made))
        return made


def _as_long(array: Value) -> Iterator[Value]:
    """What an array is made of that certainly has as many entries."""
    stack = [array]
    while stack:
        value = stack.pop()
        yield value
        stack.extend(value.args[k] for k in value.whole)


def _defines(statement: Statement, value: Value) -> bool:
    return isinstance(statement, Define) and statement.value is value


def _is_as_many(count: Value, steps: Value) -> bool:
    """Whether a tape has as many rows as a loop has steps."""
    counted = count.args[0] if count.op is python_max else count
    read = [counted, *captives(counted)]
    return all(each.op is not VARIABLE for each in read) and spelled(counted) == spelled(steps)


def _tape_of(value: Value) -> Value:
    """The array that a value is, or is a later version of."""
    while value.op is index_set:
        value = value.args[0]
    return value


def _is_number_of(value: Value) -> bool:
    """Whether a value holds on to nothing that it is made of."""
    return value.type in (FLOAT, INT, BOOL)
