"""What a rule may ask of the walk back that it is part of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from chainrule.graph.node import Node


class ReverseWalker(Protocol):
    """Gathers adjoints; see :class:`chainrule.differentiate.reverse.ReverseWalker`."""

    def active(self, node: Node) -> bool:
        """Whether the adjoint of ``node`` is wanted."""

    def accumulate(self, node: Node, value: Node) -> None:
        """Add ``value`` to the adjoint of ``node``."""

    def accumulate_at(self, base: Node, path: Sequence[Node], value: Node) -> None:
        """Add ``value`` to one entry of the adjoint of ``base``."""

    def accumulate_section(self, base: Node, read: Node, value: Node) -> None:
        """Add ``value`` to the part of the adjoint of ``base`` that ``read`` reads."""

    def hide(self, bar: Node, out_bar: Node, predicate: Node, where: bool) -> None:
        """Note that ``bar`` is ``out_bar``, but 0 by choice where ``predicate`` is ``where``."""

    def unfelt(self, out_bar: Node, make: Callable[[Node], Node]) -> Node:
        """What ``make`` makes of an adjoint; nothing where that is 0 by choice."""
