"""Additions of what is zero on one path are made on the other path only.

if branch:                                if branch:
    b = a_bar[i, j]                           b = a_bar[i, j]
    a_bar[i, j] = 0.0                         a_bar[i, j] = 0.0
else:                                         a_bar[k, j] += b * slope
    b = 0.0
a_bar[k, j] += b * slope

So a slope that is no number is not felt on the path that does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.simplify.absorbed import ADDITIONS, Search, Sunk


class Absorbing(Copier):
    """A copy in which branches make the additions that only one of their arms needs."""

    def __init__(self, source: Graph, sunk: dict[Node, Sunk]) -> None:
        super().__init__(source)
        self.sunk = sunk
        self.where = {each.step: (branch, each) for branch in sunk for each in sunk[branch].taken}
        # What stands elsewhere by the time that it is come to.
        self.moved = {step for each in sunk.values() for step in (*each.ahead, *each.made)}

    def step(self, step: Node) -> None:
        """Copy a step, unless a branch before it has moved it."""
        if step in self.moved:
            return
        if step in self.sunk:
            for each in self.sunk[step].ahead:
                self._answered(each)
        super().step(step)

    def _answered(self, step: Node) -> None:
        with self.graph.answering(step.origin):
            super().step(step)

    def arms(
        self, node: Node, olds: Sequence[Block], finish: Callable[[int, Block], None] | None = None
    ) -> list[Block]:
        """The arms; that with a value adds it, and the other hands on what was added to."""
        sunk = self.sunk.get(node)
        if sunk is None:
            return super().arms(node, olds, finish)

        def added(position: int, new: Block) -> None:
            results = list(new.results)
            items = [node.block.item(node, k) for k in range(len(results))]
            self.map.update(zip(items, results, strict=True))
            needed = {made for each in sunk.taken if each.idle != position for made in each.made}
            for made in sunk.made:
                if made in needed:
                    self._answered(made)
            for each in sunk.taken:
                if each.slot == len(results):
                    if each.base in self.where:
                        self.copy(each.base)
                    results.append(self.mapped(each.base))
                if each.idle != position:
                    args = [
                        results[each.slot] if arg is each.base else self.mapped(arg)
                        for arg in each.step.args
                    ]
                    with self.graph.answering(each.step.origin):
                        total = new.add(each.step.op, tuple(args), each.step.params)
                    self.named(each.step, total)
                    results[each.slot] = total
            for old in (*items, *sunk.made):
                self.map.pop(old, None)
            new.results = tuple(results)

        return super().arms(node, olds, added)

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        """The copy of a structured step: additions are statements."""
        if node in self.sunk:
            params = (*params[:-1], "statement")
        return super().replace(node, args, params)

    def copy(self, step: Node) -> Node:
        """The step, or what the branch hands out in its place."""
        if step not in self.where:
            return super().copy(step)
        branch, each = self.where[step]
        owner = self.mapped(branch)
        self.map[step] = owner.block.item(owner, each.slot)
        self.named(step, self.map[step])
        return self.map[step]


def absorbing(graph: Graph) -> Absorbing | None:
    """The walk that moves such additions; None where there are none."""
    steps = list(nodes_of(graph.body))
    branches = [step for step in steps if step.op is IF and step.origin.derivative]
    if not branches or not any(step.op in ADDITIONS for step in steps):
        return None
    uses = uses_of(graph, steps)
    users: dict[Node, list[Node]] = {}
    for step in steps:
        for node in (*step.args, *(each for block in owned_blocks(step) for each in block.results)):
            users.setdefault(node, []).append(step)
    sunk: dict[Node, Sunk] = {}
    absorbed: dict[Node, Node] = {}
    moved: set[Node] = set()
    for branch in branches:
        found = Search(branch, uses, users, absorbed, moved).found()
        if found is not None:
            sunk[branch] = found
            absorbed.update((each.step, branch) for each in found.taken)
            moved.update(found.made, found.ahead)
    return Absorbing(graph, sunk) if sunk else None
