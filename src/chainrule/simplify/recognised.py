"""Adjoints and tangents that simplification has written in other words are told again.

Rules turn ``x_bar`` into the negative of something shared, take a constant out of it or build it
from other parts.  A node whose value at a generic point is that of an adjoint, of its negative or
of a simple multiple, is one: :class:`~chainrule.graph.answer.Answer` tells which.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence

from chainrule.graph.answer import MULTIPLES, Answer
from chainrule.graph.block import CONSTANT, Graph
from chainrule.graph.node import Node
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import mentioned, nodes_of
from chainrule.records import dataclass, replace
from chainrule.simplify.generic import ROUNDING, Found, Generic
from chainrule.simplify.walks import through

# Seeds of values that are new are others than those of the values that were there.
NEW = 1_000_003
# Values fall into cells of this width by the logarithms of their sizes.
CELL = 1e-8


def recognise(before: Graph, walks: Sequence[Copier]) -> None:
    """Tell the nodes of the last graph which adjoints and tangents of the first they are."""
    if not walks or not before.answers:
        return
    old = Generic()
    table = _Table()
    for node, answers in before.answers.items():
        found = old.of(node)
        if found is not None and _tells(found):
            for answer in answers:
                table.put(found, node, answer)
    known: dict[Node, Found | None] = {}
    for leaf in old.leaves:
        new = through(walks, leaf)
        if new is not None:
            known.setdefault(new, old.found[leaf])
    graph = walks[-1].graph
    new_values = Generic(known, NEW)
    for node in _made(graph):
        found = new_values.of(node)
        if found is None or not _tells(found):
            continue
        name = graph.names.get(node)
        told = table.told(found, node, name)
        graph.answers[node] = tuple(_renewed(answer, walks) for answer in told)
        changed = all(answer.text not in (name, f"{name}_part") for answer in told)
        if changed and found.plain and name in table.plain:
            # It is that adjoint no more.
            del graph.names[node]


def _tells(found: Found) -> bool:
    """Whether a value tells one node from others: 0 does not, nor what has overflowed."""
    return found.value != 0.0 and cmath.isfinite(found.value)


def _made(graph: Graph) -> list[Node]:
    """What differentiation has made."""
    nodes = dict.fromkeys((*nodes_of(graph.body), *mentioned(graph.body)))
    return [node for node in nodes if node.origin.derivative and node.op is not CONSTANT]


def _renewed(answer: Answer, walks: Sequence[Copier]) -> Answer:
    """An answer whose value is that of the last graph."""
    value = None if answer.value is None else through(walks, answer.value)
    return replace(answer, value=value)


class _Table:
    """Answers by the values of their nodes."""

    def __init__(self) -> None:
        self.cells: dict[int, list[tuple[complex, Node, Answer]]] = {}
        # What whole adjoints and tangents are called whose values are certain.
        self.plain: set[str] = set()

    def put(self, found: Found, node: Node, answer: Answer) -> None:
        value, answer = found.value / answer.multiple, replace(answer, multiple=1.0)
        self.cells.setdefault(_cell(value), []).append((value, node, answer))
        if answer.text is not None and answer.whole and found.plain:
            self.plain.add(answer.text)

    def told(self, found: Found, node: Node, name: str | None) -> list[Answer]:
        """The answer that says most of a node, and that of its name."""
        best: list[_Told] = []
        own: list[_Told] = []
        for bar, answer, multiple in self._matching(found, node):
            # Of equal ones that of the same line is the one that is meant.
            elsewhere = bar.origin.position != node.origin.position
            one = _Told((answer.rank_as(multiple), elsewhere), answer, multiple)
            if not best or one.key < best[0].key:
                best = [one]
            if name is None or (own and own[0].key <= one.key):
                continue
            if one.found.text in (name, f"{name}_part"):
                own = [one]
        return [each.found for each in (*best, *own)]

    def _matching(self, found: Found, node: Node) -> Iterator[tuple[Node, Answer, float]]:
        """The answers that a node of this value may be multiples of, with what they are told of."""
        for multiple in MULTIPLES:
            value = found.value / multiple
            cell = _cell(value)
            for near in (cell - 1, cell, cell + 1):
                for known, bar, answer in self.cells.get(near, ()):
                    if abs(known - value) > ROUNDING * abs(known) or bar.type != node.type:
                        continue
                    if answer.whole or multiple == 1.0:
                        yield bar, answer, multiple


@dataclass
class _Told:
    """A multiple of what an answer tells of; of the smallest ``key`` says most."""

    key: tuple[float, bool]
    answer: Answer
    multiple: float

    @property
    def found(self) -> Answer:
        """The answer that it is."""
        return replace(self.answer, multiple=self.multiple)


def _cell(value: complex) -> int:
    return math.floor(math.log(abs(value)) / CELL)
