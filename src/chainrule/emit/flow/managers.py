"""Context managers of the user's: ``with np.errstate(...)`` around what was computed inside.

Values know from their origin which managers stand around them, and derivative code those of what
it answers.  Neighbouring statements with the same ones share one ``with``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from chainrule.emit.plan import (
    Branch,
    Break,
    Continue,
    Define,
    For,
    Move,
    Return,
    Statement,
    Value,
    While,
)

Managers = tuple[str, ...]


def managers_of(statement: Statement) -> Managers:
    """The managers around a statement; those of a return are those of what it computes."""
    match statement:
        case Define(value=value):
            return value.origin.managers
        case Return(value=value):
            return value.origin.managers if value.captive else ()
        case Move(sources=sources):
            return _common([source for source in sources if source.captive])
        case Branch(origin=origin) | For(origin=origin) | While(origin=origin):
            if all(
                _inside(part, origin.managers) for block in statement.blocks() for part in block
            ):
                return origin.managers
    return ()


def _inside(statement: Statement, managers: Managers) -> bool:
    """Whether all that a statement computes stands within these managers."""
    if not managers:
        return True
    if isinstance(statement, (Break, Continue)):
        return True
    if isinstance(statement, (Move, Return)) and not any(v.captive for v in statement.reads()):
        return True
    own = managers_of(statement)
    return own[: len(managers)] == managers


def _common(values: list[Value]) -> Managers:
    found = list(dict.fromkeys(value.origin.managers for value in values))
    return found[0] if len(found) == 1 else ()


def may_fold(value: Value, statement: Statement) -> bool:
    """Whether ``value`` may be written inside of a statement: both stand in the same managers."""
    match statement:
        case Return(value=root):
            around = root.origin.managers
        case Move(sources=sources) if len(sources) == 1:
            around = sources[0].origin.managers
        case Move():
            around = ()
        case Branch(origin=origin) | For(origin=origin) | While(origin=origin):
            around = origin.managers
        case _:
            around = managers_of(statement)
    return value.origin.managers == around


def wrapped(
    parts: list[tuple[ast.stmt, Managers]],
    outer: Managers,
    manager: Callable[[str], ast.expr],
    opened: Callable[[ast.With], None],
) -> list[ast.stmt]:
    """Statements with their managers around them, inside of ``outer``.

    ``opened`` is told of each ``with`` statement that is made.
    """
    found: list[ast.stmt] = []
    position = 0
    while position < len(parts):
        tree, managers = parts[position]
        inner = managers[len(outer) :] if managers[: len(outer)] == outer else ()
        if not inner:
            found.append(tree)
            position += 1
            continue
        level = (*outer, inner[0])
        end = position
        while end < len(parts) and parts[end][1][: len(level)] == level:
            end += 1
        body = wrapped(parts[position:end], level, manager, opened)
        items = [ast.withitem(manager(inner[0]))]
        if len(body) == 1 and isinstance(body[0], ast.With):
            # One statement may have several managers.
            items += body[0].items
            body = body[0].body
        block = ast.With(items, body)
        opened(block)
        found.append(block)
        position = end
    return found
