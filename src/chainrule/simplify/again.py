"""A walk of simplification over what another has left: what nothing has changed is only copied.

What becomes of a value is decided by what it is made of, a few operations deep, and by its users.
Where another walk has left it as it was, and all of that is as it was then, it is left again.
"""

from __future__ import annotations

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.simplify.product import PRODUCT_OPS
from chainrule.simplify.rewrite import Simplifier
from chainrule.simplify.rules import RULES
from chainrule.simplify.sums import SUM_OPS

# What lies so many functions, or values with further uses, below a value decides nothing of it.
FAR = 3
CHAINED = {*PRODUCT_OPS, *SUM_OPS}


class Again(Simplifier):
    """A walk over the graph that the walk ``before`` has made."""

    def __init__(
        self,
        before: Simplifier,
        shared: bool = False,
        over_line: bool = False,
        rescaled: bool = False,
    ) -> None:
        super().__init__(before.graph, before.left, shared, over_line, rescaled)
        self._before = before
        # What each value of the derivative was; None where several have become it.
        self._was: dict[Node, Node | None] = {}
        for old in before.live.nodes:
            new = before.map.get(old) if old.origin.derivative and old.type is FLOAT else None
            if new is not None:
                self._was[new] = None if new in self._was else old
        # How far below each of them something has changed; 0 where it has itself.
        self._distance: dict[Node, int] = {}

    def copy(self, step: Node) -> Node:
        if not step.origin.derivative or step.type is not FLOAT:
            return super().copy(step)
        distance = self._distance[step] = self._found_at(step)
        if distance == FAR and step.op in RULES and self._is_left(step):
            new = self._copied(step)
            if new is not None:
                return new
        new = super().copy(step)
        if new.op is not step.op or not all(map(self._is_copy, step.args, new.args)):
            self._distance[step] = 0
        return new

    def _found_at(self, step: Node) -> int:
        """The distance of what has changed below ``step``, as far as it matters."""
        was = self._was.get(step)
        if was is None or not self._is_as_before(step, was):
            return 0
        found = FAR
        for arg in step.args:
            distance = self._distance.get(arg, FAR)
            if not (arg.op in CHAINED and step.op in CHAINED and self.uses[arg] == 1):
                distance += 1
            found = min(found, distance)
        return found

    def _is_as_before(self, step: Node, was: Node) -> bool:
        """Whether an operation, its name, its place and its users are what they were."""
        before, uses, then = self._before, self.uses, self._before.uses
        if step.op is not was.op or uses.get(step) != then.get(was):
            return False
        if (step in self.source.names) is not (was in before.source.names):
            return False
        if before.copies.get(was.block) is not step.block:
            return False
        user, its_user = self.user.get(step), before.user.get(was)
        if user is not None and (its_user is None or before.map.get(its_user) is not user):
            return False
        for arg, old in zip(step.args, was.args, strict=True):
            if not before._is_copy(old, arg):
                return False
            if arg.op is not CONSTANT and uses.get(arg) != then.get(old):
                return False
        return True

    def _is_left(self, step: Node) -> bool:
        """Whether this walk would do to a value as it is what the one before has done."""
        if step in self.scales:
            return False
        if step.op not in SUM_OPS:
            return True
        user = self.user.get(step)
        if user is not None and user.origin.derivative and self._opens_sum(step, user):
            return True
        was = self._was[step]
        met = None if was is None else self._before.met.get(was)
        if met is None or not met.serves(self.shared, self.over_line, self.rescaled):
            return False
        if not self.rewrites:
            if met.ways is None:
                return False
            self.ways |= met.ways
        self.met[step] = met
        self.meets_shared |= met.shares
        self.meets_quotient |= met.quotient
        return True

    def _copied(self, step: Node) -> Node | None:
        """A copy of ``step``, unless its arguments have become something else."""
        args = tuple(map(self.settled, step.args))
        for old, new in zip(step.args, args, strict=True):
            if new.op is not old.op or not self._distance.get(old, FAR):
                return None
        new = self.graph.cursor.add(step.op, args, step.params, step.type)
        self.map[step] = new
        self.named(step, new)
        return new
