"""Containers and shapes taken apart as a person does: ``W, b = params[0]``, ``n, m = X.shape``."""

from __future__ import annotations

import re

from chainrule.emit.plan import (
    SHAPE,
    VARIABLE,
    Define,
    Plan,
    Statement,
    Unpack,
    Value,
    blocks_of,
    count_uses,
)
from chainrule.graph.block import CONSTANT, PARAMETER
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.invoke import CALL_FUNCTION, CALL_FUNCTION_EFFECT
from chainrule.primitives.sequence import index

CALLS = (CALL_FUNCTION, CALL_FUNCTION_EFFECT)
COMPONENTS = ("component", "rigid_component", "square_component", "counted_component")
ENTRY = re.compile(r"_0_\[(\d+)\]")
# More names than these do not stand on one line.
MOST_NAMES = 6


def take_apart(plan: Plan) -> None:
    """Read all entries of a container, or all lengths of a shape, in one statement."""
    for block in blocks_of(plan.body):
        _shapes(block)
        _containers(block, plan)
    for block in blocks_of(plan.body):
        _results(block)
    _calls(plan)
    _in_place(plan)


def _shapes(block: list[Statement]) -> None:
    groups: dict[tuple[Value, int], dict[int, int]] = {}
    for position, statement in enumerate(block):
        value = statement.value if isinstance(statement, Define) else None
        if value is None or value.op.name != "dimension" or value.user_name is None:
            continue
        line = value.origin.position.line if value.origin.position is not None else 0
        axis = int(str(value.params[0]))
        groups.setdefault((value.args[0], line), {}).setdefault(axis, position)
    chosen = []
    for (array, _), places in groups.items():
        rank = len(unit_axes_of(array.type))
        if rank > 1 and sorted(places) == list(range(rank)):
            source = Value(SHAPE, [array], (), array.type, array.origin, array.serial)
            source.captive = True
            chosen.append((source, [places[axis] for axis in range(rank)]))
    _unpack(block, chosen)


def _containers(block: list[Statement], plan: Plan) -> None:
    groups: dict[Value, dict[int, int]] = {}
    for position, statement in enumerate(block):
        value = statement.value if isinstance(statement, Define) else None
        entry = None if value is None else _entry(value)
        if value is not None and entry is not None and value.args[0] in plan.counts:
            groups.setdefault(value.args[0], {}).setdefault(entry, position)
    chosen = []
    for base, places in groups.items():
        count = plan.counts[base]
        named = [_value(block[position]).user_name for position in places.values()]
        if 1 < count <= MOST_NAMES and sorted(places) == list(range(count)) and all(named):
            chosen.append((base, [places[entry] for entry in range(count)]))
    _unpack(block, chosen)


def _results(block: list[Statement]) -> None:
    """The results of a call that gives several: ``w, V = np.linalg.eigh(A)``."""
    groups: dict[Value, dict[int, int]] = {}
    for position, statement in enumerate(block):
        value = statement.value if isinstance(statement, Define) else None
        if value is not None and value.op.name in COMPONENTS:
            groups.setdefault(value.args[0], {}).setdefault(int(str(value.params[0])), position)
    chosen = []
    for base, places in groups.items():
        items = getattr(base.type, "items", ())
        named = [_value(block[position]).user_name for position in places.values()]
        if len(items) == len(places) and all(named):
            chosen.append((base, [places[k] for k in range(len(items))]))
    _unpack(block, chosen)


def _calls(plan: Plan) -> None:
    """The results of a call of a function of the module, where several of them are used."""
    reads: dict[Value, dict[int, list[Value]]] = {}
    for block in blocks_of(plan.body):
        for statement in block:
            if isinstance(statement, Define) and statement.value.op is VERBATIM:
                value, entry = statement.value, _entry(statement.value)
                if entry is not None and value.args[0].op in CALLS:
                    reads.setdefault(value.args[0], {}).setdefault(entry, []).append(value)
    taken = {
        call: {entry: found[0] for entry, found in entries.items()}
        for call, entries in reads.items()
        if len(entries) > 1
        and max(map(len, entries.values())) == 1
        and plan.graph.functions[call.params[0]].unpacked
    }
    gone = {value for entries in taken.values() for value in entries.values()}
    for block in blocks_of(plan.body):
        block[:] = [
            _apart(statement, taken, plan)
            for statement in block
            if not (isinstance(statement, Define) and statement.value in gone)
        ]
    for value in gone:
        value.op, value.args, value.params = VARIABLE, [], ()


def _apart(statement: Statement, taken: dict[Value, dict[int, Value]], plan: Plan) -> Statement:
    """The statement that takes a call apart, for the one that defines its result."""
    if not isinstance(statement, Define) or statement.value not in taken:
        return statement
    call, entries = statement.value, taken[statement.value]
    call.captive = True
    count = len(plan.graph.functions[call.params[0]].types)
    return Unpack([entries.get(k) for k in range(count)], call)


def _entry(value: Value) -> int | None:
    """The position that a value reads of a container."""
    if value.op is index and len(value.args) == 2:
        return position_of(value.args[1])
    if value.op is not VERBATIM or len(value.args) != 1:
        return None
    found = ENTRY.fullmatch(str(value.params[0]))
    return None if found is None else int(found.group(1))


def position_of(value: Value) -> int | None:
    """A position that is written as a number, counted from the front."""
    number = value.params[0] if value.op is CONSTANT else None
    return number if isinstance(number, int) and number >= 0 else None


def _value(statement: Statement) -> Value:
    assert isinstance(statement, Define)
    return statement.value


def _unpack(block: list[Statement], chosen: list[tuple[Value, list[int]]]) -> None:
    """Put one unpacking where the first of its values is read."""
    gone: set[int] = set()
    made: dict[int, Statement] = {}
    for source, places in chosen:
        targets: list[Value | None] = [_value(block[position]) for position in places]
        for target in targets:
            assert target is not None
            target.op, target.args, target.params = VARIABLE, [], ()
        gone.update(places)
        made[min(places)] = Unpack(targets, source)
    block[:] = [
        made.get(position, statement)
        for position, statement in enumerate(block)
        if position not in gone or position in made
    ]


def _in_place(plan: Plan) -> None:
    """``params[0]`` is written where it is taken apart, as long as nothing happens in between."""
    body = plan.body
    head = body[: _first_other(body)]
    inside, total = count_uses(head), count_uses(body)
    gone: list[Statement] = []
    for statement in head:
        value = statement.value if isinstance(statement, Define) else None
        if value is None or value.user_name is not None or inside[value] != total[value]:
            continue
        base = value.args[0]
        if base.op is PARAMETER or base.repeated:
            value.captive = value.repeated = True
            gone.append(statement)
    body[:] = [statement for statement in body if statement not in gone]


def _first_other(body: list[Statement]) -> int:
    """How many statements at the beginning do nothing but read containers."""
    for position, statement in enumerate(body):
        reads = isinstance(statement, Define) and _entry(statement.value) is not None
        if not reads and not isinstance(statement, Unpack):
            return position
    return len(body)
