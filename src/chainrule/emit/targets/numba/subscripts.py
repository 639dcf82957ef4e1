"""Which subscripts of arrays are certainly within them: where one is not, Numba is told to look.

Compiled code reads and writes beyond the end of an array unless it asks for each entry whether
there is one.  It need not ask where a loop over ``range(len(x))`` reads ``x[i]``.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Array, unit_axes_of
from chainrule.primitives.arrays.indexing import axes_taken, parts_of
from chainrule.primitives.arrays.lengths import (
    Length,
    at_least,
    index_range,
    never_negative,
    number,
)
from chainrule.primitives.arrays.lengths_now import never_negative_now
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.control import LOOP, loop_body
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.index_ranges import loop_of
from chainrule.primitives.sequence import index, index_add, index_set
from chainrule.records import dataclass

# What takes an array and positions, with the number of arguments after these.
ENTRIES = {index: 0, index_set: 1, index_add: 1}
SECTIONS = {"section": 0, "section_set": 1, "section_add": 1}


def options(graph: Graph, in_file: bool, is_own: bool) -> str:
    """What stands behind the decorator of a function.

    In a file of its own Numba keeps what it compiles; and there nothing watches the lengths that
    the caller's arrays have.
    """
    # What was asked while loops were not finished is not what is known now.
    graph.lengths.clear()
    found = ["cache=True"] if in_file and is_own else []
    within = graph.looks_first or all(is_within(each, not in_file) for each in subscripts_of(graph))
    found += [] if within else ["boundscheck=True"]
    return f"({', '.join(found)})" if found else ""


@dataclass(frozen=True, eq=False)
class Subscript:
    """One position on one axis of an array; ``at`` is None where it is an array of positions."""

    step: Node
    array: Node
    axis: int
    at: Node | None


def subscripts_of(graph: Graph) -> Iterator[Subscript]:
    """All that may be beyond the end of an array."""
    for node in nodes_of(graph.body):
        array = node.args[0] if node.args else None
        if array is None or not isinstance(array.type, Array):
            continue
        if node.op in ENTRIES:
            for axis, at in enumerate(node.args[1 : len(node.args) - ENTRIES[node.op]]):
                yield Subscript(node, array, axis, at)
        elif node.op.name in SECTIONS:
            yield from _of_section(node, array)


def _of_section(node: Node, array: Node) -> Iterator[Subscript]:
    keys = node.args[1 : len(node.args) - SECTIONS[node.op.name]]
    parts = parts_of(str(node.params[0]), keys)
    axis = 0
    for letter, nodes in parts:
        if letter == "e":
            axis += len(unit_axes_of(array.type)) - axes_taken(parts)
        elif letter != "n":
            # Masks that stand alone are compared with the array where they are used.
            if letter in "iau" or (letter == "m" and len(parts) > 1):
                yield Subscript(node, array, axis, nodes[0] if letter == "i" else None)
            axis += axes_taken([(letter, nodes)])


def is_within(subscript: Subscript, watched: bool) -> bool:
    """Whether there certainly is such an entry."""
    at = subscript.at
    if at is None or at.type != INT:
        return False
    whole = lengths_of(subscript.array)[subscript.axis]
    graph = at.graph if watched else None
    place = number(at, lengths_of)
    indices = [each for each in _indices_around(subscript.step) if loop_of(each) is not None]
    if place.known is not None and place.known < 0:
        return _is_natural(whole + place.known, indices, graph)
    rest = whole + place.times(-1) + -1
    return _is_natural(place, indices, graph) and _is_natural(rest, indices, graph)


def _indices_around(step: Node) -> list[Node]:
    """The indices of the loops around a step, the innermost first."""
    bodies = [loop_body(owner) for owner in step.block.owners() if owner.op is LOOP]
    return [body.parameters[0] for body in bodies if body.parameters]


def _is_natural(length: Length, indices: list[Node], graph: Graph | None) -> bool:
    """Whether a sum is at least 0 in every step of the loops, of which each has a step.

    Where that hangs on lengths of the caller's, ``graph`` rests on those that it has got.
    """
    if never_negative(length, indices, lengths_of):
        return True
    if graph is not None and never_negative_now(at_least(length, indices, lengths_of), graph):
        return True
    for each in indices:
        limits = index_range(each, lengths_of)
        if limits is not None:
            first, last = limits
            rest = length + last.times(-1) + first
            if never_negative(rest, indices, lengths_of):
                return True
    return False
