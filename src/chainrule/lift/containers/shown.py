"""Which values show a list of known layout as a whole, and how often that is one and the same."""

from __future__ import annotations

from collections.abc import Hashable

from chainrule.graph.node import Node
from chainrule.lift.containers.sharing import Box
from chainrule.lift.state import State
from chainrule.records import dataclass


@dataclass(frozen=True)
class Shown:
    """Which list of the function a value shows.

    ``outside`` counts the loops around the value in whose step the list was there already.
    """

    box: Hashable
    outside: int


class ShownLists:
    """The values that lists with a known layout were read as, as a whole."""

    def __init__(self) -> None:
        self.values: dict[Box, list[Node]] = {}
        # What there is where the steps of the loops around begin.
        self.step_starts: list[State] = []
        self.by_value: dict[Node, Shown] = {}

    def note(self, box: Box, value: Node) -> None:
        """``value`` shows the list ``box``."""
        self.values.setdefault(box, []).append(value)
        self.by_value[value] = Shown(box, sum(box in start for start in self.step_starts))
