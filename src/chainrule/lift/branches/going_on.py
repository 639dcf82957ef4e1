"""Which paths go on: an arm that alone does takes the rest along, else flags tell what has left."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.lift.branches.branching import Path
from chainrule.lift.core import Completion
from chainrule.lift.iteration.walking import Walking
from chainrule.lift.values import UNBOUND


class GoingOn(Walking):
    """Runs what follows a branch on the paths that have not left."""

    def guarded(self, action: Callable[[], Completion]) -> Completion:
        """Run ``action`` on the paths that have not left yet."""
        return self._guarded_by(self._open_flags(), action)

    def _guarded_by(
        self, flags: list[tuple[Any, Node]], action: Callable[[], Completion]
    ) -> Completion:
        if not flags:
            return action()
        (key, flag), *others = flags
        false = self.graph.constant(False)

        def go() -> Completion:
            # Here nothing has left yet: the flag is known, and is itself again afterwards.
            self.state[key] = false
            completion = self._guarded_by(others, action)
            if self.state.get(key) is false:
                self.state[key] = flag
            return completion

        return self.branch(flag, lambda: Completion.EXITS, go, "statement")

    def _open_flags(self) -> list[tuple[Any, Node]]:
        """Flags that some path has set and another has not, with their keys."""
        keys: list[Any] = []
        if self.frame in self.flags:
            keys.append(self.flags[self.frame])
        if self.loops:
            keys += [self.loops[-1].broke, self.loops[-1].continued]
        constants = (self.graph.constant(False), self.graph.constant(True))
        found: dict[Node, Any] = {}
        for key in keys:
            value = self.read(self.state.get(key, UNBOUND))
            if isinstance(value, Node) and value not in constants:
                found.setdefault(value, key)
        return [(key, value) for value, key in found.items()]

    def followed_by(self, nodes: Sequence[ast.stmt], rest: Sequence[ast.stmt]) -> Completion:
        """Run statements and what follows them."""
        return self.statements([*nodes, *rest])

    def two_ways(
        self,
        predicate: Node,
        then: Callable[[Sequence[ast.stmt]], Completion],
        orelse: Callable[[Sequence[ast.stmt]], Completion],
        rest: Sequence[ast.stmt],
    ) -> tuple[Completion, bool]:
        """A branch; whether the one arm that goes on has taken ``rest`` with it.

        An arm is given what it is to go on with: so an ``elif`` of which one arm goes on, too,
        hands it to that, and no flag tells what has left.
        """
        start = self.state
        left = False

        def first() -> Completion:
            nonlocal left
            completion = then(())
            left = completion is Completion.EXITS
            return completion

        paths = self.two_paths(predicate, first, lambda: orelse(rest if left else ()))
        if left:
            return self.finish_branch(predicate, start, paths, "statement"), True
        going = [path for path in paths if path.completion in (Completion.FALLS, Completion.MAYBE)]
        leaving = [path for path in paths if path.completion is Completion.EXITS]
        absorbed = len(going) == 1 and len(leaving) == 1
        if absorbed:
            self._continue_path(going[0], rest)
        return self.finish_branch(predicate, start, paths, "statement"), absorbed

    def _continue_path(self, path: Path, rest: Sequence[ast.stmt]) -> None:
        outer, self.state = self.state, path.state
        self.enclosing.append(outer)
        try:
            with self.graph.inside(path.block):
                if path.completion is Completion.MAYBE:
                    path.completion = self.guarded(lambda: self.statements(rest))
                else:
                    path.completion = self.statements(rest)
            path.block.completes = path.completion is not Completion.RAISES
            path.state = self.state
        finally:
            self.enclosing.pop()
            self.state = outer
