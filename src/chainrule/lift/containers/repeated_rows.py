"""Rows that a list holds twice: they must not be written to.

    rows.append(rows[0])
    rows[0][0] = 2.0           # which is seen in ``rows[-1]``, too

In the graph each place of a list of lists has a row of its own.  A list may hold a row twice where
a row that it has is put into it, where one row is put into it at two places, or in every step of a
loop that did not make it.  Rows that change their places, as a pivot does, stay single.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from chainrule.graph.block import ITEM, PARAMETER
from chainrule.graph.node import Node
from chainrule.lift.containers.lineages import (
    Lineages,
    is_list,
    is_table,
    loops_around,
)
from chainrule.lift.containers.shown import ShownLists
from chainrule.primitives.arithmetic import add
from chainrule.primitives.control import IF, loop_body, loop_parts
from chainrule.primitives.declare import constant_value, is_constant, is_left_out
from chainrule.primitives.left_end import drop_first
from chainrule.primitives.sequence import (
    concatenate,
    display,
    drop_last,
    index,
    index_set,
    slice_of,
)
from chainrule.primitives.updates import UPDATES, sources_of
from chainrule.records import dataclass


@dataclass(frozen=True)
class Origin:
    """Which row it is, and the loops in each step of which it is another one."""

    key: Hashable
    loops: frozenset[Node] = frozenset()


class Rows:
    """Tells which lists may hold a row twice."""

    def __init__(self, lineages: Lineages, shown: ShownLists) -> None:
        self.lineages = lineages
        self.shown = shown
        self.moves = _moves(lineages.steps)

    def written_while_repeated(self) -> Node | None:
        """A write into a row of a list that may hold it twice by then."""
        if not self.lineages.writes:
            return None
        repeating = list(self._repeating())
        for write in self.lineages.writes:
            group, loops = self.lineages.group(write), loops_around(write.block)
            for step in repeating:
                if self.lineages.group(step) is group and (
                    step.serial < write.serial or not loops.isdisjoint(loops_around(step.block))
                ):
                    return write
        return None

    def _repeating(self) -> Iterator[Node]:
        """The steps that put a row into a list that may have it already."""
        entered: dict[tuple[Node, Hashable], list[Node]] = {}
        for step in self.lineages.steps:
            if not is_table(step.type) or step in self.moves:
                continue
            lineage = self.lineages.lineage(step)
            origins = Counter(self._entered(step))
            for origin, count in origins.items():
                before = entered.setdefault((lineage, origin.key), [])
                again = step.op in UPDATES and not all(
                    _on_other_arms(step, each) for each in before
                )
                before.append(step)
                own = step.op in UPDATES and origin.key == ("rows", lineage)
                if count > 1 or again or own or self._in_every_step(step, origin):
                    yield step
                    break

    def _in_every_step(self, step: Node, origin: Origin) -> bool:
        """Whether steps of one loop put the same row into one list."""
        if step.op is display:
            return False
        made = self.lineages.made_in(step)
        return bool(loops_around(step.block) - made - origin.loops)

    def _entered(self, step: Node) -> Iterator[Origin]:
        """The rows that a step puts into the list of lists that it makes or writes to."""
        for row in _put(step):
            yield from self._rows_of(row) if row.type == step.type else self._row(row, step)

    def _rows_of(self, table: Node) -> set[Origin]:
        """The rows of a list."""
        if table.op is slice_of:
            return self._rows_of(table.args[0])
        if table.op in UPDATES or not table.args or table.op in (ITEM, PARAMETER):
            return {Origin(("rows", self.lineages.lineage(table)), loops_around(table.block))}
        return set(self._entered(table))

    def _row(self, row: Node, step: Node) -> set[Origin]:
        """What a row that a step puts into a list may be."""
        found: set[Origin] = set()
        seen = {row}
        waiting = [row]
        while waiting:
            node = waiting.pop()
            sources = sources_of(node)
            if not sources:
                if not _is_dropped(node, step):
                    found.add(self._origin(node))
                continue
            for source in sources:
                if source in seen and source.op is PARAMETER:
                    # A step of the loop may leave it as it is, for the next one.
                    found.add(Origin(source, loops_around(source.block) - {source.block.owner}))
            waiting += [source for source in sources if source not in seen]
            seen.update(sources)
        return found

    def _origin(self, row: Node) -> Origin:
        if _is_read(row):
            around = loops_around(row.block)
            own = {loop for loop in around if row.args[1] in _counter(loop)}
            return Origin(("rows", self.lineages.lineage(row.args[0])), frozenset(own))
        shown = self.shown.by_value.get(row)
        return Origin(row if shown is None else shown.box, self.shown.made_in(row))


def _put(step: Node) -> Sequence[Node]:
    """The rows, and the lists whose rows, are in the list that a step makes, or new in it."""
    if step.op is index_set and len(step.args) > 3:
        return ()
    rows = step.args[1:] if step.op in UPDATES else step.args
    rows = tuple(row for row in rows if is_list(row.type))
    if step.op is concatenate and len(rows) == 2 and _are_apart(*rows):
        return rows[:1]
    return rows if step.op is not display else _unless_apart(rows)


def _unless_apart(rows: Sequence[Node]) -> Sequence[Node]:
    """The rows, and one alone of those that stand at different places of one list."""
    places: dict[Node, set[int]] = {}
    found: list[Node] = []
    for row in rows:
        place = constant_value(row.args[1]) if _is_read(row) and is_constant(row.args[1]) else None
        if isinstance(place, int) and place >= 0:
            known = places.setdefault(row.args[0], set())
            new = place not in known
            known.add(place)
            if new and len(known) > 1:
                continue
        found.append(row)
    return found


def _on_other_arms(step: Node, other: Node) -> bool:
    """Whether a branch takes either the one step or the other."""
    own = {block.owner: block for block in step.block.around()}
    return any(
        block.owner is not None
        and block.owner.op is IF
        and own.get(block.owner, block) is not block
        for block in other.block.around()
    )


def _is_read(row: Node) -> bool:
    return row.op is index and is_table(row.args[0].type)


def _counter(loop: Node) -> Sequence[Node]:
    """The index of a loop that counts."""
    bounds, _, _ = loop_parts(loop)
    return loop_body(loop).parameters[:1] if bounds else ()


def _is_dropped(row: Node, step: Node) -> bool:
    """Whether a row that a step puts into a list has been dropped from it where it was read."""
    if not _is_read(row):
        return False
    source, place = row.args[:2]
    version = step
    while version.op in UPDATES and version.args[0] is not source:
        version = version.args[0]
    return (version.op is drop_last and is_constant(place, -1)) or (
        version.op is drop_first and is_constant(place, 0)
    )


def _moves(steps: Iterable[Node]) -> set[Node]:
    """The steps that together put the rows of some places of a list into these places."""
    found: set[Node] = set()
    for step in steps:
        if step.op is not index_set:
            continue
        chain: list[Node] = []
        read: Counter[Node] = Counter()
        filled: Counter[Node] = Counter()
        while step.op is index_set and len(step.args) == 3:
            row = step.args[2]
            while row.op in UPDATES:
                row = row.args[0]
            if not _is_read(row):
                break
            source, place = row.args[:2]
            chain.append(step)
            read[place] += 1
            filled[step.args[1]] += 1
            step = step.args[0]
            if step is source:
                found.update(chain if read == filled else ())
                break
    return found


def _are_apart(left: Node, right: Node) -> bool:
    """Whether two parts of one list have no row in common."""
    if left.op is not slice_of or right.op is not slice_of or left.args[0] is not right.args[0]:
        return False
    return _ends_before(left, right) or _ends_before(right, left)


def _ends_before(left: Node, right: Node) -> bool:
    """Whether the part of a list up to a place ends where, or before, another begins."""
    _, start, stop, _ = left.args
    _, begin, end, _ = right.args
    if not is_left_out(start) or not is_left_out(end):
        return False
    if is_constant(stop) and is_constant(begin):
        first, second = constant_value(stop), constant_value(begin)
        return isinstance(first, int) and isinstance(second, int) and 0 <= first <= second
    after = begin.op is add and begin.args[0] is stop and is_constant(begin.args[1], 1)
    return begin is stop or after
