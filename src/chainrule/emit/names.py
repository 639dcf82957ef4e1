"""Every name in the output, and only here.

Values share a name when they are versions of one variable and are never needed at the same time.
Names are, in this order: the user's; the one that differentiation suggests; a noun for what the
value is; ``t1``, ``t2``.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable

from chainrule.emit.memory.liveness import Liveness, Stretch
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    Define,
    For,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    defined_by,
    is_statement,
    scoped,
    walk,
)
from chainrule.emit.wording.compounds import compound, is_compound
from chainrule.graph.block import CONSTANT, Leaf
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Sequence
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import (
    first_name,
    fitting,
    inner_tape,
    input_name,
    noun_of,
    read_noun,
)
from chainrule.primitives.sequence import (
    backwards,
    index,
    length,
    record,
    slice_of,
    zeros_like,
)

LONGEST_NOUN = 16
LENGTHS = (length, dimension)
# Variables of one name that a value is tried with: more would cost their square.
MOST_TRIED = 32
# A tape, or the tapes of the steps of a loop around, numbered where several are called alike.
_TAPE = re.compile(r"(?P<stem>.+)_tapes?(_\d+)?")
# Variables of one expression that a value is tried with.
MOST_WRITTEN = 4
# Operations of an expression in place that are compared with another.
DEEPEST_WRITTEN = 3


class Family:
    """Values that share one variable."""

    def __init__(self, value: Value, stretches: list[Stretch]) -> None:
        self.values = [value]
        self.stretches = stretches
        self.user_name = value.user_name if value.user_name != "_" else None
        # A counter that differentiation needs.
        self.counts = "_" in (value.user_name, value.hint) and value.type == INT
        self.hint = "i" if self.counts else value.hint if value.hint != "_" else None
        self.fixed: str | None = None
        self.derivative = value.derivative

    def meets(self, other: Family) -> bool:
        """Whether both are needed at some place."""
        few, many = sorted((self.stretches, other.stretches), key=len)
        for start, end in few:
            k = bisect_left(many, (end, -1)) - 1
            if k >= 0 and many[k][1] > start:
                return True
        return False

    def absorb(self, other: Family) -> None:
        self.values += other.values
        for stretch in other.stretches:
            self.insert(stretch)
        self.user_name = self.user_name or other.user_name
        self.hint = self.hint or other.hint
        self.fixed = self.fixed or other.fixed
        self.derivative = self.derivative and other.derivative

    def insert(self, stretch: Stretch) -> None:
        """Keep the stretches sorted, and joined where they touch."""
        start, end = stretch
        many = self.stretches
        k = bisect_left(many, stretch)
        if k > 0 and many[k - 1][1] >= start:
            k -= 1
            start, end = many[k][0], max(end, many[k][1])
            del many[k]
        if k < len(many) and many[k][0] <= end:
            end = max(end, many[k][1])
            del many[k]
        many.insert(k, (start, end))

    def agrees(self, other: Family) -> bool:
        """Whether a person would call both the same."""
        if self.user_name is not None and other.user_name is not None:
            return self.user_name == other.user_name
        if self.user_name is None and other.user_name is None:
            if self.hint is None or other.hint is None:
                return True
            return self.hint == other.hint and self.counts == other.counts
        named, plain = (self, other) if self.user_name is not None else (other, self)
        if plain.hint is None:
            return not plain.derivative
        return plain.hint == named.user_name and not plain.counts


class Names:
    """The variable of every value that has one."""

    def __init__(self, plan: Plan, reserved: set[str]) -> None:
        self.plan = plan
        # Nothing is moved while names are given.
        self.statements = list(walk(plan.body))
        self.liveness = Liveness(plan)
        self.family: dict[Value, Family] = {}
        self.order: list[Value] = []
        self.reserved = reserved
        self.returned = _returned_values(self.statements)
        self.inputs = self._inputs()
        self.unpacked = _unpacked(self.statements)
        self._collect()
        self._keep_targets()
        self._join_cleared()
        self._join_moves()
        self._join_updates()
        self._join_versions()
        self._tell_starts()
        self._hint_targets()
        self.names: dict[Family, str] = {}
        self._assign()

    def __getitem__(self, value: Value) -> str:
        return self.names[self.family[value]]

    def clash(self, reserved: set[str]) -> bool:
        """Whether a variable is called like one of these."""
        return not reserved.isdisjoint(self.names.values())

    def has(self, value: Value) -> bool:
        return value in self.family

    def same(self, left: Value, right: Value) -> bool:
        """Whether two values are one variable."""
        return left in self.family and self.family.get(left) is self.family.get(right)

    def unjoined(self) -> set[Value]:
        """Sources of moves that have not become one with their targets."""
        found = set()
        for statement in walk(self.plan.body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if not source.leaf and not source.captive and not self.same(target, source):
                        found.add(source)
        return found

    # --- families -------------------------------------------------------------------------

    def _collect(self) -> None:
        for name, parameter in self.plan.parameters.items():
            self._enter(parameter)
            self.family[parameter].fixed = name
            self.family[parameter].user_name = name
        for statement in self.statements:
            for value in (*defined_by(statement), *scoped(statement)):
                if value not in self.family and not is_statement(value):
                    self._enter(value)

    def _enter(self, value: Value) -> None:
        self.order.append(value)
        self.family[value] = Family(value, list(self.liveness.stretches.get(value, ())))

    def _keep_targets(self) -> None:
        """What a loop binds keeps its name to the end of a step, but where f gives it another."""
        for loop in self.statements:
            if isinstance(loop, For):
                inside = [value for inner in walk(loop.body) for value in defined_by(inner)]
                rebound = {value.user_name for value in inside} - {None, "_"}
                stretch = (self.liveness.position[loop], self.liveness.end_of_step(loop))
                for value in defined_by(loop):
                    family = self.family.get(value)
                    if family is None or value.user_name in rebound:
                        continue
                    if family.counts or value.type == INT or not value.derivative:
                        family.insert(stretch)

    def _join(self, left: Value, right: Value, anyway: bool = False) -> bool:
        one, two = self.family.get(left), self.family.get(right)
        if one is None or two is None:
            return False
        if one is two:
            return True
        if not (anyway or one.agrees(two)) or (one.fixed and two.fixed) or one.meets(two):
            return False
        self._unite(one, two)
        return True

    def _unite(self, one: Family, two: Family) -> None:
        if len(one.values) < len(two.values):
            one, two = two, one
        one.absorb(two)
        for value in two.values:
            self.family[value] = one

    def _join_cleared(self) -> None:
        """What a loop clears is needed from step to step, but not what was in it."""
        for value, made in self.plan.cleared.items():
            if not self.same(value, made):
                self._unite(self.family[value], self.family[made])

    def _join_moves(self) -> None:
        """Copies between variables vanish; the step of a loop first, then what enters it."""
        first: set[Value] = set()
        closing: list[tuple[Value, Value]] = []
        entering: list[tuple[Value, Value]] = []
        others: list[tuple[Value, Value]] = []
        for statement in self.statements:
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if target not in self.plan.states:
                        others.append((target, source))
                    elif target in first:
                        closing.append((target, source))
                    else:
                        first.add(target)
                        entering.append((target, source))
        self.entering = entering
        mixed = {
            target
            for target, source in others
            if source.op is CONSTANT and target.user_name is None and target.hint is None
        }
        for target, source in (*closing, *entering, *others):
            if source not in self.family:
                continue
            # A nameless choice between a constant and x is no version of x.
            if target not in mixed or self.family[source].user_name is None:
                self._join(target, source)

    def _join_updates(self) -> None:
        for statement in self.statements:
            if (
                isinstance(statement, Define)
                and is_update(statement.value)
                and "new" not in statement.value.params
            ):
                self._join(statement.value, statement.value.args[0], anyway=True)
        for value, old in self.plan.into.items():
            # What has a name of its own keeps it: `z_bar = np.negative(z, out=z)`.
            if value.hint is None or old.hint == value.hint:
                self._join(value, old, anyway=True)

    def _join_versions(self) -> None:
        """Versions of one name share it where they do not meet."""
        known: dict[str, list[Value]] = {}
        for value in self.order:
            family = self.family[value]
            name = family.user_name or family.hint
            if name is None:
                continue
            others = known.setdefault(name, [])
            if not any(self._join(other, value) for other in others[-MOST_TRIED:]):
                others.append(value)

    def _tell_starts(self) -> None:
        """What a loop starts with and leaves as it was is ``x0`` beside the ``x`` of its steps."""
        for target, source in self.entering:
            state, start = self.family.get(target), self.family.get(source)
            name = None if start is None else start.user_name
            if name is None or state is start or state is None or state.user_name != name:
                continue
            assert start is not None
            alone = all(value is source or value.derivative for value in start.values)
            if alone and not start.fixed:
                start.user_name = None
                start.hint = f"{name}_start" if name[-1].isdigit() else f"{name}0"

    def _hint_targets(self) -> None:
        """What a branch gives is called as what is written in place there."""
        for statement in self.statements:
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    family = self.family.get(target)
                    if family is not None and source.captive and not family.user_name:
                        family.hint = family.hint or source.hint

    # --- names ----------------------------------------------------------------------------

    def _assign(self) -> None:
        families: dict[Family, None] = {}
        for value in self.order:
            families[self.family[value]] = None
        users = {family.user_name for family in families if family.user_name}
        taken = Taken(self.reserved | {f.fixed for f in families if f.fixed})
        for family in families:
            if family.fixed:
                self.names[family] = family.fixed
        for family in families:
            if family not in self.names and family.user_name:
                self.names[family] = taken.fresh(family.user_name)
        taken.names |= {name for name in users if name}
        for family in sorted(families, key=lambda family: family.counts):
            if family not in self.names and family.hint:
                self.names[family] = self._index(family.hint, taken) or taken.fresh(family.hint)
        # By name what is called as differentiation suggests.
        self.hinted: dict[str, list[Family]] = {}
        for family, name in self.names.items():
            if family.hint == name and family.user_name is None:
                self.hinted.setdefault(name, []).append(family)
        # The variables of nameless expressions, by what is written for them.
        self.written: dict[tuple[Hashable, ...], list[Value]] = {}
        self.crowded = self._crowded()
        for value in self.order:
            if self.family[value] not in self.names:
                name = self._again(value) or self._noun(value, taken)
                self.names[self.family[value]] = name

    def _again(self, value: Value) -> str | None:
        """The name of the same expression where it is computed anew once nobody needs it."""
        if not isinstance(value.op, Primitive):
            return None
        written = self._written(value, DEEPEST_WRITTEN)
        for other in self.written.get(written, ())[-MOST_WRITTEN:]:
            name = self.names[self.family[other]]
            namesakes = self.hinted.get(name, ())
            if any(each.meets(self.family[value]) for each in namesakes):
                continue
            if self._join(other, value):
                return name
        self.written.setdefault(written, []).append(value)
        return None

    def _written(self, value: Value, depth: int) -> tuple[Hashable, ...]:
        """What stands for a value in the text, by the names of what it is computed from."""
        args: list[Hashable] = []
        for arg in value.args:
            name = self._known_name(arg)
            if name is not None:
                args.append(name)
            elif depth == 0 or not isinstance(arg.op, (Leaf, Primitive)):
                args.append(arg)
            else:
                args.append(self._written(arg, depth - 1))
        return (value.type, value.op, value.params, *args)

    def _index(self, hint: str, taken: Taken) -> str | None:
        """``j`` or ``k`` for an index where ``i`` is taken."""
        if hint != "i":
            return None
        letter = next((letter for letter in "ijk" if letter not in taken.names), None)
        return None if letter is None else taken.fresh(letter)

    def _crowded(self) -> set[str]:
        """Nouns that more than one sum, product, quotient or power would be called by."""
        nouns = Counter(
            self._describe(family.values[0])
            for family in dict.fromkeys(self.family[value] for value in self.order)
            if family not in self.names and is_compound(family.values[0])
        )
        return {noun for noun, count in nouns.items() if noun is not None and count > 1}

    def _noun(self, value: Value, taken: Taken) -> str:
        noun = self._read(value, taken) or self._describe_array(value) or self._describe(value)
        if value.argument is not None and value.type == FLOAT:
            noun = value.argument
        elif is_compound(value) and noun in self.crowded:
            noun = compound(value, self._known_name) or noun
        shared = self._same_noun(value, noun)
        if shared is not None:
            return shared
        if noun is not None and not hasattr(builtins, noun):
            return taken.fresh(noun)
        return taken.numbered("t")

    def _read(self, value: Value, taken: Taken) -> str | None:
        """What a value is called in the object out of which it is read."""
        if value.op is not VERBATIM or len(value.args) != 1:
            return None
        owner = self._known_name(value.args[0])
        noun = read_noun(str(value.params[0]), owner)
        if noun in taken.names and owner in self.plan.parameters:
            return f"{owner}_{noun}"
        return noun

    def _same_noun(self, value: Value, noun: str | None) -> str | None:
        """The name of another array that would be called so and is never needed meanwhile."""
        own = self.family[value]
        others = self.hinted.get(noun or "", [])
        if not others or not isinstance(value.type, (Array, Sequence)):
            return None
        if any(family.meets(own) for family in others):
            return None
        others.append(own)
        return noun

    def _describe_array(self, value: Value) -> str | None:
        """A noun for an array, or for the length of one."""
        whole = isinstance(value.type, Array) and value.type.unit_axes
        if not whole and value.op.name != "dimension":
            return None
        return self.inputs.get(value) or noun_of(value, self._known_name)

    def _inputs(self) -> dict[Value, str]:
        """Names for arguments of functions whose values the user has named."""
        found: dict[Value, str] = {}
        for statement in self.statements:
            if isinstance(statement, Define):
                name = input_name(statement.value, statement.value.user_name)
                if name is not None:
                    found.setdefault(statement.value.args[0], name)
        return found

    def _known_name(self, value: Value) -> str | None:
        family = self.family.get(value)
        return None if family is None else self.names.get(family)

    def _describe(self, value: Value) -> str | None:
        """A noun for what a value is, from its operation and its one named argument."""
        op = value.op
        if value.type == BOOL:
            return "branch"
        if value in self.returned:
            return "value"
        named = [arg for arg in value.args if arg in self.family and self.family[arg] in self.names]
        only = (
            self.names[self.family[named[0]]] if len(named) == 1 and len(value.args) == 1 else None
        )
        if op is zeros_like and value.derivative and only is not None:
            return f"{only}_bar"
        if op is length:
            return f"n_{only}" if only and len(only) <= LONGEST_NOUN - 2 else "count"
        if value.type == INT and value.args and all(arg.op in LENGTHS for arg in value.args):
            return "count"
        if (
            op in (slice_of, backwards)
            and (base := first_name(value, self._known_name)) is not None
        ):
            return fitting(base, "part")
        called = isinstance(op, Primitive) and op.callables and op.symbol is None
        if only is not None and called:
            noun = f"{op.name.removeprefix('array_')}_{only}"
            return noun if len(noun) <= LONGEST_NOUN and noun.isidentifier() else None
        if op is arithmetic.divide:
            return self._quotient(value)
        if op is arithmetic.multiply:
            return self._product(value)
        if value.type == INT and op in (arithmetic.add, arithmetic.subtract):
            return self._neighbour(value)
        if op is arithmetic.subtract:
            return "gap"
        if op is arithmetic.power:
            return self._power(value)
        if op is index:
            return self._entry(value.args)
        if value in self.unpacked:
            return self._entry(self.unpacked[value])
        return None

    def _power(self, value: Value) -> str:
        """``x_squared``, or that it is a power."""
        base = self._known_name(value.args[0])
        exponent = value.args[1]
        squared = exponent.op is CONSTANT and exponent.params[0] == 2
        noun = f"{base}_squared"
        return noun if squared and base is not None and len(noun) <= LONGEST_NOUN else "power"

    def _neighbour(self, value: Value) -> str | None:
        """``next_i`` and ``previous_i`` for the numbers beside ``i``."""
        base, side = self._known_name(value.args[0]), _side_of(value)
        if base is None or side is None:
            return None
        noun = f"{side}_{base}"
        return noun if len(noun) <= LONGEST_NOUN else None

    def _entry(self, args: list[Value]) -> str | None:
        """``x_0`` or ``x_i`` for an entry of a list."""
        parts: list[str] = []
        for arg in args:
            if parts and len(args) == 2 and (side := _side_of(arg)) is not None:
                # x[t - 1]
                parts.insert(0, side)
            elif arg in self.family and self.family[arg] in self.names:
                parts.append(self.names[self.family[arg]])
            elif arg.op is CONSTANT and isinstance(arg.params[0], int) and arg.params[0] >= 0:
                parts.append(str(arg.params[0]))
            elif parts and _side_of(arg) is not None:
                # u[t + 1, i]
                parts = [parts[0], "entry"]
                break
            else:
                return None
        taped = next((found for part in parts if (found := _TAPE.fullmatch(part))), None)
        if taped is not None and len(parts) > 1:
            # What was recorded of x at the step of this index, or in the steps inside it.
            inner = inner_tape(taped[0])
            if inner is not None:
                return inner
            parts = [taped["stem"], "then"]
        noun = "_".join(parts)
        return noun if noun.isidentifier() and len(noun) <= LONGEST_NOUN else None

    def _quotient(self, value: Value) -> str:
        above, below = value.args
        one = above.op is CONSTANT and above.params[0] == 1
        if one and below in self.family and self.family[below] in self.names:
            noun = f"inv_{self.names[self.family[below]]}"
            return noun if len(noun) <= LONGEST_NOUN else "inverse"
        return "inverse" if one else "ratio"

    def _product(self, value: Value) -> str:
        left, right = value.args
        if left is right and left in self.family and self.family[left] in self.names:
            noun = f"{self.names[self.family[left]]}_squared"
            return noun if len(noun) <= LONGEST_NOUN else "square"
        if left.op is CONSTANT:
            return {0.5: "half", 2.0: "twice"}.get(left.params[0], "scale")
        return "scale"


def _unpacked(statements: list[Statement]) -> dict[Value, list[Value]]:
    """Entries of rows that are taken apart: the list and the places in it."""
    found: dict[Value, list[Value]] = {}
    for statement in statements:
        if isinstance(statement, Unpack):
            row = statement.source
            path = row.args if row.op is index else [row]
            for k, target in enumerate(statement.targets):
                if target is not None:
                    found[target] = [*path, Value(CONSTANT, [], (k,), INT)]
    return found


def _returned_values(statements: list[Statement]) -> set[Value]:
    """f's own values among several that are returned."""
    found: set[Value] = set()
    for statement in statements:
        if isinstance(statement, Return) and statement.value.op is record:
            found.update(value for value in statement.value.args if not value.derivative)
    return found


def _side_of(value: Value) -> str | None:
    """Whether a number is the one behind or the one before another."""
    if value.type != INT or value.op not in (arithmetic.add, arithmetic.subtract):
        return None
    step = value.args[1]
    if step.op is not CONSTANT or step.params[0] != 1:
        return None
    return "next" if value.op is arithmetic.add else "previous"


class Taken:
    """Names that are in use, and numbers for the next ones."""

    def __init__(self, names: set[str]) -> None:
        self.names = set(names)
        self.numbers: dict[str, int] = {}

    def fresh(self, name: str) -> str:
        """``name``, or with a number behind it when it is taken; it is taken from now on."""
        if keyword.iskeyword(name) or name in self.names:
            return self.numbered(f"{name}_")
        self.names.add(name)
        return name

    def numbered(self, stem: str) -> str:
        """The stem with the next free number."""
        number = self.numbers.get(stem, 1)
        while f"{stem}{number}" in self.names:
            number += 1
        self.numbers[stem] = number + 1
        self.names.add(f"{stem}{number}")
        return f"{stem}{number}"


def unused(name: str, taken: set[str]) -> str:
    """``name``, or with a number behind it when it is taken."""
    return Taken(taken).fresh(name)
