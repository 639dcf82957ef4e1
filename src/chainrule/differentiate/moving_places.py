"""In which places of rows a derivative flows: lists may hold counts beside values.

    lots.append([quantity, price * x])
    ...
    lots[0][0] -= taken

No first entry of a row varies with x, as long as no other place is written at a position that is
known at run time only.  What is read there is as good as a constant.

A place counts from the first entry of the innermost list.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.node import Node
from chainrule.graph.types import Sequence
from chainrule.primitives import sequence
from chainrule.primitives.declare import is_constant
from chainrule.primitives.left_end import drop_first

Places = frozenset[int]
NOWHERE: Places = frozenset()
ANYWHERE: Places = frozenset((-1,))
# These leave each row as it is, where they are done to a list of rows.
AMONG_ROWS = (
    sequence.append,
    sequence.concatenate,
    sequence.drop_last,
    drop_first,
    sequence.slice_of,
)
UNMOVED = (sequence.copy, sequence.as_tuple)


class Varied(set[Node]):
    """Values that vary; of lists, in which places, or anywhere."""

    def __init__(self, inputs: Iterable[Node], by_places: bool) -> None:
        super().__init__(inputs)
        self._by_places = by_places
        self._places: dict[Node, Places] = {}

    def places(self, node: Node) -> Places:
        """Where a value varies."""
        return self._places.get(node, ANYWHERE) if node in self else NOWHERE

    def vary(self, node: Node, places: Places) -> bool:
        """Note where a value varies; whether that is more than was known."""
        before = self.places(node)
        if not places or places <= before or before >= ANYWHERE:
            return False
        self._places[node] = ANYWHERE if places >= ANYWHERE else before | places
        self.add(node)
        return True

    def of_step(self, step: Node) -> Places:
        """Where the result of a step varies, some of whose arguments do."""
        op, args = step.op, step.args
        if not self._by_places:
            return ANYWHERE
        if op is sequence.display:
            if depth(step) > 1:
                return self._together(args)
            return frozenset(k for k, arg in enumerate(args) if arg in self)
        if op is sequence.index:
            return self._read(args[0], args[1:])
        if op in (sequence.index_set, sequence.index_add):
            return self._written(args[0], args[1:-1], args[-1])
        if op in UNMOVED or (depth(step) > 1 and op in AMONG_ROWS):
            return self._together(args)
        return ANYWHERE

    def _together(self, args: Iterable[Node]) -> Places:
        return NOWHERE.union(*map(self.places, args))

    def _read(self, base: Node, path: tuple[Node, ...]) -> Places:
        """An entry, or a row, of a list."""
        found = self.places(base)
        if len(path) < depth(base) or found >= ANYWHERE:
            return found
        place = known_place(path[-1])
        return ANYWHERE if place is None or place in found else NOWHERE

    def _written(self, base: Node, path: tuple[Node, ...], value: Node) -> Places:
        """A list in which an entry, or a row, is another."""
        if len(path) < depth(base) or value not in self:
            return self._together((base, value))
        place = known_place(path[-1])
        return ANYWHERE if place is None else self.places(base) | {place}


def depth(node: Node) -> int:
    """How many lists are in one another."""
    count, type = 0, node.type
    while isinstance(type, Sequence):
        count, type = count + 1, type.item
    return count


def known_place(position: Node) -> int | None:
    """A position from the front that is written in the code."""
    if not is_constant(position):
        return None
    found = position.params[0]
    return found if type(found) is int and found >= 0 else None
