"""A stable text form of graphs, for people and for snapshots.

::

    f(%0: float):
        %1 = multiply %0 %0 : float
        %4 = if %3 : tuple(float)
          then:
            %5 = sin %1 : float
            -> %5
          else:
            -> 0.0
        -> %4.0

Numbers count values in the order in which they are met, so that equal graphs have equal texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.graph.block import (
    CONSTANT,
    GLOBAL,
    ITEM,
    PARAMETER,
    REFERENCE,
    UNDEFINED,
    Block,
    Graph,
)
from chainrule.graph.node import Node

INDENT = "    "


def text(graph: Graph) -> str:
    """The text of a whole graph."""
    return "\n".join(_Printer().graph(graph)) + "\n"


class _Printer:
    """Numbers values as it meets them."""

    def __init__(self) -> None:
        self.numbers: dict[Node, int] = {}

    def graph(self, graph: Graph) -> Iterator[str]:
        parameters = ", ".join(f"{self.value(node)}: {node.type}" for node in graph.body.parameters)
        yield f"{graph.name}({parameters}):"
        yield from self.block(graph.body, INDENT)

    def block(self, block: Block, margin: str) -> Iterator[str]:
        """The lines of a block; nesting is as deep as the user's."""
        for node in block.steps:
            yield margin + self.step(node)
            for label, inner in labelled_blocks(node):
                entry = " ".join(self.value(parameter) for parameter in inner.parameters)
                yield f"{margin}  {label}{' ' + entry if entry else ''}:"
                yield from self.block(inner, margin + INDENT)
        end = " ".join(map(self.value, block.results)) if block.completes else "raises"
        yield f"{margin}-> {end}"

    def step(self, node: Node) -> str:
        plain = [repr(param) for param in node.params if not _holds_blocks(param)]
        args = " ".join(map(self.value, node.args))
        parts = [
            node.op.name,
            *([args] if args else []),
            *(["[" + ", ".join(plain) + "]"] if plain else []),
        ]
        return f"{self.value(node)} = {' '.join(parts)} : {node.type}"

    def value(self, node: Node) -> str:
        if node.op is CONSTANT:
            return repr(node.params[0])
        if node.op is GLOBAL:
            return str(node.params[1])
        if node.op is REFERENCE:
            return f"<{node.params[0]}>"
        if node.op is UNDEFINED:
            return "undefined"
        if node.op is ITEM:
            return f"{self.value(node.args[0])}.{node.params[0]}"
        return f"%{self.numbers.setdefault(node, len(self.numbers))}"


def labelled_blocks(node: Node) -> list[tuple[str, Block]]:
    """The blocks among a node's parameters with what they are for."""
    names = {"if": ("then", "else"), "loop": ("while", "do"), "try": ("try", "except")}
    labels: tuple[str, ...] = names.get(node.op.name, ("block", "block"))
    found = list(_blocks_in(node.params))
    if node.op.name == "loop" and len(found) == 1:
        labels = labels[1:]
    return [(labels[min(k, len(labels) - 1)], block) for k, block in enumerate(found)]


def _blocks_in(param: Any) -> Iterator[Block]:
    if isinstance(param, Block):
        yield param
    elif isinstance(param, tuple):
        for part in param:
            yield from _blocks_in(part)


def _holds_blocks(param: Any) -> bool:
    return param is PARAMETER or any(True for _ in _blocks_in(param))
