"""Lists that are handed over to a call that writes into them, without a copy.

a[i], a[hi] = a[hi], a[i]
a = qsort(a, lo, i)             # not qsort(list(a), lo, i): nobody reads the old list again
"""

from __future__ import annotations

from collections import Counter

from chainrule.emit.containers.unpacking import CALLS, ENTRY
from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.made import makes_array
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    COMPREHENSION,
    VARIABLE,
    Define,
    Move,
    Plan,
    Return,
    Statement,
    Unpack,
    Value,
    blocks_of,
    reads_deep,
    walk,
)
from chainrule.graph.block import PARAMETER
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.sequence import concatenate, copy, display, filled, zeros_like

COPIES = (copy, array_copy)
MADE = (*COPIES, display, filled, zeros_like, concatenate, COMPREHENSION)


def hand_over(plan: Plan) -> None:
    """Leave out the copies, made for a call that writes into them, of what has no further use."""
    if not any(_changed(call) for call in map(_call_in, walk(plan.body))):
        return
    liveness, lists = Liveness(plan), _Lists(plan)
    for block in blocks_of(plan.body):
        copies = {s.value: s for s in block if isinstance(s, Define) and s.value.op in COPIES}
        for call in list(map(_call_in, block)):
            for k in _changed(call):
                assert call is not None
                made = copies.get(call.args[k])
                if made is None or lists.uses[made.value] > 1:
                    continue
                (source,) = made.value.args
                if lists.is_own(source) and not liveness.after(made, source):
                    call.args[k] = source
                    block.remove(made)


def _call_in(statement: Statement) -> Value | None:
    """The call that a statement makes, if it does nothing else."""
    if isinstance(statement, Unpack):
        return statement.source
    return statement.value if isinstance(statement, Define) else None


class _Lists:
    """Which lists and arrays are this code's alone, under one name."""

    def __init__(self, plan: Plan) -> None:
        self.uses: Counter[Value] = Counter()
        self._readers: dict[Value, list[Statement]] = {}
        self._own: set[Value] = set()
        sources: dict[Value, list[Value]] = {}
        for statement in walk(plan.body):
            for value in reads_deep(statement):
                self.uses[value] += 1
                self._readers.setdefault(value, []).append(statement)
            if isinstance(statement, Define) and _is_made(statement.value):
                self._own.add(statement.value)
            elif isinstance(statement, Unpack) and _changed(statement.source):
                self._own.update(_left_in(statement))
            elif isinstance(statement, Move):
                for target, source in zip(statement.targets, statement.sources, strict=True):
                    sources.setdefault(target, []).append(source)
        variables = set(sources)
        while True:
            kept = {
                target
                for target in variables
                if all(
                    s in variables or (s in self._own and self.uses[s] == 1)
                    for s in sources[target]
                )
            }
            if kept == variables:
                break
            variables = kept
        given = list(plan.parameters.values())
        self._own |= variables | {given[k] for k in plan.graph.overwrites}

    def is_own(self, value: Value) -> bool:
        """Whether nobody else has what ``value`` is, now or before."""
        if value not in self._own:
            return False
        if value.op in (VARIABLE, PARAMETER):
            return all(_only_reads(each, value) for each in self._readers[value])
        return self.uses[value] == 1


def _only_reads(statement: Statement, value: Value) -> bool:
    """Whether nothing that a statement makes has the list ``value`` in it."""
    if not isinstance(statement, Define):
        return isinstance(statement, Return)
    made = statement.value
    anew = made.op in COPIES or (is_update(made) and value not in made.args[1:])
    return made.type in (FLOAT, INT, BOOL) or (anew and made.args[0] is value)


def _changed(call: Value | None) -> tuple[int, ...]:
    """The places of the arguments into which a call writes."""
    return call.params[1] if call is not None and call.op in CALLS and len(call.params) > 1 else ()


def _is_made(value: Value) -> bool:
    if value.op in MADE or is_update(value) or makes_array(value):
        return True
    if value.op is VERBATIM and value.args and _changed(value.args[0]):
        entry = ENTRY.fullmatch(str(value.params[0]))
        return entry is not None and int(entry[1]) >= int(str(value.args[0].params[2]))
    return bool(_changed(value)) and value.params[2] == 0


def _left_in(statement: Unpack) -> list[Value]:
    """What a call has left in the lists that it was given."""
    first = int(str(statement.source.params[2]))
    return [target for target in statement.targets[first:] if target is not None]
