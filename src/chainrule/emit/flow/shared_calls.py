"""Functions that several statements of an arm call of the same are called once.

Each direction of a derivative has branches of its own; joined into one, they ask for the same
logarithm, which stands in place in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from chainrule.emit.plan import Define, Move, Statement, Value
from chainrule.primitives.declare import Cost, Primitive

Key = Callable[[Value], Hashable | None]


def share_calls(arm: list[Statement], computed: Key) -> None:
    """Name such values; ``computed`` tells what a value is computed from."""
    places: dict[Hashable, list[tuple[int, Value, int]]] = {}
    named: dict[Hashable, tuple[int, Value]] = {}
    for position, statement in enumerate(arm):
        stack = _written_by(statement)
        if isinstance(statement, Define) and _is_call(statement.value):
            key = computed(statement.value)
            if key is not None:
                named.setdefault(key, (position, statement.value))
        while stack:
            parent = stack.pop()
            for k, arg in enumerate(parent.args):
                if arg.captive:
                    stack.append(arg)
                    key = computed(arg) if _is_call(arg) else None
                    if key is not None:
                        places.setdefault(key, []).append((position, parent, k))
    made: list[tuple[int, Value]] = []
    for key, found in places.items():
        before = named.get(key)
        if before is not None and all(before[0] < position for position, _, _ in found):
            shared = before[1]
        elif len(found) > 1 and before is None:
            position, parent, k = min(found, key=lambda each: each[0])
            shared = parent.args[k]
            shared.captive = False
            made.append((position, shared))
        else:
            continue
        for _, parent, k in found:
            parent.args[k] = shared
    for position, shared in sorted(made, key=lambda each: -each[0]):
        arm.insert(position, Define(shared))


def _written_by(statement: Statement) -> list[Value]:
    """What a statement of derivative code computes."""
    found: list[Value] = []
    if isinstance(statement, Define):
        found = [statement.value]
    elif isinstance(statement, Move):
        found = [source for source in statement.sources if source.captive]
    return [value for value in found if value.derivative]


def _is_call(value: Value) -> bool:
    """Whether a function is called that takes longer than arithmetic does."""
    op = value.op
    return isinstance(op, Primitive) and op.symbol is None and op.cost >= Cost.ROOT
