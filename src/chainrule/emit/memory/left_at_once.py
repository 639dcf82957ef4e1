"""The caller's list gets what it is left with at once, and is what others are given from then on.

t1 = sorted(items)                      t1 = sorted(items)
table["best"] = t1                      items[:] = t1
first = t1[0]                           table["best"] = items
items[:] = t1                           first = t1[0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    Define,
    Move,
    Plan,
    Return,
    Statement,
    Value,
    defined_by,
    reads_deep,
    walk,
)
from chainrule.primitives.effect import LEAVE, STORE, VERBATIM
from chainrule.primitives.sequence import display, record

# They hold their arguments, which live on in them.
HOLDING = (STORE, display, record, VERBATIM)


def is_left_so(plan: Plan, leaving: Define) -> bool:
    """Whether what the caller's list or array holds in the end was written in place."""
    given, left = leaving.value.args
    sources: dict[Value, list[Value]] = {}
    for each in walk(plan.body):
        if isinstance(each, Move):
            for target, source in zip(each.targets, each.sources, strict=True):
                sources.setdefault(target, []).append(source)
    stack, seen = [left], {given}
    while stack:
        value = stack.pop()
        if value in seen:
            continue
        seen.add(value)
        if is_update(value) and "new" not in value.params:
            stack.append(value.args[0])
        elif value in sources:
            stack.extend(sources[value])
        else:
            return False
    return True


def leave_at_once(plan: Plan, memory: Callable[[Value], Iterable[Value]]) -> None:
    """Put what each of the caller's lists and arrays is left with into it where it is known.

    ``memory`` tells what may lie in the memory of one.  What it held is not read from there on.
    """
    body = plan.body
    for leaving in leavings(plan):
        given, left = leaving.value.args
        position = body.index(leaving)
        made = next((k for k in range(position)[::-1] if _assigns(body[k], left)), None)
        if made is None or is_left_so(plan, leaving):
            continue
        held = {given, *memory(given)} - {left}
        if held.isdisjoint(v for each in walk(body[made + 1 : position]) for v in reads_deep(each)):
            del body[position]
            body.insert(made + 1, leaving)


def hand_on_given(plan: Plan) -> None:
    """Let others have the caller's lists themselves, once these have what they are left with."""
    for leaving in leavings(plan):
        given, left = leaving.value.args
        for each in walk(plan.body[plan.body.index(leaving) + 1 :]):
            _hand_on(each, left, given)


def leavings(plan: Plan) -> list[Define]:
    """Where the caller's lists and arrays get what they hold in the end."""
    return [s for s in plan.body if isinstance(s, Define) and s.value.op is LEAVE]


def _assigns(statement: Statement, value: Value) -> bool:
    return any(value in defined_by(each) for each in walk([statement]))


def _hand_on(statement: Statement, left: Value, given: Value) -> None:
    if isinstance(statement, Return):
        statement.replace_reads({left: given})
    elif isinstance(statement, Define):
        value = statement.value
        kept = 1 if is_update(value) else 0 if value.op in HOLDING else len(value.args)
        value.args[kept:] = [given if arg is left else arg for arg in value.args[kept:]]
