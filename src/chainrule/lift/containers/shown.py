"""Which values show a list of known layout as a whole, and how often that is one and the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from chainrule.graph.block import Block
from chainrule.graph.node import Node, Origin
from chainrule.lift.containers.sharing import Box
from chainrule.lift.state import State
from chainrule.lift.values import ListBox, Value
from chainrule.primitives.control import LOOP
from chainrule.records import dataclass


@dataclass(frozen=True)
class Shown:
    """Which list of the function a value shows.

    ``outside`` counts the loops around the value in whose step the list was there already.
    """

    box: Hashable
    outside: int


@dataclass(frozen=True)
class Touch:
    """That a list is read, or written to, by its name: in a block, before a step of it."""

    box: Box
    block: Block
    serial: int
    origin: Origin
    writes: bool


class ShownLists:
    """The values that lists were read as, as a whole, and when they were read and written to."""

    def __init__(self) -> None:
        # The displays of lists of known layout; these and the values of other lists.
        self.values: dict[Box, list[Node]] = {}
        self.nodes: dict[Box, dict[Node, None]] = {}
        self.by_value: dict[Node, Shown] = {}
        # What there is where the steps of the loops around begin.
        self.step_starts: list[State] = []
        self.touches: list[Touch] = []
        # Lists that were shown as a part of others.
        self.given: set[Box] = set()
        # What a name of a loop may be that is bound to another list from step to step.
        self.sources: dict[Box, list[Box]] = {}

    def note(self, box: Box, value: Node, content: Iterable[object]) -> None:
        """``value`` shows the list ``box``, which has this content."""
        self.values.setdefault(box, []).append(value)
        self.nodes.setdefault(box, {})[value] = None
        self.by_value[value] = Shown(box, sum(box in start for start in self.step_starts))
        self.given.update(each for each in content if isinstance(each, ListBox))

    def made_in(self, value: Node) -> frozenset[Node]:
        """The loops around a value in each step of which the list that it shows is another one."""
        shown = self.by_value.get(value)
        loops = [owner for owner in value.block.owners() if owner.op is LOOP]
        return frozenset(loops if shown is None else loops[shown.outside :])

    def touch(self, box: Box, block: Block, writes: bool) -> None:
        """A list is read, or written to."""
        if type(box) is ListBox:
            graph = block.graph
            self.touches.append(Touch(box, block, graph.last_serial, graph.origin, writes))

    def may_be(self, box: Value, lists: Iterable[Value]) -> None:
        """At the start of a step of a loop, or behind it, ``box`` is one of ``lists``."""
        if isinstance(box, ListBox):
            found = [each for each in lists if isinstance(each, ListBox) and each is not box]
            self.sources.setdefault(box, []).extend(found)

    def boxes_of(self, box: Box) -> list[Box]:
        """The lists that ``box`` may be, itself first."""
        found = [box]
        for each in found:
            found += [source for source in self.sources.get(each, ()) if source not in found]
        return found
