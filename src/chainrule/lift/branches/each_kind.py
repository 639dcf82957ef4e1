"""Expressions that are evaluated once for each kind of what they read.

A statement that reads a name of two kinds is run once for each.  In the entry of a comprehension,
the body of a lambda and the test of a loop there is no statement: the value is chosen::

    [shape.area() for shape in shapes]      [pi * r**2 if is_disk else w * h ...]

So is it in the middle of a statement, where something is computed before that could not be done
once more.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

from chainrule.graph.block import Block
from chainrule.lift.branches.hoisting import TwoKinds, name_for, with_name
from chainrule.lift.expressions import Expressions
from chainrule.lift.state import Frame
from chainrule.lift.values import Value


class EachKind(Expressions):
    """Lifts expressions that read what is of one of several kinds."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        # What is run once for each kind as a whole, and where.
        self.statement_run: tuple[ast.stmt, Frame, Block] | None = None

    def alternatives(self, node: ast.expr) -> Value:
        try:
            return super().alternatives(node)
        except TwoKinds as found:
            if found.expression is node or node in self.called or self._is_run_for_each(found):
                raise
            part = ast.copy_location(ast.Expr(node), node)
            return self._chosen(self.told_apart(part, found), self.alternatives)

    def _is_run_for_each(self, found: TwoKinds) -> bool:
        """Whether the statement around is run once for each kind of an expression in it."""
        if self.statement_run is None:
            return False
        statement, frame, block = self.statement_run
        here = found.frame is frame and found.block is block
        return here and with_name(statement, found.expression, "") is not None

    def in_each_kind(self, node: ast.expr) -> Value:
        """The value of an expression, chosen where names that it reads are of several kinds."""
        if isinstance(node, ast.Name):
            return self.alternatives(node)
        return self._chosen(ast.copy_location(ast.Expr(node), node), self.expression)

    def test_in_each_kind(self, node: ast.expr) -> Value:
        """The same of a condition, of which only the truth matters."""
        return self._chosen(ast.copy_location(ast.Expr(node), node), self.condition)

    def _chosen(self, part: ast.stmt, lifted: Callable[[ast.expr], Value]) -> Value:
        assert isinstance(part, ast.Expr)
        again = functools.partial(self._chosen, part, lifted)
        tag = self.undecided(part)
        if tag is not None:
            return self.choose_kind(tag, again, again, "expression")
        around, self.statement_run = self.statement_run, (part, self.frame, self.block)
        try:
            return lifted(part.value)
        except TwoKinds as found:
            return self._chosen(self.told_apart(part, found), lifted)
        finally:
            self.statement_run = around

    def told_apart(self, node: ast.stmt, found: TwoKinds) -> ast.stmt:
        """``node`` with a name for the expression in it that is of two kinds."""
        here = found.frame is self.frame and found.block is self.block
        name = name_for(found.expression)
        changed = with_name(node, found.expression, name) if here else None
        if changed is None:
            raise found.value.refusal from None
        self.frame.local_names.add(name)
        self.state[self.frame, name] = found.value
        return changed
