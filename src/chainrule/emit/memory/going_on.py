"""Views that go on to the next step of a loop as what they are.

for t in range(n):
    x[t] = g(before)            # nothing reads ``before`` behind this write
    before = x[t]               # no copy of the row, nor of ``x``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from chainrule.emit.memory.views import is_held, is_update, is_view
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import POP, Define, Move, Plan, Statement, Value, walk
from chainrule.graph.types import Array
from chainrule.primitives.effect import LEAVE

# Whether a value, or what looks into it, is needed behind a statement.
Seen = Callable[[Statement, Value], bool]


class GoingOn:
    """The variables that may stand for views of arrays, while these are written to."""

    def __init__(
        self, plan: Plan, webs: Webs, views: Mapping[Value, Sequence[Value]], seen: Seen
    ) -> None:
        self._webs = webs
        self._views = views
        self._seen = seen
        self._writes: dict[Value, list[Define]] = {}
        self._targets: dict[Value, list[Value]] = {}
        moves: dict[Value, list[Value]] = {}
        for statement in walk(plan.body):
            if isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    self._targets.setdefault(source, []).append(target)
                    moves.setdefault(target, []).append(source)
            elif isinstance(statement, Define) and _writes(statement.value):
                web = webs.find(statement.value)
                self._writes.setdefault(web, []).append(statement)
        self.variables = {
            target
            for target, sources in moves.items()
            if target in plan.states and any(map(_looks, sources)) and self._may(target)
        }

    def _may(self, target: Value) -> bool:
        """Whether nothing is written while the view is needed, nor through it."""
        reach = set(self._reach(target))
        return not any(
            statement.value.args[0] in reach or self._seen(statement, target)
            for statement in self._writes.get(self._webs.find(target), ())
        )

    def _reach(self, target: Value) -> Iterator[Value]:
        """The variable, and what looks where it does under another name."""
        stack, found = [target], {target}
        while stack:
            value = stack.pop()
            yield value
            for other in (*self._targets.get(value, ()), *self._views.get(value, ())):
                if other not in found:
                    found.add(other)
                    stack.append(other)


def _writes(value: Value) -> bool:
    return is_update(value) or value.op in (POP, LEAVE)


def _looks(source: Value) -> bool:
    return is_held(source.type) and isinstance(source.type, Array) and is_view(source)
