"""What a rule may ask of the walk back that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
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

    def accumulate_slice(self, base: Node, bounds: Sequence[Node], value: Node) -> None:
        """Add ``value`` to the entries ``start:stop:step`` of the adjoint of a list."""
