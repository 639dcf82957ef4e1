"""One value of a graph, and the interface of the operations that make it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from chainrule.errors import Position
from chainrule.graph.types import Type
from chainrule.records import dataclass

if TYPE_CHECKING:
    from chainrule.graph.block import Block, Graph


@dataclass(frozen=True)
class Origin:
    """Where a value came from.

    ``derivative`` is set on values that differentiation made; ``position`` is then the place
    in the user's source that they answer.  ``managers`` are the texts of the context managers
    around that place, the outer one first.
    """

    position: Position | None = None
    derivative: bool = False
    managers: tuple[str, ...] = ()

    @property
    def answered(self) -> Origin:
        """The origin of derivative code for what comes from here."""
        return Origin(self.position, True, self.managers)


NOWHERE = Origin()


class Op:
    """An operation.  What is known of it stands here and nowhere else.

    Attributes
    ----------
    name:
        Unique and stable; used in the text form.
    effect:
        The operation acts on the world (raise, print): never dropped, merged or moved.
    pure:
        Equal arguments give equal results, so equal nodes may be one.
    blocks:
        Names of the static parameters that hold blocks.
    """

    effect = False
    pure = True

    def __init__(self, name: str) -> None:
        self.name = name

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        """The type of the result."""
        raise NotImplementedError(self.name)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Node:
    """One value.  Equal computations in one block are one node, so ``is`` means equal.

    Nodes are immutable: facts found by an analysis live in the analysis's own dictionary.
    """

    __slots__ = ("args", "block", "op", "origin", "params", "serial", "type")

    def __init__(
        self,
        op: Op,
        args: tuple[Node, ...],
        params: tuple[Hashable, ...],
        type: Type,
        origin: Origin,
        block: Block,
        serial: int,
    ) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.type = type
        self.origin = origin
        self.block = block
        self.serial = serial

    @property
    def graph(self) -> Graph:
        return self.block.graph

    def __repr__(self) -> str:
        args = " ".join(f"%{arg.serial}" for arg in self.args)
        return f"%{self.serial} = {self.op.name} {args}"

    def __bool__(self) -> bool:
        raise TypeError("a node has no truth value; use select(...) in a rule")

    def __add__(self, other: Any) -> Node:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: Any) -> Node:
        return OPERATORS["add"](other, self)

    def __sub__(self, other: Any) -> Node:
        return OPERATORS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Node:
        return OPERATORS["subtract"](other, self)

    def __mul__(self, other: Any) -> Node:
        return OPERATORS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Node:
        return OPERATORS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Node:
        return OPERATORS["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return OPERATORS["divide"](other, self)

    def __pow__(self, other: Any) -> Node:
        return OPERATORS["power"](self, other)

    def __rpow__(self, other: Any) -> Node:
        return OPERATORS["power"](other, self)

    def __neg__(self) -> Node:
        return OPERATORS["negative"](self)

    def __lt__(self, other: Any) -> Node:
        return OPERATORS["less"](self, other)

    def __le__(self, other: Any) -> Node:
        return OPERATORS["less_equal"](self, other)

    def __gt__(self, other: Any) -> Node:
        return OPERATORS["greater"](self, other)

    def __ge__(self, other: Any) -> Node:
        return OPERATORS["greater_equal"](self, other)


# Filled by chainrule.primitives.arithmetic: the graph itself knows no operation.
OPERATORS: dict[str, Callable[..., Node]] = {}
