"""Calls with several results: their node is a record, of which ``component`` reads one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type
from chainrule.primitives.declare import Cost, Flat, Primitive, register
from chainrule.primitives.sequence import record


class Component(Primitive):
    """One of several results of a call; params ``(position,)``."""

    door = "array"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        items: tuple[Type, ...] = getattr(args[0].type, "items")  # noqa: B009
        return items[int(str(params[0]))]

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        (dot,) = dots
        assert dot is not None and dot.op is record
        return dot.args[int(str(node.params[0]))]

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        owner = node.args[0]
        count = len(getattr(owner.type, "items"))  # noqa: B009
        zero = node.graph.constant(0.0)
        parts = tuple(out_bar if k == node.params[0] else zero for k in range(count))
        walker.accumulate(owner, results(*parts))


class Counted(Flat):
    """A result of a call that counts or tells places."""

    door = "array"
    broadcasts = False

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        items: tuple[Type, ...] = getattr(args[0].type, "items")  # noqa: B009
        return items[int(str(params[0]))]


class Rigid(Component):
    """A result of a call that its arguments do not determine; no derivative may flow through it."""


counted_component = register(Counted("counted_component", (), cost=Cost.FREE, raises=False))
rigid_component = register(Rigid("rigid_component", (), cost=Cost.FREE, raises=False))
component = register(Component("component", (), cost=Cost.FREE, raises=False))


def results(*parts: Node) -> Node:
    """Adjoints, or tangents, of all results of a call as one value."""
    return parts[0].graph.cursor.add(record, parts, ("tuple", ()))


def result_of(node: Node, position: int) -> Node:
    """One result of a call."""
    return node.graph.cursor.add(component, (node,), (position,))
