"""What adjoints and tangents answer: the values that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.graph.node import Node

# How multiples of a derivative are called.
MULTIPLES = {1.0: "", -1.0: "minus_", 2.0: "twice_", 0.5: "half_"}
PLACES = {multiple: place for place, multiple in enumerate(MULTIPLES)}


@dataclass(frozen=True)
class Answer:
    """That a node is ``multiple`` times the adjoint or tangent of ``value``, or a part of that.

    ``name`` is that of ``value``, if it has one; ``suffix`` is put behind it.  The value may be
    gone where it bears a name.
    """

    value: Node | None
    name: str | None
    suffix: str
    whole: bool = True
    multiple: float = 1.0

    @property
    def rank(self) -> float:
        """How little it says: of a part least, and of what has a name most."""
        return self.rank_as(self.multiple)

    def rank_as(self, multiple: float) -> float:
        """The rank of another multiple of the same."""
        place = PLACES[multiple]
        return place + (0.0 if self.name is not None else 1.5) + (0.0 if self.whole else 10.0)

    @property
    def text(self) -> str | None:
        """What a node of this answer is called, where its value bears a name."""
        return None if self.name is None else self.named(self.name)

    def named(self, name: str) -> str:
        """What it is called where its value is called ``name``."""
        part = "" if self.whole else "_part"
        return f"{MULTIPLES[self.multiple]}{name}{self.suffix}{part}"
