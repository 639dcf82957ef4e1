"""Products of matrices are written into arrays of their shape that nobody needs any more.

    hidden = np.tanh(X @ W)
    ...
    V_bar = hidden.T @ scores_bar
    np.divide(np.matmul(scores_bar, V.T, out=hidden), slope, out=slope)

It is done where the two shapes are certainly one, unless NumPy itself writes what is computed of
the product over it, as in ``0.5 * (a @ b)``.  What is returned and alone still needs the array is
computed before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.made import makes_array
from chainrule.emit.memory.reuse import COMMUTING, OPERATORS, SharedMemory
from chainrule.emit.plan import (
    INTO,
    VARIABLE,
    Define,
    Plan,
    Return,
    Statement,
    Value,
    captives,
    reads_deep,
)
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.sequence import display, record

# What makes less of arrays.
SUMMING = ("matmul", "einsum", "array_sum")


def use_scratch(plan: Plan) -> bool:
    """Write products over arrays that are dead; whether there were any."""
    return bool(plan.room) and _Scratch(plan).run()


class _Scratch:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.memory = SharedMemory(plan, [*plan.owned, *plan.into.items()])
        self.order = {statement: k for k, statement in enumerate(plan.body)}
        self.made: dict[Value, int] = {}
        # What is computed where it is returned, but may be before: by what it is computed of.
        self.returned: dict[Value, list[Value]] = {}
        last = plan.body[-1]
        answered = isinstance(last, Return) and last.value.captive
        self.late = list(_summed_in(last.reads()[0])) if answered else []
        for value in self.late:
            for read in _named(value):
                self.returned.setdefault(read, []).append(value)
        self.liveness = Liveness(plan, self._reads)

    def _reads(self, statement: Statement) -> list[Value]:
        if isinstance(statement, Return) and statement.value.captive:
            return list(_named(statement.value, set(self.late)))
        return reads_deep(statement)

    def run(self) -> bool:
        """Go through the statements that always run; whether any product is written so."""
        changed = False
        for statement in list(self.plan.body):
            if isinstance(statement, Define):
                for product in _kept_apart(statement.value, self.plan):
                    changed |= self._place(product, statement)
                self.made[statement.value] = self.order[statement]
        return changed

    def _place(self, product: Value, statement: Define) -> bool:
        """Write a product over a dead array; whether there is one."""
        own = {statement.value, *reads_deep(statement)}
        for array in reversed(self.plan.room[product]):
            if array in self.made and self._frees(array, statement, own):
                called = product.op.callables[0]  # type: ignore[attr-defined]
                product.op, product.params, product.args = INTO, (called,), [*product.args, array]
                if not makes_array(statement.value):
                    # It is the product, or may look into it.
                    self.memory.take(statement.value, array)
                return True
        return False

    def _frees(self, array: Value, statement: Define, own: set[Value]) -> bool:
        """Whether nobody needs the memory of an array, when what is returned has been computed."""
        members = self.memory.of(array)
        if members is None or not makes_array(array):
            return False
        if any(one in own or self.liveness.after(statement, one) for one in members):
            return False
        early = dict.fromkeys(
            value for one in members for value in self.returned.get(one, ()) if value.captive
        )
        return not early or self._compute(sorted(early, key=lambda one: one.serial), statement)

    def _answers(self, statement: Statement, line: tuple[str, int]) -> bool:
        """Whether a statement of the plan, not one that was put in, answers a line."""
        return statement in self.order and _line(statement) == line

    def _compute(self, early: list[Value], statement: Define) -> bool:
        """Compute what is returned before what answers the line of ``statement``, if it can be."""
        body = self.plan.body
        place, line = body.index(statement), _line(statement)
        while place and line and self._answers(body[place - 1], line):
            place -= 1
        for read in (read for each in early for read in _named(each)):
            made = self.made.get(read, len(body)) < self.order[body[place]]
            if not made and (not read.leaf or read.op is VARIABLE):
                return False
        for each in early:
            each.captive = False
        body[place:place] = [Define(each) for each in early]
        return True


def _summed_in(value: Value) -> Iterator[Value]:
    """The sums and products of arrays that an answer is put together of."""
    for arg in value.args if value.op in (display, record) else ():
        if arg.captive and arg.op.name in SUMMING and arg.derivative and unit_axes_of(arg.type):
            yield arg
        elif arg.captive:
            yield from _summed_in(arg)


def _named(root: Value, without: Collection[Value] = ()) -> Iterator[Value]:
    """The values that an expression reads, but for some parts of it."""
    stack = list(root.args)
    while stack:
        value = stack.pop()
        if value.captive and value not in without:
            stack.extend(value.args)
        elif not value.captive:
            yield value


def _line(statement: Statement) -> tuple[str, int] | None:
    value = statement.value if isinstance(statement, Define) else None
    position = None if value is None or not value.derivative else value.origin.position
    return None if position is None else (position.file, position.line)


def _kept_apart(root: Value, plan: Plan) -> list[Value]:
    """The products on a line over which nothing else is written."""
    found = [root]
    for value in (root, *captives(root)):
        saved: list[Value] = []
        if value.op in OPERATORS and value not in plan.into:
            first, second = value.args[:2]
            saved = [first]
            if value.op in COMMUTING and not (first.captive and makes_array(first)):
                saved.append(second)
        found += [arg for arg in value.args if arg.captive and arg not in saved]
    return [value for value in found if value in plan.room and value.op is not INTO]
