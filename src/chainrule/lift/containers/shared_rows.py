"""Rows that belong to several lists at once: they must not be written to.

    rows = [[x] for x in xs]
    chosen = list(rows)        # another list of the same rows
    chosen[0][0] = 2.0         # which is seen in ``rows``, too

In the graph a list of lists is one value, its rows included, so that a write into a row of one list
would not reach the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.lift.containers.lineages import Lineages, is_later, is_table
from chainrule.primitives import sequence
from chainrule.primitives.control import LOOP
from chainrule.primitives.updates import UPDATES


def written_while_shared(graph: Graph, lineages: Lineages) -> Node | None:
    """A write into a row that another list has, too, and that is read there afterwards."""
    uses = list(uses_of_tables(graph, lineages.steps)) if lineages.writes else []
    for write in lineages.writes:
        group, lineage = lineages.group(write), lineages.lineage(write)
        if any(
            lineages.group(table) is group
            and lineages.lineage(table) is not lineage
            and (user is None or is_later(table, user, write))
            for table, user in uses
        ):
            return write
    return None


def uses_of_tables(graph: Graph, steps: Sequence[Node]) -> Iterator[tuple[Node, Node | None]]:
    """Each list of lists with a step that reads it; None where the caller has it in the end."""
    for step in steps:
        if step.op not in (sequence.length, ITEM, LOOP) and step.op not in UPDATES:
            yield from ((arg, step) for arg in step.args if is_table(arg.type))
    yield from ((result, None) for result in graph.body.results if is_table(result.type))
    yield from ((given, None) for given in graph.body.parameters if is_table(given.type))
