"""The ways out of the middle of a loop, taken out of it.

What a loop does last before it is left is done once.  Done behind the loop it is the same, in the
same order, and no step of the loop has to tell whether it was the last::

    for v in x:                             for v in x:
        if v > t:                               if v > t:
            w = v - t                               break
            return w * w                    else:
                                                ...
                                            w = v - t
                                            return w * w

Where there are several ways out, a flag for each tells which was taken.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import field

from chainrule.records import dataclass

JUMPS = (ast.Break, ast.Return)
LOOPS = (ast.For, ast.While)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
# With more ways out their flags cost more than they save.
MOST_WAYS = 4


@dataclass
class Exits:
    """A loop's body that only breaks, and per way out its break and what is done there."""

    body: list[ast.stmt]
    ways: list[tuple[ast.Break, list[ast.stmt]]] = field(default_factory=list)


def exits_of(loop: ast.For | ast.While) -> Exits | None:
    """The ways out of a loop, each at the end of an arm; None where one stands elsewhere."""
    jumps = list(_jumps(loop.body, inner=False))
    if not 0 < len(jumps) <= MOST_WAYS or isinstance(loop.body[-1], JUMPS):
        return None
    found = Exits([])
    found.body = _taken_out(loop.body, found)
    return found if len(found.ways) == len(jumps) else None


def has_exits(body: Sequence[ast.AST]) -> bool:
    """Whether a loop with this body may be left before its end."""
    statements = [part for part in body if isinstance(part, ast.stmt)]
    return any(True for _ in _jumps(statements, inner=False))


def returns_out(body: Sequence[ast.AST]) -> bool:
    """Whether a loop with this body may be left by ``return``."""
    statements = [part for part in body if isinstance(part, ast.stmt)]
    return any(isinstance(jump, ast.Return) for jump in _jumps(statements, inner=False))


def breaks_out(loop: ast.For | ast.While) -> bool:
    """Whether a ``break`` of its own may leave the loop."""
    return any(isinstance(jump, ast.Break) for jump in _jumps(loop.body, inner=False))


LEAVING = (ast.Return, ast.Break, ast.Continue)


def leaves_block(
    node: ast.AST, kinds: tuple[type[ast.stmt], ...] = LEAVING, in_loop: bool = False
) -> bool:
    """Whether a statement may leave the block around it by a jump of these kinds."""
    if isinstance(node, LEAVING):
        return isinstance(node, kinds) and (isinstance(node, ast.Return) or not in_loop)
    if isinstance(node, (ast.expr, ast.FunctionDef, ast.ClassDef)):
        return False
    if isinstance(node, (ast.For, ast.While)):
        inside = any(leaves_block(part, kinds, True) for part in node.body)
        return inside or any(leaves_block(part, kinds, in_loop) for part in node.orelse)
    return any(leaves_block(part, kinds, in_loop) for part in ast.iter_child_nodes(node))


def _jumps(statements: Sequence[ast.stmt], inner: bool) -> Iterator[ast.stmt]:
    """Every way out of the loop around ``statements``; breaks of an ``inner`` loop are its own."""
    for statement in statements:
        if isinstance(statement, ast.Return) or (isinstance(statement, ast.Break) and not inner):
            yield statement
        elif not isinstance(statement, SCOPES):
            for name, block in ast.iter_fields(statement):
                if isinstance(block, list):
                    deeper = inner or (isinstance(statement, LOOPS) and name == "body")
                    yield from _jumps(_statements(block), deeper)


def _statements(block: list[ast.AST]) -> list[ast.stmt]:
    """The statements of a block, or of the handlers and cases that stand in one."""
    found: list[ast.stmt] = []
    for part in block:
        if isinstance(part, ast.stmt):
            found.append(part)
        elif isinstance(part, (ast.ExceptHandler, ast.match_case)):
            found.extend(part.body)
    return found


def _taken_out(body: list[ast.stmt], exits: Exits) -> list[ast.stmt]:
    """``body`` with a bare break instead of every arm that ends in a jump."""
    changed: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.If):
            statement = copy.copy(statement)
            statement.body = _arm_taken_out(statement.body, exits)
            statement.orelse = _arm_taken_out(statement.orelse, exits)
        changed.append(statement)
    return changed


def _arm_taken_out(arm: list[ast.stmt], exits: Exits) -> list[ast.stmt]:
    if not arm or not isinstance(arm[-1], JUMPS):
        return _taken_out(arm, exits)
    if any(isinstance(part, ast.Continue) for each in arm for part in ast.walk(each)):
        return arm
    jump = arm[-1]
    leave = ast.copy_location(ast.Break(), jump)
    exits.ways.append((leave, arm if isinstance(jump, ast.Return) else arm[:-1]))
    return [leave]
