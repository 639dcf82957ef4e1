"""Rules given by users: a function with its partial derivatives, and ``stop_gradient``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type
from chainrule.markers import stop_gradient
from chainrule.primitives.declare import REAL, Cost, Elementwise, Flat, Primitive, register

# By identity: the user's function and the primitive that stands for it.
_RULES: dict[int, tuple[Callable[..., Any], Elementwise]] = {}
# All that were ever given, the replaced ones too.
_GIVEN: list[Elementwise] = []


def _same_type(types: tuple[Type, ...]) -> Type:
    return types[0]


stopped = register(
    Flat(
        "stopped",
        ("chainrule.markers.stop_gradient",),
        cost=Cost.FREE,
        raises=False,
        result=_same_type,
        evaluate=stop_gradient,
    )
)


class Continued(Primitive):
    """``(value, other)``: the first, which has the slope of the second, its equal."""

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return args[0].type

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        return dots[1]

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        walker.accumulate(node.args[1], out_bar)


continued = register(Continued("continued", (), cost=Cost.FREE, raises=False))
# The same of a value that a library gives, and of the formula that it stands for.
spoken = register(Continued("spoken", (), cost=Cost.FREE, raises=False))
spoken.takes_complex = stopped.takes_complex = True


def custom_rule(function: Any) -> Elementwise | None:
    """The primitive of a function whose derivative the user has defined."""
    entry = _RULES.get(id(function))
    return entry[1] if entry is not None and entry[0] is function else None


def add_rule(function: Callable[..., Any], arity: int, partials: Callable[..., Any]) -> Elementwise:
    """Enter a function of ``arity`` scalars with its partials ``(*args, out) -> tuple``."""
    module, name = function.__module__, function.__qualname__
    primitive = Elementwise(
        name.rpartition(".")[2],
        (f"{module}.{name}",),
        domain=(REAL,) * arity,
        evaluate=function,
        doc=function.__doc__ or "",
    )
    primitive.partials = partials
    _RULES[id(function)] = (function, primitive)
    _GIVEN.append(primitive)
    return primitive


def rules_given() -> int:
    """How many rules users have given so far."""
    return len(_GIVEN)
