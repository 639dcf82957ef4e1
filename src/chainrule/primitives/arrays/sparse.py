"""Products with matrices of :mod:`scipy.sparse`, which are constants: ``A @ x``.

A product is linear in the array; its transpose is the product with the transposed matrix.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayLinear, array_linear
from chainrule.primitives.declare import Cost
from chainrule.primitives.effect import VERBATIM


def _behind(matrix: Type, x: Type, **statics: Any) -> Type:
    return array_of("float64", (False, *unit_axes_of(x)[1:]))


def _before(matrix: Type, x: Type, **statics: Any) -> Type:
    return array_of("float64", (*unit_axes_of(x)[:-1], False))


def _transposed(matrix: Node) -> Node:
    """The node of the transposed matrix; of one that is transposed itself the original."""
    if matrix.op is VERBATIM and matrix.params[0] == "_0_.T":
        return matrix.args[0]
    return matrix.graph.cursor.add(VERBATIM, (matrix,), ("_0_.T", OPAQUE, None), OPAQUE)


def _product(name: str, written: str, typed: Any) -> ArrayLinear:
    @array_linear(name, signature="matrix, x", arrays=2, typed=typed, written=written,
                  cost=Cost.FUNCTION)  # fmt: skip
    def product(walker: Any, node: Node, out_bar: Node) -> None:
        """Product of a sparse matrix, which is a constant, and an array."""
        matrix, x = node.args
        walker.accumulate(x, product(_transposed(matrix), out_bar))

    product.linear_in = (1,)
    return product


sparse_product = _product("sparse_product", "_0_ @ _1_", _behind)
product_with_sparse = _product("product_with_sparse", "_1_ @ _0_", _before)
