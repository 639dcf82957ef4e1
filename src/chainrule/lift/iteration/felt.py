"""What can be told from outside of steps that were computed."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node
from chainrule.primitives.control import owned_blocks
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Structured


def may_be_felt(step: Node) -> bool:
    """Whether it can be told from outside that ``step`` was computed."""
    parts = computed(step)
    return any(part.op.effect or bool(getattr(part.op, "raises", True)) for part in parts)


def acts(step: Node) -> bool:
    """Whether ``step`` acts on the world."""
    return any(part.op.effect for part in computed(step))


def computed(step: Node) -> Iterator[Node]:
    """``step``, or what is computed in its blocks."""
    if not isinstance(step.op, Structured):
        yield step
    for block in owned_blocks(step):
        yield from (inner for inner in nodes_of(block) if not isinstance(inner.op, Structured))
