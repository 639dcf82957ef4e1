"""Whole numbers that are given for reals, where a compiler would count with them as they are.

Its ints end at 2**63, and have no negative powers: what is derived by is made a float first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.emit.containers.one_kind import written
from chainrule.graph.block import Graph
from chainrule.graph.types import FLOAT, INT, Type
from chainrule.graph.types import Sequence as SequenceType

WIDTH = 84


def as_floats(graph: Graph, lines: Sequence[str]) -> list[str]:
    """The lines that make floats of the parameters for which ``graph`` is derived."""
    text = "\n".join(lines)
    taken = {entry.name for entry in graph.signature}
    convert = "{} * 1.0" if "float" in taken else "float({})"
    numbers, found = [], []
    for entry in graph.signature:
        used = entry.node is not None and re.search(rf"\b{entry.name}\b", text)
        if not used or entry.node is None or entry.name not in graph.reals:
            continue
        type = entry.node.type
        if type in (INT, FLOAT):
            numbers.append(entry.name)
        elif _is_list_of_numbers(type) and entry.node not in written(graph):
            # One that is written to must stay the caller's.
            entries = convert.format("each")
            found.append(f"{entry.name} = [{entries} for each in {entry.name}]")
    if numbers:
        converted = [convert.format(name) for name in numbers]
        line = f"{', '.join(numbers)} = {', '.join(converted)}"
        single = [f"{name} = {made}" for name, made in zip(numbers, converted, strict=True)]
        found[:0] = [line] if len(line) <= WIDTH else single
    return found


def _is_list_of_numbers(type: Type) -> bool:
    return isinstance(type, SequenceType) and type.kind == "list" and type.item in (INT, FLOAT)
