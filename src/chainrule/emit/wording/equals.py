"""Which numbers are the same throughout a call: they may share a variable, even meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from chainrule.emit.plan import Move, Plan, Statement, Value, defined_by
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.declare import Primitive

NUMBERS = (FLOAT, INT, BOOL)


class Equals:
    """Numbers the expressions of a function; the same number tells the same expression.

    Two arms compute it each for itself, from arguments and constants alone: whichever was
    computed last is what the other would be.
    """

    def __init__(self, plan: Plan, statements: list[Statement]) -> None:
        self.arguments = set(plan.parameters.values())
        self.numbers: dict[Value, int | None] = {}
        self.known: dict[Hashable, int] = {}
        # What a variable holds that is assigned in one place.
        self.sources: dict[Value, Value] = {}
        assigned = Counter(value for each in statements for value in defined_by(each))
        for statement in statements:
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    if assigned[target] == 1:
                        self.sources[target] = source

    def number(self, value: Value) -> int | None:
        """The number of an expression, None where it may be another one later."""
        stack = [value]
        begun: set[Value] = set()
        while stack:
            top = stack.pop()
            if top in self.numbers:
                continue
            parts = [part for part in self._parts(top) if part not in self.numbers]
            if top in begun:
                # What is still missing depends on itself.
                self.numbers[top] = None if parts else self._told(top)
            else:
                begun.add(top)
                stack += [top, *parts]
        return self.numbers[value]

    def _parts(self, value: Value) -> list[Value]:
        if value in self.sources:
            return [self.sources[value]]
        return value.args if _is_computed(value) else []

    def _told(self, value: Value) -> int | None:
        if value.type not in NUMBERS:
            return None
        parts = tuple(self.numbers[part] for part in self._parts(value))
        key: Hashable = value
        if value in self.sources:
            return parts[0]
        if _is_computed(value):
            if None in parts:
                return None
            key = (value.op, value.params, value.type, parts)
        elif value.op is CONSTANT:
            # 0.0 equals -0.0, and 1 equals 1.0.
            key = (value.op, repr(value.params), value.type)
        elif value not in self.arguments:
            return None
        return self.known.setdefault(key, len(self.known))


def _is_computed(value: Value) -> bool:
    return isinstance(value.op, Primitive) and not value.op.effect and value.type in NUMBERS
