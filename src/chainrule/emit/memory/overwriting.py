"""Which statements may change places once it is settled what is written over."""

from __future__ import annotations

from chainrule.emit.memory.chosen_views import Chosen
from chainrule.emit.memory.views import is_update
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import (
    POP,
    Define,
    Plan,
    Statement,
    Value,
    reads_deep,
    walk,
)


class Memory:
    """What lies where, after the choice of what takes the memory of what."""

    def __init__(self, plan: Plan, webs: Webs) -> None:
        self.webs = webs
        self.chosen = Chosen(plan.body)
        self.taken: dict[Value, list[Value]] = {}
        for value, arg in (*plan.owned, *plan.into.items()):
            self.taken.setdefault(value, []).append(arg)

    def clash(self, ahead: list[Statement], passed: list[Statement]) -> bool:
        """Whether ``ahead`` writes over what ``passed``, which stood before it, reads."""
        written = {
            place
            for statement in walk(ahead)
            if isinstance(statement, Define)
            for value in self._written(statement.value)
            for place in self._places(value)
        }
        return bool(written) and any(
            place in written
            for statement in walk(passed)
            for value in reads_deep(statement)
            for place in self._places(value)
        )

    def _written(self, value: Value) -> list[Value]:
        if is_update(value) or value.op is POP:
            return [value.args[0]]
        return self.taken.get(value, [])

    def _places(self, value: Value) -> set[Value]:
        """What may be one object in memory with ``value``."""
        found: set[Value] = set()
        stack = [value]
        while stack:
            current = stack.pop()
            if current not in found:
                found.add(current)
                stack += [self.webs.find(current), *self.taken.get(current, ())]
                stack += self.chosen.read_by(current)
        return found
