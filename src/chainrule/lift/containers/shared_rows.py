"""Rows that belong to several lists at once: they must not be written to.

    rows = [[x] for x in xs]
    chosen = list(rows)        # another list of the same rows
    chosen[0][0] = 2.0         # which is seen in ``rows``, too

In the graph a list of lists is one value, its rows included, so that a write into a row of one list
would not reach the other.  Lists are of one *lineage* that are versions of each other, by writes or
from step to step of a loop; lists of several lineages may have rows in common.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from chainrule.graph.block import ITEM, PARAMETER, Block, Graph
from chainrule.graph.classes import Classes
from chainrule.graph.node import Node
from chainrule.graph.types import Sequence as SequenceType
from chainrule.graph.types import Type
from chainrule.primitives import sequence
from chainrule.primitives.control import (
    LOOP,
    item_sources,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.updates import IN_ROWS, UPDATES


def written_while_shared(graph: Graph, shown: Iterable[Sequence[Node]]) -> Node | None:
    """A write into a row that another list has, too, and that is read there afterwards.

    Each of ``shown`` are values that show the same list.
    """
    steps = list(nodes_of(graph.body))
    writes = [step for step in steps if _is_deep(step)]
    if not writes:
        return None
    lineages: Classes[Node] = Classes()
    groups: Classes[Node] = Classes()
    for step in (*steps, *_items(graph, steps)):
        for one, other in _versions(step):
            lineages.join(one, other)
            groups.join(one, other)
        for part in _parts(step):
            groups.join(step, part)
    for same in shown:
        for node in same[1:]:
            groups.join(same[0], node)
    uses = list(_uses(graph, steps))
    for write in writes:
        group, lineage = groups.find(write), lineages.find(write)
        if any(
            groups.find(table) is group
            and lineages.find(table) is not lineage
            and (user is None or _is_later(table, user, write))
            for table, user in uses
        ):
            return write
    return None


def _items(graph: Graph, steps: Iterable[Node]) -> Iterator[Node]:
    """The lists that branches and loops give."""
    results = [block.results for step in steps for block in owned_blocks(step)]
    read = [step.args for step in steps]
    for node in dict.fromkeys(itertools.chain(*read, *results, graph.body.results)):
        if node.op is ITEM and _is_table(node.type):
            yield node


def _is_table(type: Type) -> bool:
    return _is_list(type) and isinstance(type, SequenceType) and _is_list(type.item)


def _is_list(type: Type) -> bool:
    return isinstance(type, SequenceType) and type.kind == "list"


def _is_deep(step: Node) -> bool:
    if not _is_table(step.type):
        return False
    if step.op in IN_ROWS:
        return True
    return step.op is sequence.index_set and len(step.args) > 3


def _versions(step: Node) -> Iterator[tuple[Node, Node]]:
    """Pairs of lists that are one and the same, before and after a write or a step."""
    if step.op in UPDATES and _is_table(step.type):
        yield step, step.args[0]
    elif step.op is ITEM and _is_table(step.type):
        yield from ((step, source) for source in item_sources(step) if _is_table(source.type))
    elif step.op is LOOP:
        _, initial, states = loop_parts(step)
        for first, state, then in zip(initial, states, next_states(step), strict=True):
            if _is_table(state.type):
                yield from ((state, each) for each in (first, then) if _is_table(each.type))


def _parts(step: Node) -> Iterator[Node]:
    """The lists whose rows are, or which is a row, in the list that a step makes or reads."""
    if _is_table(step.type):
        yield from (arg for arg in step.args if _is_list(arg.type))
    elif step.op is sequence.index and _is_list(step.type):
        yield step.args[0]


def _uses(graph: Graph, steps: Sequence[Node]) -> Iterator[tuple[Node, Node | None]]:
    """Each list of lists with a step that reads it; None where the caller has it in the end."""
    for step in steps:
        if step.op not in (sequence.length, ITEM, LOOP) and step.op not in UPDATES:
            yield from ((arg, step) for arg in step.args if _is_table(arg.type))
    yield from ((result, None) for result in graph.body.results if _is_table(result.type))
    yield from ((given, None) for given in graph.body.parameters if _is_table(given.type))


def _is_later(table: Node, user: Node, write: Node) -> bool:
    """Whether a read of a list may come after a write: it stands behind, or in a loop of both.

    What each step of such a loop makes anew is read in that step.
    """
    if user.serial > write.serial:
        return True
    made = table.block.parent if table.op is PARAMETER else table.block
    loops = _loops_around(user.block) - _loops_around(made)
    return not loops.isdisjoint(_loops_around(write.block))


def _loops_around(block: Block | None) -> set[Node]:
    return set() if block is None else {owner for owner in block.owners() if owner.op is LOOP}
