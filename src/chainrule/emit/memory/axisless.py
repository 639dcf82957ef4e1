"""Which variables may hold arrays without axes: ``x += e`` writes into such an array.

``np.asarray(2)`` is an object that others may hold, of a dtype of its own; ``x = x + e`` gives a
number beside it.  So it is with what lists and tuples hold: ``row[0] += e``.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.emit.names import Names
from chainrule.emit.plan import (
    Define,
    For,
    Move,
    Plan,
    Unpack,
    Value,
    defined_by,
    walk,
)
from chainrule.graph.types import DYNAMIC, unit_axes_of
from chainrule.primitives.declare import Primitive
from chainrule.primitives.sequence import index


def axisless(plan: Plan, names: Names) -> set[str]:
    """The names of variables that may be, or hold, an array without axes."""
    found = {names[value] for value in plan.axisless if names.has(value)}
    bindings = [(name, value) for name, value in _bindings(plan, names) if name not in found]
    count = -1
    while count != len(found):
        count = len(found)
        for name, value in bindings:
            if name not in found and _may_box(name, value, plan, names, found):
                found.add(name)
    return found


def _bindings(plan: Plan, names: Names) -> Iterator[tuple[str, Value]]:
    """The names of variables, each with what it gets, or gets one of the entries of."""
    for statement in walk(plan.body):
        match statement:
            case Move(targets=targets, sources=sources):
                pairs = list(zip(targets, sources, strict=True))
            case Define(value=source) | Unpack(source=source) | For(iterable=source):
                pairs = [(target, source) for target in defined_by(statement)]
            case _:
                continue
        yield from ((names[target], source) for target, source in pairs if names.has(target))


def _is_by_ellipsis(value: Value) -> bool:
    """Whether it is ``x[..., 0]`` of a vector: a view of one entry, and no number."""
    return value.op is index and any("e" in str(pattern) for pattern in value.params)


def _may_box(name: str, value: Value, plan: Plan, names: Names, found: set[str]) -> bool:
    """Whether what a variable gets may be an array without axes, or hold one."""
    stack = [value]
    while stack:
        each = stack.pop()
        op = each.op
        if each in plan.axisless or (names.has(each) and names[each] in found):
            return True
        by_name = names.has(each) and (names[each] != name or each is not value)
        if by_name or unit_axes_of(each.type):
            continue
        if isinstance(op, Primitive):
            if op.boxes_numbers or op.keeps_boxes or _is_by_ellipsis(each):
                return True
            if op.broadcasts and not op.chooses:
                # Arithmetic gives numbers.
                continue
        if each.type == DYNAMIC:
            return True
        stack.extend(each.args)
    return False
