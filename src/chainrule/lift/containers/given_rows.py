"""Rows that a name still leads to when a list has them: both show what is written to either.

    rows = rows + [row]
    row[0] = 2.0               # which is seen in ``rows[-1]``, too
    rows[i][1] = 3.0           # which may be seen in ``row``

In the graph the list has the row as it was when it got it.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.block import Block
from chainrule.graph.node import Node, Origin
from chainrule.lift.containers.lineages import (
    Lineages,
    exclude,
    is_later,
    is_list,
    is_table,
    loops_around,
)
from chainrule.lift.containers.shown import ShownLists, Touch
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.sequence import display, slice_set
from chainrule.primitives.updates import UPDATES, sources_of


class GivenRows:
    """Tells whether a row is read or written to by its name, and by its list, in this order."""

    def __init__(self, lineages: Lineages, shown: ShownLists) -> None:
        self.lineages = lineages
        self.shown = shown
        # The steps that put a row into a list, by the row.
        self.givings: dict[Node, list[Node]] = {}
        for step in lineages.steps:
            for row in _given(step):
                self.givings.setdefault(row, []).append(step)

    def touched(self) -> Origin | None:
        """Where a row is written to that is read as another one afterwards."""
        if not self.givings:
            return None
        blocks = {self.lineages.graph.body}
        blocks.update(block for step in self.lineages.steps for block in owned_blocks(step))
        given = {
            box: rows
            for box, nodes in self.shown.nodes.items()
            if (rows := [node for node in nodes if node in self.givings])
        }
        graph = self.lineages.graph
        # The caller has its own lists in the end.
        end = (graph.body, graph.last_serial + 1, graph.origin)
        ends = [Touch(box, *end, False) for box in given if getattr(box, "parameter", False)]
        for touch in (*self.shown.touches, *ends) if given else ():
            for box in self.shown.boxes_of(touch.box) if touch.block in blocks else ():
                for row in given.get(box, ()):
                    made = self.shown.made_in(row) if box is touch.box else frozenset[Node]()
                    tell = self._by_name if touch.writes else self._by_list
                    found = tell(touch, row, made)
                    if found is not None:
                        return found
        return None

    def _by_name(self, write: Touch, row: Node, made: frozenset[Node]) -> Origin | None:
        """Where a row is written to by its name, if its list is read afterwards."""
        if not self._is_given_before(row, made, write.block, write.serial):
            return None
        group = self.lineages.group(row)
        for table, user in self.lineages.uses:
            if self.lineages.group(table) is group and _shows_before(table, user, write):
                return write.origin
        return None

    def _by_list(self, read: Touch, row: Node, made: frozenset[Node]) -> Origin | None:
        """Where a row is written to by its list, if it is read by its name afterwards."""
        group = self.lineages.group(row)
        for write in self.lineages.writes:
            if self.lineages.group(write) is not group:
                continue
            if not self._is_given_before(row, made, write.block, write.serial):
                continue
            common = loops_around(read.block) & loops_around(write.block)
            behind = read.serial >= write.serial and not exclude(read.block, write.block)
            if behind or common - made:
                return write.origin
        return None

    def _is_given_before(self, row: Node, made: frozenset[Node], block: Block, serial: int) -> bool:
        """Whether a list has the row by then, of which loops have ``made`` another in each step."""
        return any(
            step.serial <= serial or (loops_around(step.block) & loops_around(block)) - made
            for step in self.givings[row]
        )


def _given(step: Node) -> list[Node]:
    """The rows that a step puts into a list."""
    if not is_table(step.type) or step.op not in (display, *UPDATES) or step.op is slice_set:
        return []
    rows = step.args if step.op is display else step.args[1:]
    return [row for row in rows if is_list(row.type)]


def _shows_before(table: Node, user: Node | None, write: Touch) -> bool:
    """Whether what reads a list after a write by name reads one that was made before it."""
    made_later = all(root.serial > write.serial for root in _roots(table))
    return not made_later and is_later(table, user, write)


def _roots(table: Node) -> Iterator[Node]:
    """What a list may have been when it was made."""
    seen = {table}
    waiting = [table]
    while waiting:
        node = waiting.pop()
        sources = sources_of(node)
        if not sources:
            yield node
        waiting += [source for source in sources if source not in seen]
        seen.update(sources)
