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
from collections.abc import Hashable, Iterable

from chainrule.emit.memory.liveness import Liveness, Stretch
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    VARIABLE,
    Define,
    For,
    Move,
    Plan,
    Statement,
    Value,
    count_uses,
    defined_by,
    is_statement,
    reads_deep,
    scoped,
    walk,
)
from chainrule.emit.wording.equals import Equals
from chainrule.emit.wording.nouns import Nouns
from chainrule.graph.block import CONSTANT, Leaf
from chainrule.graph.types import FLOAT, INT, Array, Sequence
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.nouns import read_noun
from chainrule.primitives.sequence import append, index

# Variables of one name that a value is tried with: more would cost their square.
MOST_TRIED = 32
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
        self.partial = value.partial

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
        self.partial = self.partial and other.partial

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

    def __init__(self, plan: Plan, reserved: set[str], versions: bool = False) -> None:
        self.plan = plan
        self.make = Apart if versions else Taken
        # Nothing is moved while names are given.
        self.statements = list(walk(plan.body))
        self.liveness = Liveness(plan)
        self.family: dict[Value, Family] = {}
        self.order: list[Value] = []
        self.reserved = reserved
        self.nouns = Nouns(self.statements, self._known_name)
        self._collect()
        self._keep_targets()
        self._join_cleared()
        self._join_moves()
        self._join_updates()
        self._join_parts()
        self._join_equals()
        self._hint_tapes()
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
        uses = count_uses(self.plan.body)
        for target, source in (*closing, *entering, *others):
            if source not in self.family:
                continue
            if uses[source] == 1:
                self._pass_on(target, source)
            # A nameless choice between a constant and x is no version of x.
            if target not in mixed or self.family[source].user_name is None:
                self._join(target, source)

    def _pass_on(self, target: Value, source: Value) -> None:
        """What is computed for a variable of the user's alone bears its name from the start.

        So the result of a function that was written in place: ``f = 64.0 / Re``, ``return f``.
        """
        one, two = self.family[source], self.family.get(target)
        alone = len(one.values) == 1 and source.op is not VARIABLE and not source.leaf
        if two is None or not alone or None in (one.user_name, two.user_name) or one.fixed:
            return
        name, one.user_name = one.user_name, two.user_name
        if not self._join(target, source):
            one.user_name = name

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

    def _join_parts(self) -> None:
        """A long sum of arrays that takes several lines goes on under its name."""
        before: Statement | None = None
        for statement in self.statements:
            if isinstance(before, Define) and isinstance(statement, Define):
                part, value = before.value, statement.value
                begins = (value, part) in self.plan.owned and part in value.args[:1]
                if begins and part.user_name is None and value.user_name is not None:
                    self._join(value, part, anyway=True)
            before = statement

    def _join_equals(self) -> None:
        """What two arms compute each for itself is one variable, though both may be needed."""
        equals = Equals(self.plan, self.statements)
        known: dict[tuple[int, str | None], Value] = {}
        for value in self.order:
            family, number = self.family[value], equals.number(value)
            if number is None or len(family.values) > 1 or family.user_name or family.partial:
                continue
            other = known.setdefault((number, family.hint), value)
            if other is not value:
                self._unite(self.family[other], family)

    def _hint_tapes(self) -> None:
        """A tape is called as the user calls what it records, which joining may have told."""
        before: dict[Family, str] = {}
        for statement in self.statements:
            value = statement.value if isinstance(statement, Define) else None
            if value is None or value.op is not append:
                continue
            tape, entry = (self.family.get(arg) for arg in value.args)
            if tape is None or entry is None or tape.user_name or not tape.hint:
                continue
            recorded = value.args[1]
            name = entry.user_name or recorded.argument
            # What a function of the module gives is called after that function.
            if tape.hint.endswith("_tape") and name and isinstance(recorded.op, Primitive):
                before[tape], tape.hint = tape.hint, f"{name}_tape"
            elif tape.hint.endswith("_tapes") and (entry.hint or "").endswith("_tape"):
                tape.hint = f"{entry.hint}s"
        for loop in self.statements if before else ():
            if isinstance(loop, For):
                self._hint_items(loop, before)

    def _hint_items(self, loop: For, before: dict[Family, str]) -> None:
        """What goes through a tape that was called otherwise ``before``."""
        read = {self.family.get(value) for value in reads_deep(loop)}
        known = {before[tape]: tape.hint for tape in before if tape in read}
        for value in defined_by(loop):
            item = self.family.get(value)
            hint = None if item is None else known.get(f"{item.hint}_tape")
            if item is not None and hint is not None:
                item.hint = hint.removesuffix("_tape")

    def _join_versions(self) -> None:
        """Versions of one name share it where they do not meet."""
        known: dict[str, list[Value]] = {}
        # What is only a part joins where the whole is not needed meanwhile.
        for value in sorted(self.order, key=lambda value: value.partial):
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
        users = [family.user_name for family in families if family.user_name]
        taken = self.make(self.reserved | {f.fixed for f in families if f.fixed})
        for family in families:
            if family.fixed:
                self.names[family] = family.fixed
        for family in families:
            if family not in self.names and family.user_name:
                self.names[family] = taken.fresh(family.user_name)
        taken.add(users)
        for family in sorted(families, key=lambda family: family.counts):
            if family not in self.names and family.hint and not family.partial:
                self.names[family] = self._index(family.hint, taken) or taken.fresh(family.hint)
        # By name what is called as differentiation suggests.
        self.hinted: dict[str, list[Family]] = {}
        for family, name in self.names.items():
            if family.hint == name and family.user_name is None:
                self.hinted.setdefault(name, []).append(family)
        # The variables of nameless expressions, by what is written for them.
        self.written: dict[tuple[Hashable, ...], list[Value]] = {}
        self.crowded = self.nouns.crowded(
            family.values[0] for family in families if family not in self.names
        )
        for value in self.order:
            if self.family[value] not in self.names:
                name = self._part(value, taken) or self._again(value) or self._noun(value, taken)
                self.names[self.family[value]] = name

    def _part(self, value: Value, taken: Taken) -> str | None:
        """What a part of an adjoint is called that the whole is never written over."""
        family = self.family[value]
        if not family.partial or family.hint is None:
            return None
        # Several parts in one variable are the adjoint of no value but the whole.
        told = {self.nouns.answered(each) for each in family.values}
        alone = told.pop() if len(told) == 1 else None
        return taken.fresh(alone or f"{family.hint}_part")

    def _again(self, value: Value) -> str | None:
        """The name of the same expression where it is computed anew once nobody needs it."""
        if not isinstance(value.op, Primitive):
            return None
        written = self._written(value, DEEPEST_WRITTEN)
        for other in self.written.get(written, ())[-MOST_WRITTEN:]:
            name = self.names[self.family[other]]
            if any(each.meets(self.family[value]) for each in self._namesakes(name)):
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

    def _noun(self, value: Value, taken: Taken) -> str:
        noun = (
            self._read(value, taken)
            or self.nouns.answered(value)
            or self.nouns.of(value, self.crowded)
        )
        shared = self._same_noun(value, noun)
        if shared is not None:
            return shared
        if noun is not None and not hasattr(builtins, noun):
            name = taken.fresh(noun)
            if noun == value.argument == name:
                self.hinted.setdefault(name, []).append(self.family[value])
            return name
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
        """The name of another value that would be called so and is never needed meanwhile."""
        own = self.family[value]
        others = self.hinted.get(noun or "", [])
        # A number that is recorded is called on the way back as it was.
        held = isinstance(value.type, (Array, Sequence))
        plain = not value.derivative or (value.op is index and noun == value.argument)
        if not others or not (held or (value.type == FLOAT and plain)):
            return None
        if any(family.meets(own) for family in self._namesakes(noun or "")):
            return None
        others.append(own)
        return noun

    def _namesakes(self, name: str) -> list[Family]:
        """The variables that are called so, as they are after all joins."""
        return [self.family[each.values[0]] for each in self.hinted.get(name, ())]

    def _known_name(self, value: Value) -> str | None:
        family = self.family.get(value)
        return None if family is None else self.names.get(family)


class Taken:
    """Names that are in use, and numbers for the next ones."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """Take these, whether they are in use or not."""
        self.names.update(names)

    def has(self, name: str) -> bool:
        """Whether a variable cannot be called so."""
        return name in self.names

    def fresh(self, name: str) -> str:
        """``name``, or with a number behind it when it is taken; it is taken from now on."""
        if keyword.iskeyword(name) or self.has(name):
            return self.numbered(self.stem(name))
        self.add((name,))
        return name

    def stem(self, name: str) -> str:
        """What stands before the number of another variable that is called like this one."""
        return f"{name}_"

    def numbered(self, stem: str) -> str:
        """The stem with the next free number."""
        number = self.numbers.get(stem, 1)
        while self.has(f"{stem}{number}"):
            number += 1
        self.numbers[stem] = number + 1
        self.add((f"{stem}{number}",))
        return f"{stem}{number}"


VERSION = re.compile(r"_\d+$")


class Apart(Taken):
    """The same for a compiler that calls versions of ``x`` ``x_1``, and takes no other for it."""

    def __init__(self, names: Iterable[str]) -> None:
        self.versioned: set[str] = set()
        super().__init__(names)

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            self.names.add(name)
            while VERSION.search(name):
                name = VERSION.sub("", name)
                self.versioned.add(name)

    def has(self, name: str) -> bool:
        if name in self.names or name in self.versioned:
            return True
        while VERSION.search(name):
            name = VERSION.sub("", name)
            if name in self.names:
                return True
        return False

    def stem(self, name: str) -> str:
        return f"{name}_v" if name[-1].isdigit() else name


def unused(name: str, taken: set[str]) -> str:
    """``name``, or with a number behind it when it is taken."""
    return Taken(taken).fresh(name)
