"""Numbers by which something is looked up in a dict: what is found has no slope in them."""

from __future__ import annotations

from collections.abc import Collection

from chainrule.differentiate.activity import all_steps
from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.primitives.effect import KEY


def refuse_keys(graph: Graph, varied: Collection[Node]) -> None:
    """Refuse keys that vary with what is differentiated by.

    Raises
    ------
    UnsupportedError
        Where there is such a key.
    """
    for step in all_steps(graph.body):
        if step.op is KEY and step.args[0] in varied:
            raise UnsupportedError(
                "a dict key that is a number with a derivative",
                remedy="Use whole numbers or strings for keys.",
                position=step.origin.position,
            )
