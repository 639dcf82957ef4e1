"""A ``try`` around a loop, a branch or another ``try`` as one that stands inside of it.

A handler that reads what a step of a loop has changed must know in which step the body raised.
Where the ``try`` stands in the step, it does::

    try:                                 failed = False
        for k in range(n):               for k in range(n):
            s += sqrt(x - k)                 try:
    except ValueError:         means             s += sqrt(x - k)
        s = 2.0 * s                          except ValueError:
                                                 failed = True
                                                 break
                                         if failed:
                                             s = 2.0 * s
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

# Functions that raise nothing of arguments that they are meant for.
SAFE = ("range", "enumerate", "zip", "reversed", "len")
# Only what these parts of an expression mean can raise in ordinary arithmetic.
RISKY = (ast.Call, ast.Subscript, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)


def may_raise(node: ast.AST) -> bool:
    """Whether an expression can raise in ordinary arithmetic."""
    return any(
        isinstance(part, RISKY) and not (isinstance(part, ast.Call) and _is_safe(part))
        for part in ast.walk(node)
    )


def _is_safe(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in SAFE


def moved_in(node: ast.Try, name: str) -> list[ast.stmt] | None:
    """The statements that ``node`` means, its ``try`` inside the first of its body.

    ``name`` is a free name, for what tells which handler is to run.  None where that cannot be.
    """
    if any(map(_needs_the_exception, node.handlers)):
        return None
    first, rest = node.body[0], node.body[1:]
    marked = _Marked(node, name)
    made = marked.statement(first)
    if made is None:
        return None
    after: list[ast.stmt] = list(node.orelse)
    if rest:
        after = [ast.Try(list(rest), node.handlers, node.orelse, [])]
    for number, handler in reversed(list(enumerate(node.handlers))):
        after = [ast.If(marked.test(number), handler.body, after)]
    statements = [marked.begun(), *made, *after]
    for statement in statements:
        ast.copy_location(statement, first)
        ast.fix_missing_locations(statement)
    return statements


def _needs_the_exception(handler: ast.ExceptHandler) -> bool:
    """Whether a handler reads what was raised, or raises it again."""
    for part in (part for stmt in handler.body for part in ast.walk(stmt)):
        if isinstance(part, ast.Name) and part.id == handler.name:
            return True
        if isinstance(part, ast.Raise) and part.exc is None:
            return True
    return False


class _Marked:
    """Statements whose handlers only note, in ``name``, which of those of ``node`` is to run."""

    def __init__(self, node: ast.Try, name: str) -> None:
        self.node = node
        self.name = name
        self.several = len(node.handlers) > 1 or isinstance(node.body[0], ast.Try)

    def begun(self) -> ast.stmt:
        return self._set(ast.Constant(0 if self.several else False))

    def test(self, number: int) -> ast.expr:
        """Whether handler ``number`` is to run."""
        return self._is(number + 1) if self.several else ast.Name(self.name, ast.Load())

    def _is(self, code: int) -> ast.expr:
        return ast.Compare(ast.Name(self.name, ast.Load()), [ast.Eq()], [ast.Constant(code)])

    def _set(self, value: ast.expr) -> ast.stmt:
        return ast.Assign([ast.Name(self.name, ast.Store())], value)

    def _handlers(self, leave: bool) -> Iterator[ast.ExceptHandler]:
        for number, handler in enumerate(self.node.handlers):
            noted = self._set(ast.Constant(number + 1 if self.several else True))
            body = [noted, ast.Break()] if leave else [noted]
            yield ast.ExceptHandler(handler.type, None, body)

    def _tried(self, body: Sequence[ast.stmt], leave: bool = False) -> list[ast.stmt]:
        return [ast.Try(list(body), list(self._handlers(leave)), [], [])]

    def statement(self, first: ast.stmt) -> list[ast.stmt] | None:
        """``first`` with the ``try`` inside; None where it must stay around it."""
        made: ast.stmt
        match first:
            case ast.For(orelse=[]) if not may_raise(first.iter):
                made = ast.For(first.target, first.iter, self._tried(first.body, True), [])
            case ast.While(orelse=[]) if not may_raise(first.test):
                made = ast.While(first.test, self._tried(first.body, True), [])
            case ast.While(orelse=[]):
                ended = ast.If(ast.UnaryOp(ast.Not(), first.test), [ast.Break()], [])
                made = ast.While(ast.Constant(True), self._tried([ended, *first.body], True), [])
            case ast.If() if not may_raise(first.test):
                orelse = self._tried(first.orelse) if first.orelse else []
                made = ast.If(first.test, self._tried(first.body), orelse)
            case ast.Try(finalbody=[]) if not any(map(_needs_the_exception, first.handlers)):
                return self._joined(first)
            case _:
                return None
        return [made]

    def _joined(self, inner: ast.Try) -> list[ast.stmt]:
        """One ``try`` for an inner one and the outer: what handlers of the inner do comes after."""
        own = []
        after: list[ast.stmt] = []
        if inner.orelse:
            after = [ast.If(self._is(0), self._tried(inner.orelse), [])]
        for number, handler in enumerate(inner.handlers, len(self.node.handlers) + 1):
            own.append(ast.ExceptHandler(handler.type, None, [self._set(ast.Constant(number))]))
            after = [ast.If(self._is(number), self._tried(handler.body), after)]
        return [ast.Try(inner.body, [*own, *self._handlers(False)], [], []), *after]
