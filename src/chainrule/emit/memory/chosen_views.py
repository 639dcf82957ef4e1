"""What a view of an array is called when it is one of several things that a value may be.

part = x_bar[1:] if n == len(x_bar) - 1 else x_bar[1:].sum(keepdims=True)
x_bar[1:] = 0.0        # must not be seen by ``part``
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.memory.views import is_view
from chainrule.emit.plan import CONDITIONAL, Define, Move, Statement, Value, captives, walk
from chainrule.graph.types import Array


def chosen_views(body: list[Statement]) -> tuple[list[Value], dict[Value, list[Value]]]:
    """The views within choices, and the values that each view, or one of those values, may be."""
    pairs = list(_choices(body))
    looking = dict.fromkeys(source for _, source in pairs if is_view(source))
    within = [source for source in looking if source.captive]
    found: dict[Value, list[Value]] = {}
    while looking:
        reached = [(target, source) for target, source in pairs if source in looking]
        for target, source in reached:
            found.setdefault(source, []).append(target)
        looking = dict.fromkeys(target for target, _ in reached if target not in found)
    return within, found


def chosen_names(body: list[Statement]) -> dict[Value, list[Value]]:
    """The values that each array may be another name of, behind a branch or as a choice."""
    found: dict[Value, list[Value]] = {}
    for target, source in _choices(body):
        if isinstance(source.type, Array):
            found.setdefault(source, []).append(target)
    return found


class Chosen:
    """What each value may be another name of: that is read where the value is read."""

    def __init__(self, body: list[Statement]) -> None:
        self._sources: dict[Value, list[Value]] = {}
        for target, source in _choices(body):
            if isinstance(source.type, Array):
                self._sources.setdefault(target, []).append(source)

    def read_by(self, value: Value) -> list[Value]:
        """The value, and what it may be."""
        found = [value]
        for each in found:
            found += [source for source in self._sources.get(each, ()) if source not in found]
        return found


def _choices(body: list[Statement]) -> Iterator[tuple[Value, Value]]:
    """Values, each with one of those that it may be."""
    for statement in walk(body):
        if isinstance(statement, Move):
            yield from zip(statement.targets, statement.sources, strict=True)
        for read in [statement.value] if isinstance(statement, Define) else statement.reads():
            for value in (read, *captives(read)):
                if value.op is CONDITIONAL:
                    yield from ((value, arm) for arm in value.args[1:])
