"""Rows that belong to several lists at once: they must not be written to.

    rows = [[x] for x in xs]
    chosen = list(rows)        # another list of the same rows
    chosen[0][0] = 2.0         # which is seen in ``rows``, too

In the graph a list of lists is one value, its rows included, so that a write into a row of one list
would not reach the other.
"""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.lift.containers.lineages import Lineages, is_later


def written_while_shared(lineages: Lineages) -> Node | None:
    """A write into a row that another list has, too, and that is read there afterwards."""
    for write in lineages.writes:
        group, lineage = lineages.group(write), lineages.lineage(write)
        if any(
            lineages.group(table) is group
            and lineages.lineage(table) is not lineage
            and lineages.may_begin_before(table, write)
            and is_later(table, user, write)
            for table, user in lineages.uses
        ):
            return write
    return None
