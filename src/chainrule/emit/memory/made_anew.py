"""Arrays that every step of a loop makes anew: what a tape holds of the step before stays so.

for _ in range(n):
    un = u.copy()
    un[1:-1] -= dt * f(u)
    u_tape.append(u)            # no copy: only arrays made in this step are written to
    u = un
"""

from __future__ import annotations

from chainrule.emit.memory.views import is_new_array, is_update
from chainrule.emit.memory.webs import Webs
from chainrule.emit.plan import VARIABLE, Define, Move, Plan, Statement, Value, defined_by, walk
from chainrule.primitives.effect import LEAVE


class MadeAnew:
    """The writes into arrays, by what may be one object in memory."""

    def __init__(self, plan: Plan, webs: Webs) -> None:
        self._webs = webs
        self._writes: dict[Value, list[Value]] = {}
        # What loops within hand on from step to step.
        self._sources: dict[Value, list[Value]] = {}
        for statement in walk(plan.body):
            if isinstance(statement, Define) and is_update(statement.value):
                web = webs.find(statement.value)
                self._writes.setdefault(web, []).append(statement.value)
            elif isinstance(statement, Define) and statement.value.op is LEAVE:
                # The caller's array, which the first step may begin with, is written to at last.
                web = webs.find(statement.value.args[0])
                self._writes.setdefault(web, []).append(statement.value)
            elif isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    self._sources.setdefault(target, []).append(source)

    def stays(self, stored: Value, body: list[Statement], position: int) -> bool:
        """Whether what a variable holds at ``position`` of a loop's ``body`` is not written to.

        It is not where each write goes into an array that was made in the same run of ``body``:
        the variable has that in the next run at the earliest.
        """
        if stored.op is not VARIABLE:
            return False
        if any(stored in defined_by(before) for before in walk(body[:position])):
            return False
        here = {value for inner in walk(body) for value in defined_by(inner)}
        writes = self._writes.get(self._webs.find(stored), ())
        return all(write in here and self._is_made(write, here) for write in writes)

    def _is_made(self, write: Value, here: set[Value]) -> bool:
        """Whether the array into which successive writes go is made ``here``."""
        stack, seen = [write], set()
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if is_update(value):
                stack.append(value.args[0])
            elif value not in here:
                return False
            elif value.op is VARIABLE and value in self._sources:
                stack += self._sources[value]
            elif not is_new_array(value):
                return False
        return True
