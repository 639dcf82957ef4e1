"""Simpler forms that look behind what they are given.

``inv(c * a)`` is ``inv(a) / c``.  Where ``c * a`` is the argument of a function, which is
differentiated by what it is defined as, that slope would be one by ``a``, and be lost.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from chainrule.graph.block import CONSTANT
from chainrule.graph.node import Node


@contextlib.contextmanager
def taken_whole(args: Sequence[Node]) -> Iterator[None]:
    """Build of ``args`` as if they were parameters."""
    graph = args[0].graph
    before, graph.whole = graph.whole, frozenset(args)
    try:
        yield
    finally:
        graph.whole = before


def looks_behind(value: Node) -> bool:
    """Whether ``value`` is computed of what a node that is taken whole is computed of."""
    whole = value.graph.whole
    if not whole:
        return False
    newest = max(node.serial for node in whole)
    found = {
        node
        for node in _behind([value], whole, 0)
        if node.serial < newest and node.op is not CONSTANT and node.type.differentiable
    }
    if not found:
        return False
    oldest = min(node.serial for node in found)
    inner = [arg for node in whole for arg in node.args]
    return not found.isdisjoint(_behind(inner, frozenset(), oldest))


def _behind(values: Sequence[Node], whole: frozenset[Node], oldest: int) -> set[Node]:
    """What ``values`` are computed of, up to ``whole`` and to what is flat or older."""
    seen: set[Node] = set()
    stack = list(values)
    while stack:
        node = stack.pop()
        if node in seen or node in whole or node.serial < oldest:
            continue
        seen.add(node)
        if getattr(node.op, "door", None) != "flat":
            stack.extend(node.args)
    return seen
