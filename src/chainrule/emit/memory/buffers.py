"""Arrays of zeros that every step of a loop makes anew: one is made before the loop, and cleared.

    flux_bar = np.empty_like(diffusivity)
    for u_gap in reversed(u_gap_tape):
        flux_bar[:1] = 0.0
        flux_bar[1:] = u_bar_scaled

It is done where no step hands its array on, to the next step or to what comes after the loop.  What
is written over at once is not cleared.
"""

from __future__ import annotations

import re

from chainrule.emit.memory.liveness import Liveness
from chainrule.emit.memory.reuse import SharedMemory, holds_memory
from chainrule.emit.memory.views import is_update
from chainrule.emit.names import Names
from chainrule.emit.plan import (
    VARIABLE,
    Define,
    For,
    Plan,
    Statement,
    Value,
    While,
    blocks_of,
    defined_by,
    reads_deep,
    walk,
)
from chainrule.graph.block import CONSTANT
from chainrule.graph.types import FLOAT, OPAQUE, Array
from chainrule.primitives.arrays.creation import empty_like, zeros_like
from chainrule.primitives.arrays.indexing import section_set

NUMBERED = re.compile(r"_\d+$")


def make_buffers_once(plan: Plan, names: Names) -> bool:
    """Take such arrays out of the loops of ``plan``; whether there were any."""
    written = [*plan.owned, *plan.into.items()]
    memory = None
    for block in blocks_of(plan.body):
        for loop in [one for one in block if isinstance(one, (For, While))]:
            for value in _zeros_of(loop):
                memory = memory or SharedMemory(plan, written)
                versions = _versions(value, memory, written, names)
                if versions and _stays(value, loop, memory, names.liveness):
                    made = _made_before(value, loop, names[value], _left_by_next(value, loop))
                    plan.cleared.update(dict.fromkeys(versions, made))
                    block.insert(block.index(loop), Define(made))
    return bool(plan.cleared)


def _versions(
    value: Value, memory: SharedMemory, written: list[tuple[Value, Value]], names: Names
) -> list[Value]:
    """``value`` and what is written over it under its name; none where that names a view of it."""
    members = memory.of(value) or set()
    alike = [one for one in names.order if one in members and names.same(one, value)]
    pairs = [*written, *((one, one.args[0]) for one in alike if is_update(one))]
    found = {value}
    # What is written over comes before what it is written over by.
    for one in alike:
        if any(new is one and old in found for new, old in pairs):
            found.add(one)
    return alike if len(found) == len(alike) else []


def _zeros_of(loop: For | While) -> list[Value]:
    """Zeros that every step makes, in the shape of an array that is there before the loop."""
    made = [s.value for s in loop.body if isinstance(s, Define) and s.value.op is zeros_like]
    inside: set[Value] = set()
    if made:
        statements: list[Statement] = [loop]
        inside = {value for statement in walk(statements) for value in defined_by(statement)}
    return [
        value
        for value in made
        if value.derivative and not value.args[0].captive and value.args[0] not in inside
    ]


def _stays(value: Value, loop: For | While, memory: SharedMemory, liveness: Liveness) -> bool:
    """Whether nothing that shares the memory of ``value`` is needed behind a step of the loop."""
    members = memory.of(value)
    return members is not None and all(
        (not holds_memory(one.type) or (isinstance(one.type, Array) and one.op is not VARIABLE))
        and not liveness.at_entry(loop, one)
        and not liveness.at_end(loop, one)
        for one in members
    )


def _left_by_next(value: Value, loop: For | While) -> list[Value]:
    """Bounds of what is left of the zeros by the next write: -1 and None behind ``x[:-1] = v``.

    They are those of all of it where more is written than a part at one end, or where it is read.
    """
    nothing = Value(CONSTANT, [], (None,), OPAQUE)
    block: list[Statement] = loop.body
    readers = [statement for statement in walk(block) if value in reads_deep(statement)]
    if len(readers) != 1 or readers[0] not in block or reads_deep(readers[0]).count(value) != 1:
        return [nothing, nothing]
    write = readers[0].value if isinstance(readers[0], Define) else value
    if write.op is section_set and write.params == ("s",) and write.args[0] is value:
        start, stop, step = write.args[1:4]
        numbers = [each.params[0] if each.op is CONSTANT else each for each in (start, stop, step)]
        match numbers:
            case [int(first), None, None] if first > 0:
                return [nothing, start]
            case [None, int(last), None] if last < 0:
                return [stop, nothing]
    return [nothing, nothing]


def _made_before(value: Value, loop: For | While, name: str, bounds: list[Value]) -> Value:
    """The array that ``value``, which becomes its clearing within bounds, is written into."""
    made = Value(empty_like, value.args, value.params, value.type, loop.origin, value.serial)
    made.hint = value.hint or NUMBERED.sub("", name)
    nothing = Value(CONSTANT, [], (None,), OPAQUE)
    zero = Value(CONSTANT, [], (0.0,), FLOAT)
    value.op, value.params = section_set, ("s",)
    value.args, value.whole = [made, *bounds, nothing, zero], ()
    return made
