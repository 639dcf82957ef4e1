"""What is written in place and what gets a statement of its own.

A value that is used once and bears no name of the user's is written where it is used, as long as
nothing that may raise changes its order and no variable it reads has been assigned in between.
Lines are kept short by naming parts of long expressions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import field

from chainrule.emit.conditionals import as_branches, conditional_of, is_heavy
from chainrule.emit.flow.managers import may_fold
from chainrule.emit.memory.chosen_views import Chosen
from chainrule.emit.memory.views import is_held, is_update
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    AND,
    COMPREHENSION,
    CONDITIONAL,
    ENUMERATE,
    OR,
    POP,
    RAISED,
    RANGE,
    REVERSED,
    VARIABLE,
    ZIP,
    Branch,
    Define,
    For,
    Form,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    While,
    blocks_of,
    count_uses,
    defined_by,
    is_effect,
    is_statement,
    may_raise,
    ordered,
    raises_its_own,
    walk,
)
from chainrule.emit.wording.repeated import repeat_cheap
from chainrule.graph.block import ITEM
from chainrule.graph.types import OPAQUE, Array, Record
from chainrule.primitives.arithmetic import add, multiply, subtract
from chainrule.primitives.effect import CALL, DRAW, LEAVE
from chainrule.primitives.sequence import copy, display, index_add, index_set, record
from chainrule.records import dataclass

LINE = Form("line")
ENTRIES = (index_set, index_add)
CHAINS = {add: "total", subtract: "total", multiply: "product"}


def fold(plan: Plan, webs: Webs, kept: set[Value], free: set[Value]) -> None:
    """Write in place what can be.

    ``kept`` are values that need a statement of their own; ``free`` may do without one although
    they bear a name of the user's.
    """
    uses = count_uses(plan.body)
    repeat_cheap(plan, webs, uses)
    uses = count_uses(plan.body)
    for statement in walk(plan.body):
        if isinstance(statement, While):
            # The test is evaluated behind the condition's statements.
            statement.condition.append(Return(statement.test))
    written: dict[Value, list[Value]] = {}
    for value, arg in plan.owned:
        written.setdefault(value, []).append(arg)
    chosen = Chosen(plan.body)
    for block in blocks_of(plan.body):
        _Folder(block, uses, webs, kept, free, written, chosen).run()
    for statement in walk(plan.body):
        if isinstance(statement, While):
            statement.condition.pop()


@dataclass
class _Folder:
    """One list of statements, walked backwards."""

    block: list[Statement]
    uses: Counter[Value]
    webs: Webs
    kept: set[Value]
    free: set[Value]
    # The arguments over which sums and products of arrays may be written.
    written: dict[Value, list[Value]]
    chosen: Chosen
    where: dict[Value, int] = field(default_factory=dict)
    fixed: list[int] = field(default_factory=list)
    # Where derivative code may raise.
    raising: list[int] = field(default_factory=list)
    assigned: dict[object, list[int]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    # Sums that are written over a state of a loop, each with the next behind it.
    steps: set[Value] = field(default_factory=set)

    def run(self) -> None:
        self._survey()
        for position in range(len(self.block) - 1, -1, -1):
            if position not in self.gone:
                self._absorb(position)
        self.block[:] = [statement for k, statement in enumerate(self.block) if k not in self.gone]

    def _survey(self) -> None:
        """Where values are made, what must keep its order, what is assigned when."""
        for position, statement in enumerate(self.block):
            if isinstance(statement, Define):
                self.where[statement.value] = position
                if statement.value.derivative and may_raise(statement.value):
                    self.raising.append(position)
            if _is_fixed(statement):
                self.fixed.append(position)
            inner = [statement] if not statement.blocks() else walk([statement])
            for part in inner:
                for value in defined_by(part):
                    if value.op is VARIABLE:
                        self._assign(value, position)
                        if is_held(value.type):
                            self._assign(self.webs.find(value), position)
                    name = value.user_name or value.hint
                    if name is not None:
                        self._assign(name, position)
                    if is_update(value) or value.op in (POP, LEAVE):
                        self._assign(self.webs.find(value.args[0]), position)
                    for written in self.written.get(value, ()):
                        self._assign(self.webs.find(written), position)

    def _assign(self, key: object, position: int) -> None:
        self.assigned.setdefault(key, []).append(position)

    def _absorb(self, position: int) -> None:
        """Fold into the statement at ``position`` what is evaluated last before it, and so on."""
        statement = self.block[position]
        limit = position
        placed = False
        stack = [(value, True) for value in _evaluated(statement)]
        while stack:
            value, eager = stack.pop()
            if value.captive:
                stack.extend(_arguments(value, eager))
                continue
            at = self.where.get(value)
            if at is None or at in self.gone or not self._foldable(value, statement):
                continue
            if ordered(value):
                if not eager or self._between(self.fixed, at, limit):
                    continue
                # Derivative code does not divide before it.
                if raises_its_own(value) and self._between(self.raising, at, position):
                    continue
                limit, placed = at, True
            elif value.derivative and may_raise(value) and placed:
                continue
            elif value.op is POP and not eager:
                # Each step takes an entry.
                continue
            if self._overwritten(value, at, position):
                continue
            value.captive = True
            self.gone.add(at)
            stack.extend(_arguments(value, eager))

    def _between(self, places: list[int], at: int, limit: int) -> bool:
        """Whether something of such an order stays between two positions."""
        k = bisect_right(places, limit - 1) - 1
        while k >= 0 and places[k] in self.gone and places[k] > at:
            k -= 1
        return k >= 0 and places[k] > at

    def _foldable(self, value: Value, statement: Statement) -> bool:
        if not may_fold(value, statement):
            return False
        named = value.user_name is not None and value not in self.free
        if isinstance(statement, Define) and statement.value.op is RAISED:
            # The number stands inside a comprehension.
            named = named or value is statement.value.args[1]
        if named or self.uses[value] != 1 or value in self.kept:
            return False
        if is_effect(value) and value.op not in (CALL, DRAW):
            return False
        if is_update(value) and "new" not in value.params:
            return False
        if value.op is copy and isinstance(statement, Define) and is_update(statement.value):
            return False
        if isinstance(statement, Unpack) and value.op is ITEM:
            return False
        return not self._is_step(value, statement)

    def _is_step(self, value: Value, statement: Statement) -> bool:
        """Whether ``x_bar += a``, ``x_bar += b`` take the place of ``x_bar = x_bar + a + b``."""
        if not isinstance(statement, Define) or not isinstance(value.type, Array):
            return False
        new = statement.value
        if value not in self.written.get(new, ()):
            return False
        over, states = [value], set()
        while over:
            first = over.pop()
            over += self.written.get(first, ())
            if first.op is VARIABLE:
                states.add(self.webs.find(first))
        if not states or (new not in self.steps and self.webs.find(new) not in states):
            return False
        self.steps.add(value)
        return True

    def _overwritten(self, value: Value, at: int, position: int) -> bool:
        """Whether something that ``value`` reads is assigned between the two positions."""
        for arg in (each for read in names_read(value) for each in self.chosen.read_by(read)):
            if arg.op is VARIABLE and self._assigned_between(arg, at, position):
                return True
            seen = is_held(arg.type) or isinstance(arg.type, Record) or arg.type == OPAQUE
            if seen and self._assigned_between(self.webs.find(arg), at, position):
                return True
            name = arg.user_name or arg.hint
            if name is not None and self._assigned_between(
                name, max(at, self.where.get(arg, -1)), position
            ):
                return True
        return False

    def _assigned_between(self, key: object, at: int, position: int) -> bool:
        places = self.assigned.get(key)
        if places is None:
            return False
        k = bisect_right(places, at)
        return k < len(places) and places[k] < position


def _is_fixed(statement: Statement) -> bool:
    """Whether the order of ``statement`` among what may raise must stay."""
    match statement:
        case Define(value=value):
            return (
                ordered(value)
                or is_effect(value)
                or value.op is POP
                or (is_update(value) and not value.derivative)
            )
        case Move() | Unpack():
            return False
        case Return():
            return False
    return bool(statement.blocks())


def _evaluated(statement: Statement) -> list[Value]:
    """What the statement's line evaluates, in order."""
    if isinstance(statement, While):
        return []
    values = list(statement.reads())
    if isinstance(statement, Define) and is_update(statement.value) and len(values) > 1:
        # a[i] = v evaluates v first.
        return [values[-1], *values[1:-1]]
    return values


def _arguments(value: Value, eager: bool) -> list[tuple[Value, bool]]:
    if value.op in (CONDITIONAL, AND, OR):
        return [(value.args[0], eager), *((arg, False) for arg in value.args[1:])]
    if value.op in (COMPREHENSION, RAISED):
        # What stands inside would be computed for every entry.
        return [(value.args[0], eager)]
    return [(arg, eager) for arg in value.args]


def names_read(value: Value) -> list[Value]:
    """The values that stand under names of their own in what is written for a value."""
    found = []
    stack = list(value.args)
    while stack:
        arg = stack.pop()
        if arg.captive:
            stack.extend(arg.args)
        else:
            found.append(arg)
    return found


# --- width ------------------------------------------------------------------------------


@dataclass
class Measure:
    """Widths of expressions before names are final."""

    name_width: Callable[[Value], int]
    own_width: Callable[[Value], int]
    brackets: Callable[[Value, int], int]
    # What `x += e` is shorter than `x = x + e` where that is meant.
    spared: Callable[[Value, Value], int]


DEPTH = 6
# What the name and the equals sign of a part take.
PART = 12


def narrow(statements: list[Statement], measure: Measure, width: int) -> bool:
    """Name parts of what would be wider than ``width`` or too deep; whether there were any."""
    position = 0
    changed = False
    while position < len(statements):
        statement = statements[position]
        conditional = conditional_of(statement)
        if conditional is not None and (
            is_heavy(conditional) or _width(statement, measure) > width
        ):
            statements[position : position + 1] = as_branches(statement, conditional)
            changed = True
            continue
        named = _wide_sources(statement, measure, width) or _split(statement, measure, width)
        if named:
            changed = True
            new: list[Statement] = [Define(value) for value in named]
            if isinstance(statement, While):
                statement.condition.extend(new)
            else:
                statements[position:position] = new
            continue
        for block in statement.blocks():
            changed |= narrow(block, measure, width - 4)
        position += 1
    return changed


def fits(statement: Statement, measure: Measure, width: int) -> bool:
    """Whether nothing of a statement would be named."""
    chosen: set[Value] = set()
    room = width - _overhead(statement, measure)
    for root in _roots(statement):
        _size(root, measure, chosen, room, min(room, width - PART))
    return not chosen and _width(statement, measure) <= width


def _wide_sources(statement: Statement, measure: Measure, width: int) -> list[Value]:
    """Conditional expressions among several sources of a move that need a statement each."""
    if not isinstance(statement, Move) or len(statement.sources) < 2:
        return []
    found = []
    for target, source in zip(statement.targets, statement.sources, strict=True):
        conditional = source.captive and source.op is CONDITIONAL
        alone = Move([target], [source])
        if conditional and (is_heavy(source) or _width(alone, measure) > width):
            source.captive = False
            found.append(source)
    return found


def _overhead(statement: Statement, measure: Measure) -> int:
    match statement:
        case Define(value=value):
            if value.op in ENTRIES:
                # `x[i] = v`, of which x, i, v and four characters are counted with the value.
                return 2
            if is_update(value):
                return measure.name_width(value.args[0]) + 6
            if is_statement(value):
                return 0
            return measure.name_width(value) + 3 - measure.spared(value, value)
        case Move(targets=[target], sources=[source]) if source.captive:
            return measure.name_width(target) + 3 - measure.spared(target, source)
        case Move(targets=targets):
            return max(map(measure.name_width, targets), default=0) + 3
        case Unpack(targets=targets):
            return sum(2 + (measure.name_width(target) if target else 1) for target in targets) + 1
        case Return():
            return 7
        case Branch():
            return 6
        case For(target=target):
            return 10 + 8 * len(defined_by(statement)) + (0 if isinstance(target, Value) else 4)
        case While():
            return 7
    return 0


def _roots(statement: Statement) -> list[Value]:
    """The expressions on a statement's line."""
    if isinstance(statement, Define):
        return [statement.value]
    return [value for value in statement.reads() if value.captive]


def _width(statement: Statement, measure: Measure) -> int:
    named: set[Value] = set()
    sizes = [_size(root, measure, named, None)[0] for root in _roots(statement)]
    return _overhead(statement, measure) + max(sizes, default=0)


def _split(statement: Statement, measure: Measure, width: int) -> list[Value]:
    """Values to be named before ``statement``, in the order of their evaluation."""
    room = width - _overhead(statement, measure)
    chosen: set[Value] = set()
    roots = _roots(statement)
    for root in roots:
        if root.op in (record, display):
            _fit_display(root, measure, chosen, room)
        else:
            _size(root, measure, chosen, room, min(room, width - PART))
    if not chosen:
        return []
    line = Value(LINE, roots)
    _keep_order(line, chosen)
    chosen.difference_update(roots if isinstance(statement, Define) else ())
    order = [value for value in _inside(line) if value in chosen]
    for value in order:
        value.captive = False
    return order


def _fit_display(root: Value, measure: Measure, chosen: set[Value], room: int) -> None:
    """Name entries of a display until it fits, unless even their names would not."""
    entries: list[Value] = []
    rest = 0
    stack = [root]
    while stack:
        value = stack.pop()
        if value.op in (record, display) and (value is root or value.captive):
            rest += measure.own_width(value)
            stack.extend(value.args)
        elif value.captive and (part := _within_repeated(value)).captive and _nameable(part):
            entries.append(part)
            # Behind it stands `.T`.
            rest += 2 if part is not value else 0
        else:
            rest += measure.name_width(value)
    widths = {entry: _size(entry, measure, chosen, room)[0] for entry in entries}
    total = rest + sum(widths.values())
    if rest + sum(measure.name_width(entry) for entry in entries) > room:
        return
    for entry in sorted(entries, key=lambda entry: -widths[entry]):
        if total <= room:
            break
        chosen.add(entry)
        total += measure.name_width(entry) - widths[entry]


def _inside(root: Value) -> list[Value]:
    """The captives of ``root`` in the order of their evaluation, ``root`` last."""
    order: list[Value] = []
    stack: list[tuple[Value, bool]] = [(root, False)]
    while stack:
        value, done = stack.pop()
        if done:
            order.append(value)
            continue
        stack.append((value, True))
        stack.extend(
            (arg, False) for arg in reversed(value.args) if arg.captive or value.op is LINE
        )
    return order


def _keep_order(line: Value, chosen: set[Value]) -> None:
    """Name also what may raise and is evaluated before a part that has got a name."""
    fixed: set[Value] = set()
    hoisted: set[Value] = set()
    for value in _inside(line):
        later = False
        for k in range(len(value.args) - 1, -1, -1):
            arg = value.args[k]
            if later and arg in fixed and arg not in chosen and not _is_lazy_arg(value, k):
                chosen.add(arg)
            later = later or arg in hoisted or (arg in chosen and arg in fixed)
        if later:
            hoisted.add(value)
        if ordered(value) or any(arg in fixed for arg in value.args):
            fixed.add(value)


def _size(
    root: Value, measure: Measure, chosen: set[Value], room: int | None, inner: int | None = None
) -> tuple[int, int]:
    """``(width, depth)`` of an expression; names parts into ``chosen`` until it fits ``room``.

    ``inner`` is the room of the parts.
    """
    inner = room if inner is None else inner
    sizes: dict[Value, tuple[int, int]] = {}
    stack: list[tuple[Value, bool, bool]] = [(root, False, True)]
    while stack:
        value, done, free = stack.pop()
        if not done:
            stack.append((value, True, free))
            for k, arg in enumerate(value.args):
                if arg.captive:
                    lazy = (value.op in (AND, OR, CONDITIONAL) and k > 0) or (
                        value.op is COMPREHENSION and k > 0
                    )
                    stack.append((arg, False, free and not lazy))
            continue
        allowed = room if value is root else inner
        sizes[value] = _combine(value, sizes, measure, chosen, allowed if free else None)
    return sizes[root]


def _combine(
    value: Value,
    sizes: dict[Value, tuple[int, int]],
    measure: Measure,
    chosen: set[Value],
    room: int | None,
) -> tuple[int, int]:
    def size(arg: Value) -> tuple[int, int]:
        if arg.captive and arg not in chosen:
            inner = _within_repeated(arg)
            return (measure.name_width(inner) + 2, 0) if inner in chosen else sizes[arg]
        return measure.name_width(arg), 0

    def bracketed(k: int, arg: Value) -> tuple[int, int]:
        width, depth = size(arg)
        return (
            (width + measure.brackets(value, k), depth)
            if arg.captive and arg not in chosen
            else (width, depth)
        )

    def total() -> tuple[int, int]:
        widths = [bracketed(k, arg) for k, arg in enumerate(value.args)]
        first = widths[0][1] if widths else 0
        others = max((depth for _, depth in widths[1:]), default=0)
        deep = max(first, others + 1 if len(widths) > 1 else first + 1)
        return measure.own_width(value) + sum(width for width, _ in widths), deep

    width, depth = total()
    if room is None:
        return width, depth
    if value.op is CONDITIONAL:
        # It becomes an if statement as a whole.
        return width, depth
    parts = [
        arg
        for k, written in enumerate(value.args)
        if (arg := _within_repeated(written)).captive
        and _nameable(arg)
        and not _is_lazy_arg(value, k)
    ]
    for part in parts:
        if part.op is CONDITIONAL and is_heavy(part):
            chosen.add(part)
            width, depth = total()
    limit = DEPTH if value.derivative else 40
    while width > room or depth > limit:
        parts = [part for part in parts if part not in chosen]
        by_depth = width <= room
        best = max(
            parts,
            key=(lambda part: size(part)[1]) if by_depth else (lambda part: size(part)[0]),
            default=None,
        )
        if best is None or size(best)[0] <= 6:
            break
        chosen.add(best)
        if best is value.args[0] and best.op in CHAINS and best.hint is None:
            # Parts of one long sum share a name.
            best.hint = CHAINS[best.op]
        width, depth = total()
    return width, depth


def _within_repeated(value: Value) -> Value:
    """What stands in ``x.T`` where that is written as it is; if not a name, it is used once."""
    while value.captive and value.repeated and len(value.args) == 1 and value.args[0].captive:
        value = value.args[0]
    return value


def _nameable(value: Value) -> bool:
    return (
        value.op not in (RANGE, REVERSED, ENUMERATE, ZIP)
        and not value.repeated
        and not is_statement(value)
    )


def _is_lazy_arg(value: Value, k: int) -> bool:
    return value.op in (AND, OR, CONDITIONAL, COMPREHENSION) and k > 0
