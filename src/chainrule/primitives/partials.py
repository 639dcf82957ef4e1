"""Partial derivatives that are more than one expression: with cases, edges, or none at all."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.records import dataclass


@dataclass(frozen=True)
class Choice:
    """A partial with two cases; made by :func:`~chainrule.primitives.control.choose`."""

    predicate: Node
    then: Callable[[], Any]
    orelse: Callable[[], Any]


@dataclass(frozen=True)
class Refusal:
    """A partial that is not known: asking for it is refused with these words."""

    found: str
    remedy: str


@dataclass(frozen=True)
class Guarded:
    """A partial of arrays that may be infinite: no tangent times it is no tangent."""

    partial: Any


def scaled(node: Node, factor: Node, partial: Any) -> Any:
    """``factor * partial`` for the result of ``node``.

    A case that is chosen scales, a case that is not chosen is not felt: the product is taken
    inside the cases.  No tangent times an infinite slope is no tangent.
    """
    from chainrule.primitives.declare import TABLE, is_constant

    if isinstance(partial, Choice):
        from chainrule.primitives.control import select

        mixed = isinstance(node.type, Array) and not isinstance(partial.predicate.type, Array)
        then, orelse = (
            functools.partial(_case, node, factor, arm, mixed)
            for arm in (partial.then, partial.orelse)
        )
        return select(partial.predicate, then, orelse)
    if isinstance(partial, Guarded):
        from chainrule.primitives.control import select
        from chainrule.primitives.masking import harmless, inside_mask, masked

        if isinstance(factor, Node) and masked(factor):
            inner = Guarded(harmless(partial.partial, factor))
            return inside_mask(factor, lambda arm: scaled(node, arm, inner))
        if is_constant(factor) and not is_constant(factor, 0):
            return factor * partial.partial
        mixed = isinstance(node.type, Array) and not isinstance(factor.type, Array)
        nothing = functools.partial(_case, node, factor, lambda: 0.0, mixed)
        return select(
            TABLE["equal"](factor, 0.0),
            nothing if mixed else lambda: 0.0,
            lambda: factor * partial.partial,
        )
    if isinstance(partial, Refusal):
        raise UnsupportedError(partial.found, remedy=partial.remedy, position=node.origin.position)
    if _is_infinite(partial):
        from chainrule.primitives.control import select

        nothing = TABLE["equal"](factor, 0.0)
        return select(nothing, lambda: 0.0, lambda: factor * partial)
    if isinstance(factor, Node) and isinstance(partial, Node):
        from chainrule.primitives.steepness import is_steep, may_be_nothing

        if partial.op.name == "sign" and isinstance(partial.type, Array) and is_steep(factor):
            from chainrule.primitives.control import select

            at_kink = TABLE["equal"](partial.args[0], 0.0)
            return select(at_kink, lambda: 0.0, lambda: factor * partial)
        if may_be_nothing(factor, partial):
            from chainrule.primitives.control import select

            nothing = TABLE["equal"](partial, 0.0)
            return select(nothing, lambda: 0.0, lambda: factor * partial)
    return factor * partial


def _is_infinite(partial: Any) -> bool:
    """Whether a partial is the infinite slope at an edge, or the factor that stands for it."""
    if isinstance(partial, Node):
        from chainrule.graph.block import CONSTANT

        partial = partial.params[0] if partial.op is CONSTANT else None
    return isinstance(partial, float) and math.isinf(partial)


def _case(node: Node, factor: Node, arm: Callable[[], Any], mixed: bool) -> Any:
    """One case of a product; where one truth chooses among arrays all have the same axes."""
    from chainrule.primitives.broadcasting import widened

    value = scaled(node, factor, arm())
    number = value if isinstance(value, Node) else node.graph.constant(value)
    return widened(number, node) if mixed else value


def settled(partial: Any) -> Any:
    """A partial as one value, for those who do not scale it."""
    if isinstance(partial, Choice):
        from chainrule.primitives.control import select

        then, orelse = partial.then, partial.orelse
        return select(partial.predicate, lambda: settled(then()), lambda: settled(orelse()))
    return partial.partial if isinstance(partial, Guarded) else partial
