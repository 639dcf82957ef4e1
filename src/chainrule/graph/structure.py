"""The layout of parameters and results: which nodes are the leaves of a container."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from chainrule.graph.node import Node
from chainrule.records import dataclass

# Kinds of layouts of lists of records.
RECORD_LISTS = ("objects", "instances", "dicts", "tuples")
# Kinds whose parts are attributes of objects, with a class that stands before their names.
OF_ATTRIBUTES = ("object", "instance", "objects", "instances")


@dataclass(frozen=True)
class Structure:
    """A value with its layout.

    ``kind`` is ``"leaf"`` (one node), ``"static"`` (nothing that is differentiated; ``node`` is
    its value, if it has one), or a container: ``"tuple"``, ``"list"``, ``"dict"`` (``keys`` are
    its keys), ``"object"`` (``keys`` are the key of its class's reference, then field names).
    An ``"instance"`` is an object that is made without its constructor, which may do more than
    keep what it is given.  ``"given"`` is an object of the caller's: ``node`` is the object, and
    its one part tells how it is laid out, as which its derivatives are.

    ``"objects"``, ``"instances"``, ``"dicts"`` and ``"tuples"`` are lists of records: ``parts``
    are the lists of the values of each field, and what one of the records is called stands before
    the fields.
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

    def nodes(self) -> Iterator[Node]:
        """The leaf nodes, and those of what is not differentiated."""
        if self.node is not None:
            yield self.node
        for part in self.parts:
            yield from part.nodes()

    def map(
        self, change: Callable[[Node], Node], keep: Callable[[Node], Node] | None = None
    ) -> Structure:
        """The same layout with every leaf changed, and by ``keep`` what is no leaf."""
        if self.kind == "given" and self.node is not None and keep is not None:
            (layout,) = self.parts
            return Structure("given", keep(self.node), (layout.map(change, keep),))
        if self.node is not None and (self.kind == "leaf" or keep is not None):
            return Structure(
                self.kind, (change if self.kind == "leaf" else keep or change)(self.node)
            )
        parts = tuple(part.map(change, keep) for part in self.parts)
        return Structure(self.kind, self.node, parts, self.keys)

    def apart(self) -> Structure:
        """The layout of derivatives: of an object of the caller's, an object of its class."""
        if self.kind == "given":
            return self.parts[0].apart()
        parts = tuple(part.apart() for part in self.parts)
        return Structure(self.kind, self.node, parts, self.keys)

    def replaced(self, change: Callable[[Node], Structure]) -> Structure:
        """The layout with a layout in the place of every leaf."""
        if self.kind == "leaf" and self.node is not None:
            return change(self.node)
        parts = tuple(part.replaced(change) for part in self.parts)
        return Structure(self.kind, self.node, parts, self.keys)

    def matched(self, other: Structure) -> Iterator[tuple[Node, Node]]:
        """The leaves that stand in the same places of two layouts."""
        both = self.kind == other.kind == "leaf"
        if both and self.node is not None and other.node is not None:
            yield self.node, other.node
        for mine, theirs in zip(self.parts, other.parts, strict=False):
            yield from mine.matched(theirs)
