"""Matrices of :mod:`scipy.sparse` that exist outside of the function: products with them.

residual = A @ x - b                          r_bar = ...; x_bar = A.T @ r_bar
"""

from __future__ import annotations

import ast
from typing import TypeGuard

from chainrule.graph.guard import is_of_argument
from chainrule.graph.types import Array
from chainrule.lift.arrays.calls import NumpyCalls
from chainrule.lift.values import ObjectBox, Value
from chainrule.primitives.arrays.sparse import product_with_sparse, sparse_product


class SparseMatrices(NumpyCalls):
    """Lifts products of sparse matrices and arrays."""

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        left, right = self.read(left), self.read(right)
        if operator is ast.MatMult and is_sparse(left) and self.is_array(right):
            self._check(left, right, node)
            args = self.object_node(left), self.array_node(right)
            return self.boxed(self.call_array(sparse_product, args, ()))
        if operator is ast.MatMult and is_sparse(right) and self.is_array(left):
            self._check(right, left, node)
            matrix, x = self.object_node(right), self.array_node(left)
            return self.boxed(self.call_array(product_with_sparse, (matrix, x), ()))
        return super().binary(operator, left, right, node)

    def _check(self, matrix: ObjectBox, array: Value, node: ast.AST) -> None:
        """Refuse what is not known to give an array of floats that is no single row or entry."""
        found = matrix.instance
        type_ = self.array_node(array).type
        plain = isinstance(type_, Array) and type_.dtype == "float64"
        if not plain or found.dtype.kind not in "fiub" or 1 in found.shape:
            raise self.unsupported(
                "this product with a sparse matrix",
                "Multiply a matrix of several rows and columns by an array of float64.",
                node,
            )
        if is_of_argument(matrix.route):
            raise self.unsupported(
                "a product with a sparse matrix that is an argument",
                "Make it a global, or a variable of the function around.",
                node,
            )

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        if not is_sparse(owner) or name != "T":
            return super()._object_attribute(owner, name, node)
        made = self.adopt(
            owner.instance.T,
            lambda: self.verbatim("_0_.T", self.object_node(owner), pure=True, carries=False),
        )
        if isinstance(made, ObjectBox):
            made.route = owner.route
        return made


def is_sparse(value: Value) -> TypeGuard[ObjectBox]:
    """Whether it is a sparse matrix that exists outside of the function."""
    found = value.instance if isinstance(value, ObjectBox) else None
    return type(found).__module__.startswith("scipy.sparse") and hasattr(found, "tocsr")
