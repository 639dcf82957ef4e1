"""Subscripts of arrays: of a key as it is written, or at hand as a value, the pattern and nodes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, OPAQUE, Array, Record, dtype_of
from chainrule.lift.arrays.number_attributes import NumberAttributes
from chainrule.lift.values import Range, TupleValue, Value
from chainrule.primitives.arrays import creation, indexing, positions
from chainrule.primitives.arrays.records import component, counted_component


def _told_distinct(pattern: str, nodes: Sequence[Node]) -> str:
    """A pattern whose positions are marked as all different where one call gave them so.

    Pairs that differ have rows in common: a part of them is not told to be different.
    """
    arrays = [part for letter, part in indexing.parts_of(pattern, nodes) if letter == "a"]
    told = (component, counted_component)
    owners = {part.args[0] if part.op in told else None for (part,) in arrays}
    owner = owners.pop() if len(owners) == 1 else None
    if owner is None or owner.op not in positions.DISTINCT or not isinstance(owner.type, Record):
        return pattern
    read = {part.params[0] for (part,) in arrays}
    if len(read) < len(owner.type.items) and owner.op not in positions.DIAGONAL:
        return pattern
    return pattern.replace("a", "u")


class Subscripts(NumberAttributes):
    """Lifts the subscripts of arrays."""

    def subscript_parts(self, key: ast.expr) -> tuple[str, tuple[Node, ...]]:
        """The pattern and the nodes of a subscript of an array."""
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        pattern, nodes = "", []
        for part in parts:
            value = self.expression(part)
            value = self._place_in_tuple(value) if isinstance(key, ast.Tuple) else value
            letter, found = self.subscript_part(value, part)
            pattern += letter
            nodes.extend(found)
        return _told_distinct(pattern, nodes), tuple(nodes)

    def subscript_values(self, value: Value, node: ast.AST) -> tuple[str, tuple[Node, ...]]:
        """The pattern and the nodes of a subscript that is at hand as a value."""
        pattern, nodes = self.subscript_part(value, node)
        return _told_distinct(pattern, nodes), tuple(nodes)

    def subscript_part(self, value: Value, node: ast.AST) -> tuple[str, list[Node]]:
        """One part of a subscript."""
        value = self.read(value)
        known, found = self.static_value(value)
        if known and found is None:
            return "n", []
        if known and found is Ellipsis:
            return "e", []
        part = self.slice_of(value)
        if part is not None:
            return "s", [self.node(bound) for bound in part.bounds]
        if isinstance(value, TupleValue):
            letters, nodes = "", []
            for item in map(self._place_in_tuple, value.items):
                letter, more = self.subscript_part(item, node)
                letters += letter
                nodes.extend(more)
            return letters, nodes
        if isinstance(value, Range):
            bounds = (value.start, value.stop, value.step)
            return "a", [self.call_array(creation.arange, bounds, (None,))]
        index = self.array_node(value) if self.is_array(value) else self._listed_index(value)
        if index.type in (OPAQUE, DYNAMIC, BOOL):
            raise self.unsupported(
                "a subscript of which it is known at run time only what part it means",
                "Make it with functions that are understood, or pass it in as a parameter.",
                node,
            )
        if isinstance(index.type, Array):
            return ("m" if index.type.dtype == "bool" else "a"), [index]
        return "i", [index]

    def _listed_index(self, value: Value) -> Node:
        """Entries that a list tells: ints also where it is empty, of which NumPy makes floats."""
        index = self.array_node(value)
        if index.op is not creation.array_of_list or dtype_of(index.type) != "int64":
            return index
        return self.call_array(creation.array_of_list, index.args, ("int64",))

    def _place_in_tuple(self, value: Value) -> Value:
        """A part of a subscript that is a tuple; a tuple therein is an array of indices."""
        value = self.read(value)
        return self.boxed(self.array_node(value)) if isinstance(value, TupleValue) else value
