"""A lifted function: its graph, and the layouts of what goes in and out."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.graph.block import Graph
from chainrule.graph.keys import plain_key
from chainrule.graph.node import Node
from chainrule.graph.structure import OF_ATTRIBUTES, RECORD_LISTS, Structure
from chainrule.graph.types import FLOAT
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.source import Source
from chainrule.primitives import sequence
from chainrule.records import dataclass


@dataclass(frozen=True)
class Lifted:
    """A function as a graph.

    ``parameters`` are the layouts of its parameters by name, ``result`` that of its result,
    ``sources`` every function whose text went in.
    """

    graph: Graph
    parameters: dict[str, Structure]
    result: Structure
    sources: tuple[Source, ...]


# From a lifted function, a transform's name, ``wrt`` and a mode to the lifted derivative.
Transform = Callable[[Lifted, str, str | tuple[str, ...], str], Lifted]


def assemble(graph: Graph, structure: Structure) -> Node:
    """One node for a value with layout: what the emitted function returns."""
    if structure.kind in ("leaf", "static", "given"):
        assert structure.node is not None
        return structure.node
    if structure.kind in RECORD_LISTS:
        return _record_list(graph, structure)
    parts = tuple(assemble(graph, part) for part in structure.parts)
    keys = structure.keys
    if structure.kind == "dict":
        keys = tuple(map(plain_key, keys))
    return graph.cursor.add(sequence.record, parts, (structure.kind, keys))


def _record_list(graph: Graph, structure: Structure) -> Node:
    """A list of records out of the lists of their fields; a field of zeros needs no list."""
    first = 2 if structure.kind in OF_ATTRIBUTES else 1
    nodes = [assemble(graph, part) for part in structure.parts]
    zeros = [node.op is sequence.zeros_like and node.type == SequenceType(FLOAT) for node in nodes]
    if all(zeros):
        zeros[0] = False
    kept = tuple(node for node, zero in zip(nodes, zeros, strict=True) if not zero)
    keys = (*structure.keys[:first], *zip(structure.keys[first:], zeros, strict=True))
    return graph.cursor.add(sequence.record, kept, (structure.kind, keys))
