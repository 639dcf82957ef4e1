"""Who asks which array for its shape: later versions, which live in its memory, answer as well."""

from __future__ import annotations

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.views import SHAPES_OF
from chainrule.emit.plan import Define, Plan, Statement, Value, walk
from chainrule.primitives.effect import LEAVE


class Askers:
    """The values that ask an array for its shape, by that array, with where they stand."""

    def __init__(self, plan: Plan, liveness: Liveness) -> None:
        self._liveness = liveness
        self._of: dict[Value, dict[Value, list[int]]] = {}
        for statement in walk(plan.body):
            stack = [read for read in statement.reads() if read.captive]
            if isinstance(statement, Define):
                stack.append(statement.value)
            while stack:
                value = stack.pop()
                stack.extend(arg for arg in value.args if arg.captive)
                for arg in _asked(value):
                    places = self._of.setdefault(arg, {}).setdefault(value, [])
                    places.append(liveness.position[statement])

    def ask_newer(self, body: list[Statement], position: int, old: Value, new: Value) -> None:
        """Behind ``position`` of ``body``, ask ``new`` in the memory of ``old`` for its shape."""
        askers = self._of.get(old)
        if not askers:
            return
        begin, end = self._end_of(body[position]), self._end_of(body[-1])
        for value, places in list(askers.items()):
            if any(begin < place <= end for place in places):
                asked = _asked(value)
                value.args = [new if arg is old and arg in asked else arg for arg in value.args]
                self._of.setdefault(new, {})[value] = askers.pop(value)

    def _end_of(self, statement: Statement) -> int:
        return self._liveness.ends.get(statement, self._liveness.position[statement])


def _asked(value: Value) -> list[Value]:
    """The arguments that are asked for nothing but their shape."""
    if value.op.name not in SHAPES_OF or value.op is LEAVE:
        return []
    start, stop = SHAPES_OF[value.op.name]
    kept = value.args[start:stop]
    return [arg for arg in value.args if arg not in kept]
