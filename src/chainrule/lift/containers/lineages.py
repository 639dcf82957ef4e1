"""Which lists of lists are versions of one another, and which may have rows in common.

Lists are of one *lineage* that are versions of each other, by writes or from step to step of a
loop; lists of several lineages may have rows in common, and are of one *group* then.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence

from chainrule.graph.block import ITEM, PARAMETER, Block, Graph
from chainrule.graph.classes import Classes
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence as SequenceType
from chainrule.graph.types import Type
from chainrule.lift.containers.shown import Touch
from chainrule.primitives import sequence
from chainrule.primitives.control import (
    IF,
    LOOP,
    item_sources,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.updates import IN_ROWS, UPDATES


class Lineages:
    """The lists of lists of a graph; each of ``shown`` are values that show the same list."""

    def __init__(self, graph: Graph, shown: Iterable[Sequence[Node]]) -> None:
        self.graph = graph
        self.steps = list(nodes_of(graph.body))
        # Writes into rows.
        self.writes = [step for step in self.steps if is_deep(step)]
        self._lineages: Classes[Node] = Classes()
        self._groups: Classes[Node] = Classes()
        # By what stands for a lineage, the loops that all its versions stand in.
        self._loops: dict[Node, frozenset[Node]] = {}
        # The versions with which a lineage begins, or that a loop makes, by what stands for it.
        self._made: dict[Node, list[Node]] = {}
        if any(is_table(step.type) for step in self.steps):
            self._join((*self.steps, *_items(graph, self.steps)), shown)

    def _join(self, nodes: Sequence[Node], shown: Iterable[Sequence[Node]]) -> None:
        for step in nodes:
            for one, other in _versions(step):
                self._lineages.join(one, other)
                self._groups.join(one, other)
            for part in _parts(step):
                self._groups.join(step, part)
        for same in shown:
            for node in same[1:]:
                self._groups.join(same[0], node)
        for step in nodes:
            for node in (step, *step.args):
                if is_table(node.type):
                    root, loops = self.lineage(node), loops_around(node.block)
                    self._loops[root] = self._loops.get(root, loops) & loops
                    self._made.setdefault(root, []).append(node)

    @functools.cached_property
    def uses(self) -> list[tuple[Node, Node | None]]:
        """Each list of lists with a step that reads it; None where the caller has it in the end."""
        found: list[tuple[Node, Node | None]] = [
            (arg, step)
            for step in self.steps
            if step.op not in (sequence.length, ITEM, LOOP) and step.op not in UPDATES
            for arg in step.args
        ]
        body = self.graph.body
        found += [(left, None) for left in (*body.results, *body.parameters)]
        return [(table, user) for table, user in found if is_table(table.type)]

    def may_begin_before(self, table: Node, write: Node) -> bool:
        """Whether a list may be there when ``write`` is done: it is made before, or in a loop of
        both."""
        loops = loops_around(write.block)
        given = self.graph.body.parameters
        # What a loop begins with, where it has rows, is of the same lineage.
        return any(
            node in given
            or node.serial < write.serial
            or not loops.isdisjoint(loops_around(node.block))
            for node in self._made.get(self.lineage(table), (table,))
        )

    def made_in(self, table: Node) -> frozenset[Node]:
        """The loops that make another such list in every step."""
        return self._loops.get(self.lineage(table), frozenset())

    def lineage(self, table: Node) -> Node:
        """What stands for the versions of a list."""
        return self._lineages.find(table)

    def group(self, table: Node) -> Node:
        """What stands for the lists that may have rows in common."""
        return self._groups.find(table)


def _items(graph: Graph, steps: Iterable[Node]) -> Iterator[Node]:
    """The lists that branches and loops give."""
    results = [block.results for step in steps for block in owned_blocks(step)]
    read = [step.args for step in steps]
    for node in dict.fromkeys(itertools.chain(*read, *results, graph.body.results)):
        if node.op is ITEM and is_table(node.type):
            yield node


def is_table(type: Type) -> bool:
    """Whether values of the type are lists of lists."""
    return is_list(type) and isinstance(type, SequenceType) and is_list(type.item)


def is_list(type: Type) -> bool:
    """Whether values of the type are lists, which can be written to."""
    return isinstance(type, SequenceType) and type.kind == "list"


def is_deep(step: Node) -> bool:
    """Whether a step writes into a row of a list of lists."""
    if not is_table(step.type):
        return False
    if step.op in IN_ROWS:
        return True
    return step.op is sequence.index_set and len(step.args) > 3


def _versions(step: Node) -> Iterator[tuple[Node, Node]]:
    """Pairs of lists that are one and the same, before and after a write or a step."""
    if step.op in UPDATES and is_table(step.type):
        yield step, step.args[0]
    elif step.op is ITEM and is_table(step.type):
        yield from ((step, source) for source in item_sources(step) if is_table(source.type))
    elif step.op is LOOP:
        _, initial, states = loop_parts(step)
        for first, state, then in zip(initial, states, next_states(step), strict=True):
            if is_table(state.type):
                yield from ((state, each) for each in (first, then) if is_table(each.type))


def _parts(step: Node) -> Iterator[Node]:
    """The lists whose rows are, or which is a row, in the list that a step makes or reads."""
    if is_table(step.type):
        yield from (arg for arg in step.args if is_list(arg.type))
    elif step.op is sequence.index and is_list(step.type):
        yield step.args[0]


def is_later(table: Node, user: Node | None, write: Node | Touch) -> bool:
    """Whether what reads a list may come after a write: it stands behind, or in a loop of both.

    What each step of such a loop makes anew is read in that step.  None is the caller, who has the
    list in the end.
    """
    if user is None or (user.serial > write.serial and not exclude(user.block, write.block)):
        return True
    made = table.block.parent if table.op is PARAMETER else table.block
    loops = loops_around(user.block) - loops_around(made)
    return not loops.isdisjoint(loops_around(write.block))


def exclude(first: Block, second: Block) -> bool:
    """Whether two blocks stand in different arms of one branch."""
    arms = {block.owner: block for block in _around(first)}
    return any(
        owner is not None and owner.op is IF and arms.get(owner, block) is not block
        for block in _around(second)
        for owner in (block.owner,)
    )


def _around(block: Block) -> Iterator[Block]:
    """A block and those that it stands in."""
    around: Block | None = block
    while around is not None:
        yield around
        around = around.parent


def loops_around(block: Block | None) -> frozenset[Node]:
    """The loops that a block stands in."""
    if block is None:
        return frozenset()
    return frozenset(owner for owner in block.owners() if owner.op is LOOP)
