"""Which variables may hold arrays without axes: ``x += e`` writes into such an array.

``np.asarray(2)`` is an object that others may hold, of a dtype of its own; ``x = x + e`` gives a
number beside it.
"""

from __future__ import annotations

from chainrule.emit.names import Names
from chainrule.emit.plan import Define, Move, Plan, Value, defined_by, walk
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.declare import Primitive


def axisless(plan: Plan, names: Names) -> set[str]:
    """The names of variables that may hold an array without axes."""
    found = {names[value] for value in plan.axisless if names.has(value)}
    moves: list[tuple[str, Value]] = []
    for statement in walk(plan.body):
        if isinstance(statement, Define):
            found.update(names[value] for value in defined_by(statement) if _makes(value, names))
        elif isinstance(statement, Move):
            pairs = zip(statement.targets, statement.sources, strict=True)
            moves += [(names[target], source) for target, source in pairs if names.has(target)]
    found.update(name for name, source in moves if _makes(source, names))
    count = -1
    while count != len(found):
        count = len(found)
        found.update(name for name, source in moves if names.has(source) and names[source] in found)
    return found


def _makes(value: Value, names: Names) -> bool:
    op = value.op
    boxes = isinstance(op, Primitive) and (op.boxes_numbers or op.keeps_boxes)
    return boxes and not unit_axes_of(value.type)
