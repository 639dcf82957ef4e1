"""The layout of parameters and results: which nodes are the leaves of a container."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from chainrule.graph.node import Node


@dataclass(frozen=True)
class Structure:
    """A value with its layout.

    ``kind`` is ``"leaf"`` (one node), ``"static"`` (nothing that is differentiated; ``node`` is
    its value, if it has one), or a container: ``"tuple"``, ``"list"``, ``"dict"`` (``keys`` are
    its keys), ``"object"`` (``keys`` are the key of its class's reference, then field names).
    """

    kind: str
    node: Node | None = None
    parts: tuple[Structure, ...] = ()
    keys: tuple[Hashable, ...] = ()

    def leaves(self) -> Iterator[Node]:
        """The leaf nodes, in order."""
        if self.kind == "leaf" and self.node is not None:
            yield self.node
        for part in self.parts:
            yield from part.leaves()

    def map(self, change: Callable[[Node], Node]) -> Structure:
        """The same layout with every leaf changed."""
        if self.kind == "leaf" and self.node is not None:
            return Structure("leaf", change(self.node))
        parts = tuple(part.map(change) for part in self.parts)
        return Structure(self.kind, self.node, parts, self.keys)
