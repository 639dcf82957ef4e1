"""Names of nameless numbers by what they are a part of: ``xi_ratio`` goes into ``xi``."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.graph.block import Block
from chainrule.graph.node import Node

# How a part is called behind the name of the whole, by what it would be called alone.
PARTS = {
    "angle": "angle",
    "cosine": "cos",
    "exponential": "exp",
    "gap": "gap",
    "half": "half",
    "hypotenuse": "hypot",
    "inverse": "inverse",
    "logarithm": "log",
    "magnitude": "abs",
    "power": "power",
    "product": "product",
    "ratio": "ratio",
    "root": "root",
    "scale": "product",
    "sine": "sin",
    "square": "square",
    "total": "sum",
    "twice": "twice",
}
# Names of two words may be longer than others.
LONGEST_PART = 20


def part_noun(whole: str | None, noun: str | None) -> str | None:
    """The noun behind the name of what a number is a part of; None where it says nothing."""
    ending = PARTS.get(noun or "")
    if whole is None or ending is None:
        return None
    name = f"{whole}_{ending}"
    return name if len(name) <= LONGEST_PART else None


def wholes(block: Block, names: Mapping[Node, str]) -> dict[Node, str]:
    """The names of what nameless nodes of a block go into, of each the first."""
    found: dict[Node, str] = {}
    for step in reversed(block.steps):
        whole = None if step.origin.derivative else names.get(step, found.get(step))
        if whole is not None and whole != "_":
            found.update((arg, whole) for arg in step.args if arg not in names)
    return found
