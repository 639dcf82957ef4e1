"""Parts that were named to keep a line short, and need no name as it turns out.

How wide a line will be is known only when everything on it has its name.
"""

from __future__ import annotations

from chainrule.emit.layout import Measure, fits
from chainrule.emit.memory.views import is_update
from chainrule.emit.plan import (
    LAZY,
    Define,
    Move,
    Return,
    Statement,
    Value,
    count_uses,
    is_effect,
    is_statement,
    may_raise,
    ordered,
)
from chainrule.graph.types import FLOAT


def unsplit(body: list[Statement], measure: Measure, width: int) -> bool:
    """Write such parts in place again; whether there were any."""
    uses = count_uses(body)
    changed = False
    for block, depth in _deep(body):
        position = len(block) - 1
        while position > 0:
            part, statement = block[position - 1], block[position]
            value = part.value if isinstance(part, Define) else None
            if (
                value is not None
                and uses[value] == 1
                and _is_part(value)
                and isinstance(statement, (Define, Move, Return))
                and not (isinstance(statement, Move) and value in statement.sources)
                and _reads_first(statement, value)
            ):
                value.captive = True
                if fits(statement, measure, width - 4 * depth):
                    del block[position - 1]
                    changed = True
                else:
                    value.captive = False
            position -= 1
    return changed


def _deep(body: list[Statement]) -> list[tuple[list[Statement], int]]:
    """Every block, with how deep it stands."""
    found = [(body, 0)]
    for block, depth in found:
        found.extend((inner, depth + 1) for each in block for inner in each.blocks())
    return found


def _is_part(value: Value) -> bool:
    """Whether a value is a number without a name that tells anything."""
    nameless = value.user_name is None and value.hint is None and not value.leaf
    plain = not (is_update(value) or is_effect(value) or is_statement(value))
    return nameless and plain and value.type == FLOAT and value.op not in LAZY


def _reads_first(statement: Statement, value: Value) -> bool:
    """Whether the value is computed for certain, and what f may raise stays in its order."""
    stack = list(reversed(statement.reads()))
    while stack:
        arg = stack.pop()
        if arg is value:
            return True
        if not arg.captive:
            continue
        if arg.op in LAZY:
            return False
        stack.extend(reversed(arg.args))
        own = (ordered(arg) and may_raise(value)) or (ordered(value) and may_raise(arg))
        if own and value not in _all_of(arg):
            return False
    return False


def _all_of(value: Value) -> set[Value]:
    """What is read in an expression."""
    found: set[Value] = set()
    stack = [value]
    while stack:
        arg = stack.pop()
        found.add(arg)
        if arg.captive:
            stack.extend(arg.args)
    return found
