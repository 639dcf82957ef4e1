"""The truth of arrays: of several entries it raises, which the body of a try may mean."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.lift.scipy.rotations import Rotations
from chainrule.lift.values import Value


class Truths(Rotations):
    """Asks conditions of arrays."""

    def predicate(self, value: Value) -> Node:
        """``value`` as the condition of a branch."""
        found: Node = super().predicate(value)
        if self.attempts and unit_axes_of(found.type):
            self.raised((dict(self.state), len(self.block.steps)))
        return found
