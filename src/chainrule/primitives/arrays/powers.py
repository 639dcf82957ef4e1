"""Matrices of powers: a row of each number's powers, as polynomials are fitted with."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOATING, Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.creation import arange, axes_of_sizes, zeros_like
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import Lengths, Of, number
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims
from chainrule.primitives.declare import is_constant


def _typed(x: Type, sizes: tuple[Node, ...] = (), increasing: bool = False) -> Type:
    columns = axes_of_sizes(sizes) if sizes else (False,)
    dtype = dtype_of(x)
    return array_of(dtype if dtype in FLOATING else "float64", (*unit_axes_of(x), *columns))


def _lengths(node: Node, of: Of) -> Lengths:
    (rows,) = of(node.args[0])
    return (rows, number(node.args[1], of) if len(node.args) > 1 else rows)


@array_rule(
    "vander", "numpy.vander", signature="x, N=None, increasing=False", sizes="N", typed=_typed,
    lengths=_lengths,
)  # fmt: skip
def vander(walker: Any, node: Node, out_bar: Node, increasing: bool) -> None:
    """Powers of numbers, a row for each: the slope of a power is one of the same row."""
    x = node.args[0]
    if is_constant(node.args[-1], 0, 1):
        return
    start, stop = (1, None) if increasing else (0, x.graph.constant(-1))
    bar = part_along(out_bar, 1, start, stop)
    walker.accumulate(x, array_sum(bar * _slopes(node, x, increasing), axis=1))


def _slopes(node: Node, x: Node, increasing: bool) -> Node:
    """The slopes of all powers but the one that is flat."""
    count = node.args[1] if len(node.args) > 1 else dimension(x, axis=0)
    exponents = arange(1, count) if increasing else arange(count - 1, 0, -1)
    found: Node = vander(x, count - 1, increasing=increasing) * exponents
    return found


def _tangent(node: Node, args: Any, dots: Any, out: Node, increasing: bool) -> Node | None:
    if is_constant(args[-1], 0, 1):
        return None
    change = expand_dims(dots[0], axis=1) * _slopes(out, args[0], increasing)
    flat = zeros_like(expand_dims(args[0], axis=1))
    return concatenate(*((flat, change) if increasing else (change, flat)), axis=1)


vander.tangent_rule = _tangent
