"""Whole numbers that are certainly not negative."""

from __future__ import annotations

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node
from chainrule.lift.iteration.next_steps import NextSteps
from chainrule.primitives import sequence
from chainrule.primitives.arithmetic import add


class Naturals(NextSteps):
    """Tells of whole numbers that they do not count from the end of a list."""

    def is_natural(self, *numbers: Node) -> bool:
        """Whether ints are certainly not negative: they do not count from the end of a list."""
        return all(
            number in self.naturals
            or number.op is sequence.length
            or (number.op is CONSTANT and (self.static_int(number) or 0) >= 0)
            or (number.op is add and self.is_natural(*number.args))
            or (number.op is sequence.index and number.args[0] in self.naturals)
            for number in numbers
        )
