"""Lists and arrays that a function which is called writes into: whoever calls it hands on a copy.

The function itself writes into what it is given.  Its derivatives do not, and work on copies.
"""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import Array, Sequence
from chainrule.lift.lifted import Lifted
from chainrule.primitives import sequence
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.copying import Copier
from chainrule.records import replace


def own_copy(graph: Graph, value: Node) -> Node:
    """A copy of a list, with that of its rows, or of an array."""
    if isinstance(value.type, Array):
        return graph.cursor.add(array_copy, (value,), array_copy.defaults())
    depth, item = 1, value.type
    while isinstance(item, Sequence) and isinstance(item.item, Sequence):
        depth, item = depth + 1, item.item
    return graph.cursor.add(sequence.copy, (value,), (depth,))


class _WithCopies(Copier):
    """A copy of a program that works on copies of some parameters."""

    def __init__(self, source: Graph, places: tuple[int, ...]) -> None:
        super().__init__(source)
        self.places = places

    def parameters(self) -> None:
        super().parameters()
        with self.graph.inside(self.graph.body):
            for k in self.places:
                parameter = self.source.body.parameters[k]
                self.map[parameter] = own_copy(self.graph, self.map[parameter])


def with_own_lists(lifted: Lifted, places: tuple[int, ...]) -> Lifted:
    """The same function, which leaves the arguments at ``places`` as they were."""
    if not places:
        return lifted
    copier = _WithCopies(lifted.graph, places)
    copier.run()
    return replace(lifted, graph=copier.graph, parameters={},
                   result=lifted.result.map(copier.mapped, copier.mapped))  # fmt: skip
