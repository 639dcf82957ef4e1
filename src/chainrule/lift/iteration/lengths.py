"""Lengths of several iterables that are read together."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import INT
from chainrule.lift.iteration.loops import Loops
from chainrule.primitives import arithmetic
from chainrule.primitives.row_lengths import shortest_of


class Lengths(Loops):
    """Compares lengths as ``zip`` does."""

    def check_even(self, counts: Sequence[Node]) -> None:
        """Raise what ``zip(..., strict=True)`` does where lengths differ."""
        if len(set(counts)) == 1:
            return
        # The one that ends first is blamed: of the short ones it is the last that is shorter
        # than all before.
        for k in range(len(counts) - 1, 0, -1):
            shorter = self.primitive(arithmetic.less, counts[k], self.shortest(counts[:k]))
            self._uneven(shorter, k, "shorter")
        for k in range(1, len(counts)):
            self._uneven(self.primitive(arithmetic.greater, counts[k], counts[0]), k, "longer")

    def _uneven(self, predicate: Node, k: int, word: str) -> None:
        others = "argument 1" if k == 1 else f"arguments 1-{k}"
        text = f"zip() argument {k + 1} is {word} than {others}"
        self.raise_if(predicate, f'ValueError("{text}")')

    def shortest(self, counts: Sequence[Node]) -> Node:
        """The smallest of several lengths."""
        less = {count.args[0] for count in counts if count.op is arithmetic.subtract}
        naturals = [count for count in counts if count.op is arithmetic.subtract]
        if len(naturals) == 1 and self.is_natural(naturals[0].args[1]):
            # ``n - 1`` is less than ``n``.
            counts = [count for count in counts if count not in less]
        distinct = list(dict.fromkeys(counts))
        if len(distinct) == 1:
            return distinct[0]
        return self.verbatim(shortest_of(len(distinct)), *distinct, type=INT, pure=True)
