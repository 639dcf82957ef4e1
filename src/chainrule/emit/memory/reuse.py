"""Arrays that are not needed any more take the results of what is computed from them.

``z_bar = (1.0 / (1.0 + np.exp(-z)) - y) / n`` makes four arrays, the last two of which NumPy saves
by itself.  Where ``z`` has no further use none has to be made::

    z_bar = np.negative(z, out=z)
    np.exp(z_bar, out=z_bar)
    z_bar += 1.0
    ...

That takes more lines, so it is done only where NumPy makes an array that can be saved: operators
whose first argument is an expression write over it as it is.  Of f's own statements only those
are changed in which a function is applied to an expression, as in ``y = np.exp(x - a)``.  What is
written over is an array of the function's own making, of the same type and certainly of the same
shape, of which nothing that is needed later has a part.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import field
from typing import Any

from chainrule.emit.memory.made import is_entrywise, is_made, is_worth, makes_array, ufunc_of
from chainrule.emit.memory.reads_of_lines import LineReads
from chainrule.emit.memory.views import is_update, is_view
from chainrule.emit.names import Names
from chainrule.emit.plan import (
    LAZY,
    VARIABLE,
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    captives,
    defined_by,
    ordered,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.classes import Classes
from chainrule.graph.types import (
    DYNAMIC,
    FLOAT,
    OPAQUE,
    Array,
    Record,
    Sequence,
    Type,
    dtype_of,
    unit_axes_of,
)
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.arrays.indexing import section_set
from chainrule.primitives.declare import TABLE
from chainrule.primitives.effect import CALL, Effect, Verbatim
from chainrule.primitives.elementary import reciprocal
from chainrule.primitives.saturation import LARGEST
from chainrule.records import dataclass

OPERATORS = (add, subtract, multiply, divide)
COMMUTING = (add, multiply)
# What bounds an array goes on under its name; what is an exponential of it has one of its own.
RAISING = ("maximum", "minimum")
# Formulas that are one operation, as steps from the inside out: each a function of NumPy and the
# number that it takes besides.
LIMIT = object()
WRITTEN_OUT: dict[str, tuple[tuple[str, Any], ...]] = {
    "logistic": (("negative", None), ("exp", None), ("add", 1.0), ("reciprocal", None)),
    "cosh_squared": (("absolute", None), ("minimum", LIMIT), ("cosh", None), ("square", None)),
}
# In steps it would be five lines, as an expression of an expression it is one.
SHORT = ("cosh_squared",)
# Less lines more than this may one array less take.
LINES = 3


def reuse(plan: Plan, names: Names) -> bool:
    """Break up expressions whose parts can be written over arrays that are dead; whether any can.

    Arrays that would be returned as copies count among them.
    """
    return _Reuse(plan, names).run()


@dataclass
class _Chain:
    """Steps from the inside out, each written over what the one before has made.

    ``saved`` is how many arrays less are made than by the expression as it stands.
    """

    base: Value
    steps: list[Value] = field(default_factory=list)
    saved: int = 0

    @property
    def worth(self) -> tuple[bool, int, bool]:
        """The chain for which this is largest is the best."""
        return self.pays, self.saved, not self.base.captive

    @property
    def pays(self) -> bool:
        """Whether what is saved is worth the lines."""
        if self.base.captive and self.steps and self.steps[-1].derivative:
            return self.saved > 1 and is_worth(self.base) and len(self.steps) < LINES * self.saved
        # What has a name takes a line anyway.
        more = len(self.steps) - (bool(self.steps) and not self.steps[-1].captive)
        return self.saved > 0 and (len(self.steps) == 1 or more < LINES * self.saved)


class _Reuse:
    def __init__(self, plan: Plan, names: Names) -> None:
        self.plan = plan
        self.names = names
        self.liveness = names.liveness
        self.memory = SharedMemory(plan)
        self.gives_away = False
        # Of the line that is looked at, as long as it stays as it is.
        self.reads: LineReads | None = None
        self.chains: dict[Value, _Chain] = {}

    def run(self) -> bool:
        before = len(self.plan.into)
        self._block(self.plan.body)
        for statement in walk(self.plan.body):
            if isinstance(statement, Return):
                self._give_away(statement)
            elif isinstance(statement, Define) and _fills_part(statement.value):
                self.plan.filled.add(statement.value)
        return self.gives_away or len(self.plan.into) > before

    def _give_away(self, statement: Return) -> None:
        """Return arrays of the function's own making themselves where it would return a copy."""
        for user in (statement.value, *captives(statement.value)):
            if user.captive or user is statement.value:
                for k, arg in enumerate(user.args):
                    user.args[k] = self._uncopied(arg, statement)
        statement.value = self._uncopied(statement.value, statement)

    def _uncopied(self, value: Value, statement: Return) -> Value:
        if value.op is not array_copy or not value.captive or not value.derivative:
            return value
        (array,) = value.args
        if array.captive and array.type == value.type and makes_array(array):
            self.gives_away = True
            return array
        members = self.memory.of(array)
        if array.captive or members is None or array.type != value.type or not is_made(array):
            return value
        if members.intersection(_looked_into(statement.value)):
            return value
        self.gives_away = True
        return array

    def _block(self, statements: list[Statement]) -> None:
        position = 0
        while position < len(statements):
            statement = statements[position]
            for block in statement.blocks():
                self._block(block)
            if isinstance(statement, (Define, Move, Return)):
                made = self._steps(statement)
                statements[position:position] = [Define(value) for value in made]
                position += len(made)
            position += 1

    def _steps(self, statement: Define | Move | Return) -> list[Value]:
        """What is to be computed before ``statement``, in order."""
        line = [statement.value] if isinstance(statement, Define) else statement.reads()
        made: list[Value] = []
        self._changed()
        for touches in (self._scales_some, self._hides_some):
            for value in list(evaluated_in(statement)):
                if touches(value, statement):
                    made += [value] if value.captive else []
                    value.captive = False
                    self._changed()
        if any(ordered(value) for root in line for value in (root, *captives(root))):
            if isinstance(statement, Define):
                chain = self._chain(statement.value, statement)
                if chain.pays and _is_evaluated_first(chain):
                    self._break_up(chain, statement.value, made)
        else:
            for root in line:
                if root.captive or isinstance(statement, Define):
                    self._inside(root, statement, made)
        if isinstance(statement, Define) and made and made[-1] is statement.value:
            made.pop()
        return made

    def _inside(self, value: Value, statement: Statement, made: list[Value]) -> None:
        """Break up what can be inside an expression; what is computed is added to ``made``."""
        if value.op in LAZY or value.repeated:
            return
        chain = self._chain(value, statement)
        inner = [value]
        alone = len(chain.steps) == 1 and value.captive and not isinstance(statement, Return)
        if alone or self._has_a_place(value, statement):
            # It would take a statement more, for an array that is gone with the line.
            chain = _Chain(value)
        # What is broken up inside no longer tells whether the whole was worth it.
        pays = chain.pays
        if pays:
            inner = [*([chain.base] if chain.base.captive else ()), *chain.steps]
        for step in inner:
            for arg in step.args:
                if arg.captive and arg not in inner:
                    self._inside(arg, statement, made)
        if pays:
            self._break_up(chain, value, made)

    def _has_a_place(self, value: Value, statement: Statement) -> bool:
        """Whether NumPy computes a value where a statement puts it."""
        written = statement.value if isinstance(statement, Define) else None
        return written in self.plan.filled and written is not None and value is written.args[-1]

    def _scales_some(self, value: Value, statement: Statement) -> bool:
        """Whether ``np.where(mask, 0.5 * x, x)`` is written over ``x``: few entries are touched."""
        if value.op.name != "where" or not value.derivative or 2 not in value.whole:
            return False
        mask, then, x = value.args
        if then.op is not multiply or not then.captive or x.captive or x not in then.args:
            return False
        factor = then.args[1 - then.args.index(x)]
        if factor.op is not CONSTANT or not self._may_be_touched(x, value, statement):
            return False
        value.op, value.args = multiply, [factor, x, mask]
        self._called(value, x)
        self.plan.into[value] = x
        return True

    def _hides_some(self, value: Value, statement: Statement) -> bool:
        """Whether ``np.where(mask, x, 0.0)`` is written over ``x``, of which the rest stays."""
        if value.op.name != "where" or not value.derivative or not unit_axes_of(value.args[0].type):
            return False
        for position in (1, 2):
            x, other = value.args[position], value.args[3 - position]
            whole = position in value.whole and x.type == value.type and not x.captive
            whole = whole and not any(unit_axes_of(x.type)) and x.user_name is None
            hidden = other.op is CONSTANT and other.params[0] == 0
            if whole and hidden and self._may_be_touched(x, value, statement):
                self._called(value, x)
                self.plan.into[value] = x
                return True
        return False

    def _called(self, value: Value, old: Value) -> None:
        """Let an array that has no name of its own be called as what becomes of it."""
        line = [old]
        while line[-1] in self.plan.into:
            line.append(self.plan.into[line[-1]])
        if any(one.hint is not None or not one.derivative for one in line):
            value.hint = None
        for one in line if value.hint is not None else ():
            one.hint = value.hint

    def _may_be_touched(self, x: Value, value: Value, statement: Statement) -> bool:
        """Whether ``value``, which alone still needs ``x``, may be made in its memory."""
        members = self.memory.of(x)
        if members is None or not self._is_free(x, value, statement):
            return False
        return all(makes_array(one) or _looks_in(one) for one in members)

    def _break_up(self, chain: _Chain, root: Value, made: list[Value]) -> None:
        """Make a statement of each step of a chain."""
        before, hint = chain.base, root.hint
        self._changed()
        if before.captive:
            if hint is None and root.user_name is None and not root.captive:
                hint = self.names[root]
            before.captive, before.hint = False, hint
            made.append(before)
        elif root.captive:
            # What would not have had a name is called as what it is written over.
            hint = None
        for step in chain.steps:
            if step.op.name in WRITTEN_OUT:
                before = self._write_out(step, before, hint, made)
            if step.op is divide and step.args[1] is before and _is_one(step.args[0]):
                step.op, step.args, step.whole = reciprocal, [before], (0,)
            self.plan.into[step] = before
            step.captive, step.hint = False, hint
            made.append(step)
            before = step

    def _write_out(self, value: Value, base: Value, hint: str | None, made: list[Value]) -> Value:
        """A formula in steps over ``base``, of which ``value`` becomes the last; the one before."""
        steps = WRITTEN_OUT[value.op.name]
        for name, number in steps:
            op = TABLE[name]
            args = [base] if number is None else [base, _number(number, value)]
            if name == "add":
                args.reverse()
            if (name, number) == steps[-1]:
                value.op, value.args, value.whole = op, args, (args.index(base),)
                break
            step = Value(op, args, (), value.type, value.origin, value.serial)
            step.hint = hint
            self.plan.into[step] = base
            made.append(step)
            base = step
        return base

    def _changed(self) -> None:
        """Forget what was found of the line."""
        self.reads = None
        self.chains.clear()

    def _chain(self, value: Value, statement: Statement) -> _Chain:
        """The longest chain of steps that ends in ``value``."""
        if value not in self.chains:
            self.chains[value] = self._best_chain(value, statement)
        return self.chains[value]

    def _best_chain(self, value: Value, statement: Statement) -> _Chain:
        found = _Chain(value)
        formula = WRITTEN_OUT.get(value.op.name)
        if value.repeated or (ufunc_of(value) is None and formula is None):
            return found
        if any(
            (value, arg) in self.plan.owned and self.names.same(arg, value) for arg in value.args
        ):
            # It is ``x_bar += e`` already.
            return found
        if not value.derivative:
            return self._own_chain(value, statement)
        cost = len(formula) - 1 if formula else 0 if is_saved_by_numpy(value) else 1
        for position in value.whole:
            arg = value.args[position]
            if arg.captive:
                if arg.repeated or not makes_array(arg) or value.op.name in SHORT:
                    continue
                before = self._chain(arg, statement)
            elif is_update(arg) and value.hint is not None:
                # `y_bar = 2.0 * y`, rather than over an array that was built up as `y`.
                continue
            elif is_worth(arg) and self._is_free(arg, value, statement):
                before = _Chain(arg)
            else:
                continue
            chain = _Chain(before.base, [*before.steps, value], before.saved + cost)
            if not found.steps or chain.worth > found.worth:
                found = chain
        return found

    def _own_chain(self, value: Value, statement: Statement) -> _Chain:
        """Of a statement of f's own: ``y = np.exp(x - a)``, ``y = X @ w + 0.5``, or ``y = x + b``
        where ``x`` is dead.

        The last only where the user gave ``y`` no name: it goes on under that of ``x``.
        """
        if not (isinstance(statement, Define) and statement.value is value):
            return _Chain(value)
        if (product := _on_product(value)) is not None:
            return product
        if 0 not in value.whole:
            return _Chain(value)
        inner = value.args[0]
        if value.op in OPERATORS or value.op.name in RAISING:
            nameless = value.user_name is None and not inner.captive
            free = nameless and self._is_own(inner) and self._is_free(inner, value, statement)
            return _Chain(inner, [value], 1) if free else _Chain(value)
        if len(value.args) != 1 or not inner.captive or inner.repeated:
            return _Chain(value)
        return (
            _Chain(inner, [value], 1)
            if inner.op in OPERATORS and is_worth(inner)
            else _Chain(value)
        )

    def _is_own(self, array: Value) -> bool:
        """Whether an array, or what loops carry, is of the function's own making, and not small."""
        if array.op is not VARIABLE:
            return is_worth(array)
        members = self.memory.of(array)
        large = isinstance(array.type, Array) and not any(unit_axes_of(array.type))
        return (
            large
            and members is not None
            and all(one.op is VARIABLE or is_made(one) for one in members)
        )

    def _is_free(self, array: Value, step: Value, statement: Statement) -> bool:
        """Whether ``step`` alone still needs the memory of ``array``, which it reads."""
        members = self.memory.of(array)
        if members is None or any(self.liveness.after(statement, one) for one in members):
            return False
        if self.reads is None:
            self.reads = LineReads(statement)
        return self.reads.are_all_inside(members, step)


def _on_product(value: Value) -> _Chain | None:
    """``X @ w + 0.5`` as what is done to a product of matrices.

    Of two arrays whose lengths do not agree NumPy tells otherwise where one is written over.
    """
    if value.op not in OPERATORS or 0 not in value.whole or len(value.args) != 2:
        return None
    inner, other = value.args
    made = inner.captive and not inner.repeated and inner.op.name == "matmul" and is_worth(inner)
    return _Chain(inner, [value], 1) if made and not unit_axes_of(other.type) else None


def _fills_part(update: Value) -> bool:
    """Whether what is written into slices of an array may be computed there."""
    if update.op is not section_set or not update.derivative:
        return False
    base, written, pattern = update.args[0], update.args[-1], str(update.params[0])
    if not written.captive or written.repeated or ufunc_of(written) is None:
        return False
    if is_saved_by_numpy(written):
        return False
    axes = unit_axes_of(base.type)
    left = len(axes) - pattern.count("i")
    apart = set(pattern) <= {"s", "i"} and dtype_of(base.type) == dtype_of(written.type)
    return apart and is_worth(written) and len(unit_axes_of(written.type)) == left


def _number(number: Any, value: Value) -> Value:
    """The number that a step of the formula ``value`` takes."""
    found = LARGEST[dtype_of(value.type)] if number is LIMIT else number
    return Value(CONSTANT, [], (found,), FLOAT)


def _is_one(value: Value) -> bool:
    return value.op is CONSTANT and value.params[0] == 1


def _looks_in(value: Value) -> bool:
    """Whether a value is a view that may be written to: its entries lie apart."""
    while value.op.name != "broadcast_to" and is_view(value) and value.args[0].captive:
        value = value.args[0]
    return value.op.name != "broadcast_to" and (is_view(value) or makes_array(value))


class SharedMemory(Classes[Value]):
    """Classes of values of which one may look into, or hold, the memory of another.

    ``written`` are pairs of values of which the first may be written over the second.
    """

    def __init__(self, plan: Plan, written: Iterable[tuple[Value, Value]] = ()) -> None:
        super().__init__()
        foreign: set[Value] = set(plan.parameters.values())
        written = list(written)
        self._over = {new for new, _ in written}
        for statement in walk(plan.body):
            self._share(statement)
            for value in evaluated_in(statement):
                if isinstance(value.op, (Verbatim, Effect)) or value.op is CALL:
                    foreign.update(read for arg in value.args for read in _looked_into(arg))
        for pair in written:
            for value in pair:
                self.parent.setdefault(value, value)
            self.join(*pair)
        self.outside = {self.find(value) for value in foreign}
        self.members: dict[Value, set[Value]] = {}
        for value in self.parent:
            self.members.setdefault(self.find(value), set()).add(value)

    def of(self, array: Value) -> set[Value] | None:
        """``array`` and what may share its memory; None where somebody else may see it."""
        root = self.find(array)
        return None if root in self.outside else self.members.get(root, {array})

    def _share(self, statement: Statement) -> None:
        match statement:
            case Define(value=value) if not (makes_array(value) or is_entrywise(value)):
                # What is written into an array is copied, what is put into a list is held.
                copies = is_update(value) and isinstance(value.type, Array)
                one = copies or is_view(value)
                pairs = [(value, arg) for arg in (value.args[:1] if one else value.args)]
            case Move(targets=targets, sources=sources):
                pairs = list(zip(targets, sources, strict=True))
            case Unpack() | For():
                pairs = [(new, old) for new in defined_by(statement) for old in statement.reads()]
            case _:
                return
        for new, old in pairs:
            self._join_all(new, old)

    def _join_all(self, new: Value, old: Value) -> None:
        for read in _looked_into(old, self._over):
            for value in (new, read):
                self.parent.setdefault(value, value)
            self.join(new, read)


def _looked_into(value: Value, over: Container[Value] = ()) -> list[Value]:
    """The named values whose memory an expression may give back.

    So does what may be written ``over`` another, which has no name unless a line gets too long.
    """
    if not holds_memory(value.type):
        return []
    if not value.captive or value in over:
        return [value]
    if makes_array(value):
        return []
    return [read for arg in value.args for read in _looked_into(arg, over)]


def holds_memory(type: Type) -> bool:
    """Whether values of a type may look into the memory of others."""
    if isinstance(type, Array):
        return bool(type.unit_axes)
    return isinstance(type, (Sequence, Record)) or type in (OPAQUE, DYNAMIC)


def evaluated_in(statement: Statement) -> Iterator[Value]:
    """All values that a statement's own line computes."""
    line = [statement.value] if isinstance(statement, Define) else statement.reads()
    for root in line:
        if root.captive or isinstance(statement, Define):
            yield root
            yield from captives(root)


def _is_evaluated_first(chain: _Chain) -> bool:
    """Whether what may raise is evaluated behind the steps of a chain in its expression too."""
    before = chain.base
    for step in chain.steps:
        left = step.args[: step.args.index(before)]
        if any(arg.captive and any(map(ordered, (arg, *captives(arg)))) for arg in left):
            return False
        before = step
    return chain.base.captive


def is_saved_by_numpy(value: Value) -> bool:
    """Whether NumPy itself writes the result over an argument, which nothing else refers to."""
    if value.op not in OPERATORS:
        unary = value.op is negative or value.op.name == "absolute"
        return unary and value.args[0].captive and makes_array(value.args[0])
    sides = value.args[:2] if value.op in COMMUTING else value.args[:1]
    return any(side.captive and makes_array(side) and side.type == value.type for side in sides)
