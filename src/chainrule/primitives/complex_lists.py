"""Lists of complex numbers beside lists of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Sequence, Type, is_complex
from chainrule.primitives.arrays.complex_numbers import real_of
from chainrule.primitives.declare import Cost, register
from chainrule.primitives.sequence import SequenceOp

if TYPE_CHECKING:
    from chainrule.primitives.walker import ReverseWalker


def _real_type(type: Type) -> Type:
    if isinstance(type, Sequence):
        return Sequence(_real_type(type.item), type.kind)
    return FLOAT if is_complex(type) else type


def _pull_real_parts(walker: ReverseWalker, node: Node, out_bar: Node) -> None:
    walker.accumulate(node.args[0], out_bar)


# [z.real for z in numbers], nested like them.
real_parts = register(
    SequenceOp(
        "real_parts",
        lambda types: _real_type(types[0]),
        _pull_real_parts,
        (0,),
        cost=Cost.ADD,
        raises=False,
    )
)


def _holds_complex(type: Type) -> bool:
    return is_complex(type) or (isinstance(type, Sequence) and _holds_complex(type.item))


def along_real_axis(node: Node, bar: Node) -> Node:
    """The adjoint of ``node``: a real number that became complex moves along the real axis."""
    if _holds_complex(node.type) or not _holds_complex(bar.type):
        return bar
    if isinstance(bar.type, Sequence):
        made: Node = bar.graph.cursor.add(real_parts, (bar,))
        return made
    return real_of(bar)
