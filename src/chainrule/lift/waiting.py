"""What waits while the rest of an expression is evaluated is held as by a name.

    [rows.pop(), change(rows.pop())]        self.take() * self.update(k)        row(a)[f(a)] += g(a)

Nobody but the expression itself holds the first row any more when ``change`` is given the second,
which may be the same; what is written to that is seen in the first.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from chainrule.graph.block import Block
from chainrule.lift.containers.sharing import boxes_in
from chainrule.lift.core import Completion
from chainrule.lift.state import Frame, Key
from chainrule.lift.statements import Statements
from chainrule.lift.values import Value

# Of these at most one part is the value: what was evaluated before is not looked at any more.
CHOICES = (ast.IfExp, ast.BoolOp)
# Their parts are evaluated again for each item.
REPEATED = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


@dataclass
class Evaluation:
    """An expression, or a statement that writes, some parts of which are evaluated already."""

    frame: Frame
    block: Block
    # How many calls stand in the parts that are still to be evaluated.
    calls: int
    held: list[Key] = field(default_factory=list)


class Waiting(Statements):
    """Holds the parts of an expression while calls in others may still write to them."""

    def __init__(self, graph: Any) -> None:
        super().__init__(graph)
        self._evaluations: list[Evaluation] = []
        self._calls_in: dict[ast.AST, int] = {}
        # What is spread at once.
        self._spread: set[ast.AST] = set()

    def alternatives(self, node: ast.expr) -> Value:
        around = self._evaluations[-1] if self._evaluations else None
        if isinstance(node, (ast.Name, ast.Constant)):
            value = super().alternatives(node)
        else:
            own = self._begin_evaluation(node)
            try:
                value = super().alternatives(node)
            finally:
                self._end_evaluation(own)
        if around is not None and around.calls > 0 and around.frame is self.frame:
            around.calls -= self._count_of_calls(node)
            self._hold_meanwhile(around, node, value)
        return value

    def statement(self, node: ast.stmt) -> Completion:
        if not isinstance(node, (ast.Assign, ast.AugAssign)):
            return super().statement(node)
        own = self._begin_evaluation(node)
        try:
            return super().statement(node)
        finally:
            self._end_evaluation(own)

    def _begin_evaluation(self, node: ast.AST) -> Evaluation:
        calls = 0
        if not isinstance(node, (*CHOICES, *REPEATED)):
            calls = self._count_of_calls(node) - isinstance(node, ast.Call)
        own = Evaluation(self.frame, self.block, calls)
        self._evaluations.append(own)
        return own

    def _end_evaluation(self, own: Evaluation) -> None:
        self._evaluations.pop()
        self._let_go_of_parts(own)

    def _hold_meanwhile(self, around: Evaluation, node: ast.expr, value: Value) -> None:
        """Hold ``value`` until the last call of the expression around it is evaluated."""
        if around.calls > 0:
            if node not in self._spread and next(boxes_in(value), None) is not None:
                key = (around.frame, f"({len(self._evaluations)}, {len(around.held)})")
                around.held.append(key)
                self.state[key] = value
        elif self.block is around.block:
            self._let_go_of_parts(around)

    def _let_go_of_parts(self, own: Evaluation) -> None:
        for key in own.held:
            self.state.pop(key, None)

    def _count_of_calls(self, node: ast.AST) -> int:
        if node not in self._calls_in:
            for part in reversed(list(ast.walk(node))):
                inner = sum(self._calls_in[each] for each in ast.iter_child_nodes(part))
                self._calls_in[part] = inner + isinstance(part, ast.Call)
                if isinstance(part, ast.Starred):
                    self._spread.add(part.value)
        return self._calls_in[node]
