"""The one way out of the middle of a loop, taken out of it.

What a loop does last before it is left is done once.  Done behind the loop it is the same, in the
same order, and no step of the loop has to tell whether it was the last::

    for v in x:                             for v in x:
        if v > t:                               if v > t:
            w = v - t                               break
            return w * w                    else:
                                                ...
                                            w = v - t
                                            return w * w
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

JUMPS = (ast.Break, ast.Return)
LOOPS = (ast.For, ast.While)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Exit:
    """A loop's body that only breaks, and what is done where it broke."""

    body: list[ast.stmt]
    action: list[ast.stmt]


def single_exit(loop: ast.For | ast.While) -> Exit | None:
    """The exit of a loop that has exactly one, at the end of an arm; None for other loops."""
    jumps = list(_jumps(loop.body, inner=False))
    if len(jumps) != 1 or isinstance(loop.body[-1], JUMPS):
        return None
    return _taken_out(loop.body, jumps[0])


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


def _taken_out(body: list[ast.stmt], jump: ast.stmt) -> Exit | None:
    """``body`` with a bare break instead of the arm that ends in ``jump``."""
    for position, statement in enumerate(body):
        if not isinstance(statement, ast.If):
            continue
        for name in ("body", "orelse"):
            arm: list[ast.stmt] = getattr(statement, name)
            if arm and arm[-1] is jump:
                if any(isinstance(part, ast.Continue) for each in arm for part in ast.walk(each)):
                    return None
                leaving: list[ast.stmt] = [ast.copy_location(ast.Break(), jump)]
                action = arm if isinstance(jump, ast.Return) else arm[:-1]
            else:
                found = _taken_out(arm, jump)
                if found is None:
                    continue
                leaving, action = found.body, found.action
            changed = copy.copy(statement)
            setattr(changed, name, leaving)
            return Exit([*body[:position], changed, *body[position + 1 :]], action)
    return None
