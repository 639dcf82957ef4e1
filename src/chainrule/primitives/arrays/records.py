"""Calls with several results: their node is a record, of which ``component`` reads one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, unit_axes_of
from chainrule.primitives.arrays.lengths import Lengths, Of, all_unknown
from chainrule.primitives.control import IF, raise_where, raised
from chainrule.primitives.declare import TABLE, Cost, Flat, Primitive, register
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


UNDETERMINED = "svd of no square matrix: ask for full_matrices=False"
UNDETERMINED_BY_QR = "qr of no square matrix: ask for mode='economic'"


class Square(Component):
    """A result of a call on matrices that these determine where they are square only.

    The derivative asks for that when it is run.
    """

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        refuse_other_shapes(args[0])
        return super().tangent(node, args, dots, out)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        refuse_other_shapes(node.args[0])
        super().pull(walker, node, out_bar)


def refuse_other_shapes(owner: Node) -> None:
    """Raise where the matrix of a decomposition is not square."""
    from chainrule.primitives.arrays.shaping import dimension

    (matrix,) = owner.args
    graph, rank = owner.graph, len(unit_axes_of(matrix.type))
    differs: Node = TABLE["not_equal"](*(dimension(matrix, axis=rank - k) for k in (2, 1)))
    if not any(step.op is IF and step.args[0] is differs for step in graph.cursor.steps):
        by_qr = getattr(owner.op, "name", "") == "scipy_qr_whole"
        raise_where(differs, raised(graph, UNDETERMINED_BY_QR if by_qr else UNDETERMINED))


counted_component = register(Counted("counted_component", (), cost=Cost.FREE, raises=False))
rigid_component = register(Rigid("rigid_component", (), cost=Cost.FREE, raises=False))
square_component = register(Square("square_component", (), cost=Cost.FREE, raises=False))
component = register(Component("component", (), cost=Cost.FREE, raises=False))


def _as_the_call_tells(node: Node, of: Of) -> Lengths:
    """The lengths that each of the results of a call has."""
    owner = node.args[0]
    rule = owner.op.lengths if isinstance(owner.op, Primitive) else None
    return all_unknown(node) if rule is None else rule(node, of)


component.lengths = counted_component.lengths = _as_the_call_tells


def results(*parts: Node) -> Node:
    """Adjoints, or tangents, of all results of a call as one value."""
    return parts[0].graph.cursor.add(record, parts, ("tuple", ()))


def result_of(node: Node, position: int) -> Node:
    """One result of a call."""
    return node.graph.cursor.add(component, (node,), (position,))
