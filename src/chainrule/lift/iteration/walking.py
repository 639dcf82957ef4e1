"""Loops whose condition is known in each step, written out: walks along linked lists.

What follows a step is done on the paths that have not left the loop in it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.block import PARAMETER, Graph
from chainrule.graph.node import Node
from chainrule.lift.calls.endless import Unrolling
from chainrule.lift.core import Completion, LoopExits
from chainrule.lift.iteration.looped import Looped
from chainrule.lift.statements import STATEMENTS
from chainrule.lift.values import ArrayBox

# A walk whose end is seen while lifting is written out up to so many steps.
MOST_STEPS = 64


class Following(ast.stmt):
    """A statement that stands for what is done next."""

    action: Callable[[], Completion]


class NoWalk(Exception):
    """The end of a loop is not seen while lifting."""


class Walking(Looped):
    """Writes out while loops that are none at run time."""

    # Recursions that are being inlined.
    unrolling: dict[Any, Unrolling]

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # Loops that were walks.
        self._walks: set[ast.While] = set()

    def walk_again(
        self, node: ast.While, rest: Sequence[ast.stmt]
    ) -> tuple[Completion, bool] | None:
        """A loop that was a walk before, walked again; None where it is none this time."""
        if node not in self._walks:
            return None
        state, mark = dict(self.state), len(self.block.steps)
        try:
            return self.followed(node, rest, NoWalk())
        except NoWalk:
            self.give_up(state, mark)
            return None

    def followed(
        self, node: ast.While, rest: Sequence[ast.stmt], refusal: Exception
    ) -> tuple[Completion, bool]:
        """A loop whose condition is known in each step written out, such as a walk along a list.

        Raises
        ------
        Exception
            ``refusal``, which tells why it is no loop at run time, where it is no such walk.
        """
        exits = LoopExits()
        self.loops.append(exits)
        try:
            completion = self._walked(node, exits, 0, refusal)
        finally:
            self.loops.pop()
        self._walks.add(node)
        return self._after_loop([], node.orelse, rest, exits, completion)

    def _walked(
        self, node: ast.While, exits: LoopExits, steps: int, refusal: Exception
    ) -> Completion:
        """The steps from here on, behind which ``exits`` tell whether the loop was broken."""
        false, true = self.graph.constant(False), self.graph.constant(True)
        if steps == 0:
            self.state[exits.broke] = false
        if steps == MOST_STEPS:
            raise refusal
        known, truth = self.truth(self.condition(node.test))
        if not known:
            raise refusal
        if not truth:
            return Completion.FALLS
        # What follows belongs to the paths that have not left.
        following = Following()
        ast.copy_location(following, node)
        following.action = functools.partial(self._walked, node, exits, steps + 1, refusal)
        self.state[exits.continued] = false
        completion = self.statements([*node.body, following])
        if completion is Completion.RAISES:
            return completion
        self.state[exits.continued] = false
        returned = self.state.get(self.returned_flag(), false)
        return Completion.EXITS if returned is true else Completion.FALLS

    def branches_by_step(self, body: Sequence[ast.AST]) -> bool:
        """Whether a branch in ``body`` asks in which step a loop around it is.

        Written out, each copy of it would have arms of its own.
        """
        tests = [part.test for stmt in body for part in ast.walk(stmt) if isinstance(part, ast.If)]
        names = {part.id for test in tests for part in ast.walk(test) if isinstance(part, ast.Name)}
        read = (self.state.get((self.frame, name)) for name in names)
        return any(
            isinstance(value, Node) and value.op is PARAMETER and value.block is not self.graph.body
            for value in read
        )

    def slides(self, loop: ast.For) -> bool:
        """Whether a loop cuts windows out of arrays of several axes that begin where it stands.

        A line for all of them says more than a copy for each, and runs as fast.  A part of a
        vector may have few entries, which are told apart where the loop is written out.
        """
        places = _names_in(loop.target)
        for part in (part for stmt in loop.body for part in ast.walk(stmt)):
            if not isinstance(part, ast.Subscript) or not isinstance(part.value, ast.Name):
                continue
            axes = part.slice.elts if isinstance(part.slice, ast.Tuple) else []
            slices = [axis for axis in axes if isinstance(axis, ast.Slice)]
            if any(places & _names_in(each) for each in slices):
                base = self.state.get((self.frame, part.value.id))
                if isinstance(base, ArrayBox):
                    return True
        return False

    def _after_loop(
        self,
        actions: list[list[ast.stmt]],
        orelse: Sequence[ast.stmt],
        rest: Sequence[ast.stmt],
        exits: LoopExits,
        completion: Completion,
    ) -> tuple[Completion, bool]:
        raise NotImplementedError


def continues(loop: ast.While) -> bool:
    """Whether a step of the loop may go on with the next before its end."""
    return any(isinstance(part, ast.Continue) for part in ast.walk(loop))


STATEMENTS[Following] = lambda self, node: node.action()


def _names_in(tree: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
