"""Additions of what is zero on one path are made on the other path only.

if branch:                                if branch:
    b = a_bar[i, j]                           b = a_bar[i, j]
    a_bar[i, j] = 0.0                         a_bar[i, j] = 0.0
else:                                         a_bar[k, j] += b
    b = 0.0
a_bar[k, j] += b
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from chainrule.graph.block import ITEM, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.arrays.indexing import section_add
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.declare import is_constant
from chainrule.primitives.sequence import index_add
from chainrule.records import dataclass

ADDITIONS = (index_add, section_add)


@dataclass(frozen=True)
class Taken:
    """An addition that a branch takes in: of its result ``value``, to its result ``slot``."""

    step: Node
    slot: int
    value: int


class Absorbing(Copier):
    """A copy in which branches make the additions that only one of their arms needs."""

    def __init__(self, source: Graph, taken: dict[Node, list[Taken]]) -> None:
        super().__init__(source)
        self.taken = taken
        self.where = {each.step: (branch, each) for branch in taken for each in taken[branch]}

    def arms(
        self, node: Node, olds: Sequence[Block], finish: Callable[[int, Block], None] | None = None
    ) -> list[Block]:
        """The arms; that with a value adds it, and the other hands on what was added to."""

        def added(position: int, new: Block) -> None:
            results = list(new.results)
            for each in self.taken[node]:
                if each.slot == len(results):
                    results.append(self.mapped(each.step.args[0]))
                if not is_constant(olds[position].results[each.value], 0):
                    between = map(self.mapped, each.step.args[1:-1])
                    args = (results[each.slot], *between, results[each.value])
                    with self.graph.answering(each.step.origin):
                        made = new.add(each.step.op, args, each.step.params)
                    self.named(each.step, made)
                    results[each.slot] = made
            new.results = tuple(results)

        return super().arms(node, olds, added if node in self.taken else finish)

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
    if not any(step.op is IF for step in steps) or not any(step.op in ADDITIONS for step in steps):
        return None
    uses = uses_of(graph, steps)
    taken: dict[Node, list[Taken]] = {}
    for block in dict.fromkeys(step.block for step in steps):
        for branch, each in _additions(block, uses, taken):
            taken.setdefault(branch, []).append(each)
    return Absorbing(graph, taken) if taken else None


def _additions(
    block: Block, uses: Counter[Node], taken: dict[Node, list[Taken]]
) -> Iterator[tuple[Node, Taken]]:
    """The additions in a block that a branch before them can take in."""
    slots: dict[Node, tuple[Node, int]] = {}
    for step in block.steps:
        value = step.args[-1] if step.op in ADDITIONS else None
        if value is None or value.op is not ITEM or not step.origin.derivative:
            continue
        branch, base = value.args[0], step.args[0]
        position = result_number(value)
        if branch.block is not block or not _on_one_arm(branch, position):
            continue
        if uses[base] != 1 or any(_after(arg, branch) for arg in step.args[1:-1]):
            continue
        if base in slots and slots[base][0] is branch:
            slot = slots[base][1]
        elif base.op is ITEM and base.args[0] is branch:
            slot = result_number(base)
        else:
            continue
        slots[step] = branch, slot
        yield branch, Taken(step, slot, position)


def _on_one_arm(branch: Node, position: int) -> bool:
    """Whether this result of a branch is 0 on one of its arms, and something else on the other."""
    if branch.op is not IF or not branch.origin.derivative:
        return False
    arms = owned_blocks(branch)
    zeros = [is_constant(arm.results[position], 0) for arm in arms if arm.completes]
    return len(zeros) == len(arms) == 2 and zeros[0] != zeros[1]


def _after(node: Node, branch: Node) -> bool:
    """Whether a value may be computed only after a branch has run."""
    return bool(node.args) and node.serial > branch.serial
