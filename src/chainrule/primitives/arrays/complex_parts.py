"""Complex arrays with a part replaced, as ``z.real = x`` leaves them."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.complex_numbers import imaginary_part, real_part
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.declare import Primitive


def _with_part(name: str, own: Primitive, other: Primitive, written: str) -> ArrayRule:
    """A complex array whose part ``own`` is replaced; ``other`` is left."""
    turned = own is imaginary_part

    def across(part: Node, of_other: bool) -> Node:
        """A part, as a complex number, in its direction."""
        return part * part.graph.constant(1j) if turned != of_other else part

    @array_rule(name, signature="z, part", arrays=2, typed=lambda z, part: z, lengths=as_first,
                written=written)  # fmt: skip
    def with_part(walker: Any, node: Node, out_bar: Node) -> None:
        z, part = node.args
        walker.accumulate(z, across(other.build(out_bar), True))
        walker.accumulate(part, own.build(out_bar))

    def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        left, new = dots
        found = None if left is None else across(other.build(left), True)
        if new is None:
            return found
        moved = across(new, False)
        return moved + node.graph.constant(0j) if found is None else found + moved

    with_part.tangent_rule = tangent
    with_part.__doc__ = f"A complex array with another {own.attribute} part."  # type: ignore[attr-defined]
    with_part.takes_complex = True
    return with_part


with_real = _with_part(
    "with_real", real_part, imaginary_part,
    "numpy.stack((_1_, _0_.imag), axis=-1).view('complex128')[..., 0]",
)  # fmt: skip
with_imaginary = _with_part(
    "with_imaginary", imaginary_part, real_part,
    "numpy.stack((_0_.real, _1_), axis=-1).view('complex128')[..., 0]",
)  # fmt: skip

PARTS = {"real": real_part, "imag": imaginary_part}
PARTS_SET = {real_part: with_real, imaginary_part: with_imaginary}
