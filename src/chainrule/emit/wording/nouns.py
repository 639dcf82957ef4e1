"""Nouns for values that bear no name, from what they are computed by: ``sqrt_T``, ``ratio``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from chainrule.emit.plan import (
    CONDITIONAL,
    POP,
    VARIABLE,
    Define,
    Move,
    Return,
    Statement,
    Unpack,
    Value,
)
from chainrule.emit.wording.compounds import compound, is_compound, word_of
from chainrule.emit.wording.contexts import Contexts, scaled
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL, FLOAT, INT, Array
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays.linear_algebra import dot, matmul
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.condition_nouns import condition_noun
from chainrule.primitives.declare import Primitive
from chainrule.primitives.effect import DRAW, Verbatim
from chainrule.primitives.nouns import (
    LONGEST,
    first_name,
    fitting,
    inner_tape,
    input_name,
    looked_up,
    noun_of,
    outer_name,
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

LENGTHS = (length, dimension)
# What makes a number of two vectors.
DOTS = (matmul, dot)
# A tape, or the tapes of the steps of a loop around, numbered where several are called alike.
_TAPE = re.compile(r"(?P<stem>.+)_tapes?(_\d+)?")
# Called after what they are computed from wherever that bears a name.
MULTIPLES = ("half", "ratio", "scale", "twice")
_NUMBERED = re.compile(r"t\d+")
# What a function gives, where nothing says more of it.
GIVEN = {
    "abs": "magnitude",
    "atan2": "angle",
    "cos": "cosine",
    "exp": "exponential",
    "expm1": "exponential",
    "hypot": "hypotenuse",
    "log": "logarithm",
    "log10": "logarithm",
    "log1p": "logarithm",
    "log2": "logarithm",
    "sin": "sine",
    "sqrt": "root",
}


class Nouns:
    """What values of one function may be called; ``name_of`` is the name of one that has one."""

    def __init__(self, statements: list[Statement], name_of: Callable[[Value], str | None]) -> None:
        self.name_of = name_of
        self.returned = _returned_values(statements)
        self.inputs = _inputs(statements)
        self.unpacked = _unpacked(statements)
        self.assigned = _assigned(statements)
        self.mixed = _assigned_several(statements)
        self.contexts = Contexts(statements)

    def crowded(self, values: Iterable[Value]) -> set[str]:
        """Nouns that more than one sum, product, quotient or power would be called by."""
        nouns = Counter(self._describe(value) for value in values if is_compound(value))
        return {noun for noun, count in nouns.items() if noun is not None and count > 1}

    def of(self, value: Value, crowded: set[str]) -> str | None:
        """A noun for a value; what is crowded stands where nothing better is found only."""
        if value.type == BOOL and value in self.mixed:
            return "branch"
        if value.op is DRAW:
            return "draw" if value.type in (FLOAT, INT) else "sample"
        whole, value = value, self.assigned.get(value, value)
        if value.argument is not None and value.type == FLOAT:
            return value.argument
        noun = self._describe_array(value) or self._describe(value)
        while noun is None and value.op is CONDITIONAL:
            # What is chosen elsewhere than at a kink, or what is no number of itself.
            arms = [arg for arg in value.args[:0:-1] if not arg.leaf]
            if not arms:
                break
            value = arms[0]
            noun = self._describe(value)
        if is_compound(value) and (noun in crowded or noun in MULTIPLES):
            noun = compound(value, self.name_of) or noun
        if value.derivative and noun in ("scale", "ratio"):
            return scaled(value, self.name_of) or noun
        part = self.contexts.part(whole, noun) if value.type == FLOAT else None
        return part or noun

    def answered(self, value: Value) -> str | None:
        """``sqrt_T_bar`` for the adjoint of what is called ``sqrt_T``."""
        if value.answer is None or (value.op is arithmetic.divide and _is_one(value.args[0])):
            return None
        of, answer = value.answer
        stem = None if of is None else word_of(of, self.name_of) or self.name_of(of)
        fits = stem is not None and len(stem) <= LONGEST and not _NUMBERED.fullmatch(stem)
        return answer.named(stem) if stem is not None and fits else None

    def _telling(self, value: Value) -> str | None:
        """What a number that is compared is called."""
        word = word_of(value, self.name_of) or self.name_of(value)
        fits = value.type != BOOL and word is not None and not _NUMBERED.fullmatch(word)
        return word if fits else None

    def _describe_array(self, value: Value) -> str | None:
        """A noun for an array, or for the length of one."""
        whole = isinstance(value.type, Array) and value.type.unit_axes
        if not whole and value.op.name != "dimension":
            return None
        return self.inputs.get(value) or noun_of(value, self.name_of)

    def _describe(self, value: Value) -> str | None:
        """A noun for what a value is, from its operation and its one named argument."""
        op = value.op
        if value.type == BOOL:
            return condition_noun(value, self._telling)
        if value in self.returned:
            return "value"
        only = self.name_of(value.args[0]) if len(value.args) == 1 else None
        if op is zeros_like and value.derivative and only is not None:
            return f"{only}_bar"
        if op is length:
            return f"n_{only}" if only and len(only) <= LONGEST - 2 else "count"
        if value.type == INT and value.args and all(arg.op in LENGTHS for arg in value.args):
            return "count"
        if op in (slice_of, backwards) and (base := first_name(value, self.name_of)) is not None:
            return fitting(base, "part")
        if isinstance(op, Primitive) and op.callables and op.symbol is None:
            called = self._given(value, op)
            if called is not None:
                return called
        if value.type == INT and op in (arithmetic.add, arithmetic.subtract):
            return self._neighbour(value) or self._distance(value)
        if op is index:
            return self._entry(value.args)
        if value in self.unpacked:
            return self._entry(self.unpacked[value])
        if isinstance(op, Verbatim) and value.params[0] == "_0_[_1_]":
            return looked_up(value, self.name_of)
        if isinstance(op, Verbatim) and len(value.args) == 1:
            return read_noun(str(value.params[0]), self._owner(value.args[0]))
        if op is POP:
            name = self.name_of(value.args[0])
            return f"last_{name}" if name is not None and len(name) <= LONGEST - 5 else None
        if op in DOTS and value.type == FLOAT:
            return "product"
        return self._arithmetic(value)

    def _distance(self, value: Value) -> str | None:
        """``i_minus_j``, or ``last`` for the place of the last entry."""
        first, second = value.args
        one = second.op is CONSTANT and second.params[0] == 1
        if value.op is arithmetic.subtract and first.captive and first.op in LENGTHS and one:
            return "last"
        return compound(value, self.name_of)

    def _owner(self, value: Value) -> str | None:
        """What is read out of: a variable, or a table outside."""
        return outer_name(value) or self.name_of(value)

    def _arithmetic(self, value: Value) -> str | None:
        """A noun for a sum, a product, a quotient or a power."""
        op = value.op
        if op is arithmetic.divide:
            return self._quotient(value)
        if op is arithmetic.multiply:
            return self._product(value)
        if op is arithmetic.subtract:
            return "gap"
        if op is arithmetic.power:
            return self._power(value)
        if value.type != FLOAT:
            return None
        if op is arithmetic.add:
            return compound(value, self.name_of) or "total"
        if op is arithmetic.negative:
            return self._opposite(value)
        return None

    def _given(self, value: Value, op: Primitive) -> str | None:
        """``sqrt_T`` for what a function gives, or what such values are called at all."""
        name = op.callables[0].rpartition(".")[2]
        if len(value.args) == 1:
            word = word_of(value.args[0], self.name_of) or self.name_of(value.args[0])
            noun = f"{name}_{word}"
            if (
                word is not None
                and not _NUMBERED.fullmatch(word)
                and len(noun) <= LONGEST
                and noun.isidentifier()
            ):
                return noun
        return GIVEN.get(name) if value.type == FLOAT else None

    def _opposite(self, value: Value) -> str | None:
        """``minus_x``, or what the number itself would be called."""
        arg = value.args[0]
        word = word_of(arg, self.name_of) or self.name_of(arg)
        if word is None:
            return self._arithmetic(arg) if arg.captive else None
        fits = len(word) <= LONGEST - 6 and not _NUMBERED.fullmatch(word)
        return f"minus_{word}" if fits else None

    def _power(self, value: Value) -> str:
        """``x_squared``, or that it is a power."""
        base = self.name_of(value.args[0])
        exponent = value.args[1]
        squared = exponent.op is CONSTANT and exponent.params[0] == 2
        noun = f"{base}_squared"
        return noun if squared and base is not None and len(noun) <= LONGEST else "power"

    def _neighbour(self, value: Value) -> str | None:
        """``next_i`` and ``previous_i`` for the numbers beside ``i``."""
        base, side = self.name_of(value.args[0]), _side_of(value)
        if base is None or side is None:
            return None
        noun = f"{side}_{base}"
        return noun if len(noun) <= LONGEST else None

    def _entry(self, args: list[Value]) -> str | None:
        """``x_0`` or ``x_i`` for an entry of a list."""
        parts: list[str] = []
        for arg in args:
            name = self.name_of(arg)
            if parts and len(args) == 2 and (side := _side_of(arg)) is not None:
                # x[t - 1]
                parts.insert(0, side)
            elif name is not None:
                parts.append(name)
            elif arg.op is CONSTANT and isinstance(arg.params[0], int) and arg.params[0] >= 0:
                parts.append(str(arg.params[0]))
            elif arg.op is CONSTANT and arg.params[0] == -1 and len(args) == 2:
                parts.insert(0, "last")
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
        return noun if noun.isidentifier() and len(noun) <= LONGEST else None

    def _quotient(self, value: Value) -> str:
        above, below = value.args
        one = _is_one(above)
        name = self.name_of(below)
        if one and name is not None:
            noun = f"inv_{name}"
            return noun if len(noun) <= LONGEST else "inverse"
        return "inverse" if one else "ratio"

    def _product(self, value: Value) -> str:
        left, right = value.args
        name = self.name_of(left)
        if left is right and name is not None:
            noun = f"{name}_squared"
            return noun if len(noun) <= LONGEST else "square"
        if left.op is CONSTANT:
            return {0.5: "half", 2.0: "twice"}.get(left.params[0], "scale")
        return "scale"


def _inputs(statements: list[Statement]) -> dict[Value, str]:
    """Names for arguments of functions whose values the user has named."""
    found: dict[Value, str] = {}
    for statement in statements:
        if isinstance(statement, Define):
            name = input_name(statement.value, statement.value.user_name)
            if name is not None:
                found.setdefault(statement.value.args[0], name)
    return found


def _assigned(statements: list[Statement]) -> dict[Value, Value]:
    """What is computed for a variable in the branch that says most of it: no constant."""
    found: dict[Value, Value] = {}
    for statement in statements:
        if isinstance(statement, Move):
            for target, source in zip(statement.targets, statement.sources, strict=True):
                told = found.get(source, source)
                if told.op is CONDITIONAL:
                    told = next((arg for arg in told.args[1:] if not arg.leaf), told)
                if target.op is VARIABLE and not told.leaf:
                    found.setdefault(target, told)
    return found


def _assigned_several(statements: list[Statement]) -> set[Value]:
    """Variables that are something else on each of several paths."""
    sources: dict[Value, list[Value]] = {}
    for statement in statements:
        if isinstance(statement, Move):
            for target, source in zip(statement.targets, statement.sources, strict=True):
                if target.op is VARIABLE:
                    sources.setdefault(target, []).append(source)
    return {target for target, found in sources.items() if len(found) > 1}


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


def _is_one(value: Value) -> bool:
    return value.op is CONSTANT and value.params[0] == 1


def _side_of(value: Value) -> str | None:
    """Whether a number is the one behind or the one before another."""
    if value.type != INT or value.op not in (arithmetic.add, arithmetic.subtract):
        return None
    step = value.args[1]
    if step.op is not CONSTANT or step.params[0] != 1:
        return None
    return "next" if value.op is arithmetic.add else "previous"
