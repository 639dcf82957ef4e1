"""What a nameless number is a part of: ``xi_ratio`` goes into the user's ``xi``.

They stand where nothing tells more of a number than what operation it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chainrule.emit.plan import VARIABLE, Define, Move, Statement, Value
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.part_nouns import LONGEST_PART, part_noun


class Contexts:
    """The user's variables that nameless values of f go into, each into the first that it does."""

    def __init__(self, statements: list[Statement]) -> None:
        self.stems: dict[Value, str] = {}
        for statement in reversed(statements):
            for target, source in _assigned(statement):
                stem = target.user_name or self.stems.get(target)
                if stem is not None and not target.derivative:
                    self._reach(source, stem)
        for statement in statements:
            for target, source in _assigned(statement):
                if target.op is VARIABLE and source in self.stems:
                    self.stems.setdefault(target, self.stems[source])

    def _reach(self, source: Value, stem: str) -> None:
        for value in _named_in(source):
            if value.user_name is None and not value.derivative:
                self.stems[value] = stem

    def part(self, value: Value, noun: str | None) -> str | None:
        """The noun behind the name of what the value is a part of."""
        return part_noun(self.stems.get(value), noun)


def _assigned(statement: Statement) -> Iterator[tuple[Value, Value]]:
    """What a statement assigns, and what is written for it."""
    if isinstance(statement, Define):
        yield statement.value, statement.value
    elif isinstance(statement, Move):
        yield from zip(statement.targets, statement.sources, strict=True)


def _named_in(value: Value) -> Iterator[Value]:
    """The values with a name of their own that are written in an expression, or the one it is."""
    stack = list(value.args) if value.op is not VARIABLE else []
    yield value
    while stack:
        arg = stack.pop()
        if arg.captive:
            stack.extend(arg.args)
        else:
            yield arg


def scaled(value: Value, name_of: Callable[[Value], str | None]) -> str | None:
    """``x_bar_scaled`` for a product or quotient with ``x_bar``."""
    stack = [value]
    while stack:
        arg = stack.pop()
        if arg is value or (arg.captive and arg.op in (multiply, divide, negative)):
            stack.extend(arg.args[:1] if arg.op is divide else arg.args[::-1])
            continue
        name = None if arg.captive or not arg.derivative else name_of(arg)
        if name is not None and arg.op is not VARIABLE and arg.hint is not None:
            found = f"{name}_scaled"
            return found if len(found) <= LONGEST_PART else None
    return None
