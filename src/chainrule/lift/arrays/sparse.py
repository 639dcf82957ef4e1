"""Matrices of :mod:`scipy.sparse`: products with them, and solutions of systems with them.

residual = A @ x - b                          r_bar = ...; x_bar = A.T @ r_bar
"""

from __future__ import annotations

import ast
import sys
from typing import Any, TypeGuard

from chainrule.graph.guard import is_of_argument
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC, INT, Array, array_of, unit_axes_of
from chainrule.lift.calls.callees import home_of
from chainrule.lift.library.drawing import Drawing
from chainrule.lift.scipy import matrices
from chainrule.lift.scipy.matrices import HOME, Keywords, Matrix, written
from chainrule.lift.values import Method, ObjectBox, Static, Value
from chainrule.primitives.arrays.creation import eye
from chainrule.primitives.arrays.sparse import (
    SOLVERS,
    Term,
    expm_multiply,
    parts_of,
    product_with_sparse,
    product_with_terms,
    sparse_product,
)
from chainrule.primitives.custom import spoken
from chainrule.primitives.declare import NUMBERS
from chainrule.records import dataclass

Arguments = list[Value]
# Methods that give the same matrix, in another format.
SAME = ("tocsr", "tocsc", "tocoo", "todia", "tolil", "tobsr", "copy")
OPERATORS = (ast.MatMult, ast.Mult, ast.Add, ast.Sub, ast.Div)
SYMBOLS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@"}
METHODS = (*SAME, "transpose", "dot", "toarray")
FACTORED = "SuperLU"
# How systems are solved by what these functions give, and by which method of it.
WAYS = {"splu": ("factored_solve", "solve"), "factorized": ("prepared_solve", "__call__")}


@dataclass(frozen=True)
class Factored:
    """A matrix that is prepared to solve systems with it."""

    node: Node
    terms: tuple[Term, ...]
    way: str
    method: str


class SparseMatrices(Drawing):
    """Lifts products of sparse matrices and arrays, and what these matrices are made of."""

    def matrix_of(self, value: Value, node: ast.AST) -> Matrix | None:
        """What is known of a sparse matrix; None of other values."""
        value = self.read(value) if isinstance(value, ObjectBox) else value
        if not isinstance(value, ObjectBox):
            return None
        known = self.curves.get(value)
        if known is not None or not is_sparse(value):
            return known if isinstance(known, Matrix) else None
        found = value.instance
        if is_of_argument(value.route):
            raise self.unsupported(
                "a product with a sparse matrix that is an argument",
                "Make it a global, or a variable of the function around.",
                node,
            )
        if found.dtype.kind not in "fiub" or 1 in found.shape:
            raise self.unsupported(
                "this product with a sparse matrix",
                "Multiply a matrix of several rows and columns by an array of float64.",
                node,
            )
        own = self.object_node(value)
        elementwise = isinstance(found, sys.modules[HOME].sparray)
        return Matrix(own, own, (), elementwise, found.shape)

    def bind(self, name: str, value: Value) -> None:
        super().bind(name, value)
        known = self.curves.get(value) if isinstance(value, ObjectBox) else None
        if isinstance(known, (Matrix, Factored)):
            self.graph.names.setdefault(known.node, name)

    def binary(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        left, right = self.read(left), self.read(right)
        if operator in OPERATORS and any(isinstance(v, ObjectBox) for v in (left, right)):
            found = self._reckoned(operator, left, right, node)
            if found is not None:
                return found
        return super().binary(operator, left, right, node)

    def in_place(self, operator: type, old: Value, operand: Value, node: ast.AST) -> Value | None:
        old = self.read(old)
        if isinstance(old, ObjectBox) and self.matrix_of(old, node) is not None:
            if operator in (ast.Add, ast.Sub):
                # Sparse matrices make a new one of these.
                return None
            raise self.unsupported(
                "a sparse matrix that is changed in place", "Make a new one: `A = 2.0 * A`.", node
            )
        return super().in_place(operator, old, operand, node)

    def _reckoned(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value | None:
        """Arithmetic with a sparse matrix; None where there is none."""
        a, b = self.matrix_of(left, node), self.matrix_of(right, node)
        known = a or b
        if known is None:
            return None
        if operator is ast.Div:
            return self._divided(a, right, node)
        multiplies = operator is ast.MatMult or (operator is ast.Mult and not known.elementwise)
        text = f"_0_ {SYMBOLS[operator]} _1_"
        if a is not None and b is not None:
            whole = written(self, text, a.node, b.node)
            if multiplies:
                return matrices.product(self, a, b, whole, node)
            if operator in (ast.Add, ast.Sub):
                return matrices.total(self, a, b, SYMBOLS[operator], whole)
        elif operator is ast.Mult and self._is_factor(right if b is None else left):
            factor = self.node(right if b is None else left)
            pair = (known.node, factor) if b is None else (factor, known.node)
            return matrices.scaled(self, known, factor, written(self, text, *pair))
        elif multiplies and self.is_array(left if a is None else right):
            return self._applied(known, left if a is None else right, b is not None, node)
        raise self.unsupported(
            f"`{SYMBOLS[operator]}` on a sparse matrix and this",
            "Add matrices, multiply them by numbers, arrays and one another, or write it with "
            "arrays of NumPy.",
            node,
        )

    def _divided(self, a: Matrix | None, right: Value, node: ast.AST) -> Value:
        """A matrix over a number that is written there."""
        known, divisor = self.static_value(right)
        if a is None or not known or type(divisor) not in (int, float) or divisor == 0:
            raise self.unsupported(
                "`/` on a sparse matrix and this", "Multiply it: `(1.0 / c) * A`.", node
            )
        whole = written(self, "_0_ / _1_", a.node, self.node(right))
        return matrices.scaled(self, a, self.graph.constant(1.0 / divisor), whole)

    def _is_factor(self, value: Value) -> bool:
        known, found = self.static_value(value)
        if known:
            return type(found) in (int, float)
        return isinstance(value, Node) and value.type in NUMBERS

    def _applied(self, matrix: Matrix, array: Value, before: bool, node: ast.AST) -> Value:
        """A matrix times an array, which may stand ``before`` it."""
        x = self.array_node(array)
        self._check_floats(x, node)
        if not matrix.terms and matrix.node.type != DYNAMIC:
            op = product_with_sparse if before else sparse_product
            return self.boxed(self.call_array(op, (matrix.node, x), ()))
        if before:
            raise self.unsupported(
                "an array times a sparse matrix that is made of what is differentiated by",
                "Multiply the transposed matrix by it: `A.T @ x`.",
                node,
            )
        parts, has = parts_of(matrix.terms)
        return self.boxed(self.call_array(product_with_terms, (matrix.node, x, *parts), (has,)))

    def _check_floats(self, x: Node, node: ast.AST) -> None:
        if not isinstance(x.type, Array) or x.type.dtype != "float64":
            raise self.unsupported(
                "this product with a sparse matrix",
                "Multiply a matrix of several rows and columns by an array of float64.",
                node,
            )

    def unary(self, operator: type, value: Value, node: ast.AST) -> Value | None:
        matrix = self.matrix_of(value, node) if isinstance(value, ObjectBox) else None
        if matrix is None or operator is not ast.USub:
            return super().unary(operator, value, node)
        minus = self.graph.constant(-1.0)
        return matrices.scaled(self, matrix, minus, written(self, "-_0_", matrix.node))

    def call_method(
        self,
        owner: Value,
        name: str,
        args: Arguments,
        node: ast.AST,
        keywords: Keywords | None = None,
    ) -> Value:
        known, found = self.static_value(owner)
        if known and type(found).__name__ == FACTORED and name == "solve" and len(args) == 1:
            return self._solved("factored_solve", self.node(owner), (), args[0], node)
        factored = self.curves.get(owner) if isinstance(owner, ObjectBox) else None
        if isinstance(factored, Factored) and name == factored.method and len(args) == 1:
            return self._by_factored(factored, args[0], node)
        return super().call_method(owner, name, args, node, keywords)

    def array_call(
        self, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value | None:
        prepared = type(getattr(found, "__self__", None)).__name__ == FACTORED
        if prepared and getattr(found, "__name__", "") == "solve" and len(args) == 1:
            function = self.static_node(Static(found))
            return self._solved("prepared_solve", function, (), args[0], node)
        factored = self.curves.get(args[0]) if found is matrices.solution else None
        if isinstance(factored, Factored) and len(args) == 2:
            return self._by_factored(factored, args[1], node)
        if home_of(found).startswith(HOME) and not self.inside_foreign():
            made = self._sparse_call(found, args, keywords, node)
            if made is not None:
                return made
        return super().array_call(found, args, keywords, node)

    def _sparse_call(
        self, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value | None:
        """A call of a function or a method of ``scipy.sparse``; None of one that is unknown."""
        name = getattr(found, "__name__", "")
        if getattr(sys.modules[HOME], name, None) is found and name in matrices.MAKERS:
            given = [self.matrix_of(each, node) for each in args]
            if len(given) == 1 and given[0] is not None and name in matrices.BY_ENTRIES:
                own = written(self, "_0_(_1_)", matrices.named(self, name), given[0].node)
                return self._same(given[0], own)
            return matrices.make(self, name, args, keywords, node)
        matrix = self.matrix_of(args[0], node) if args else None
        if matrix is None or keywords:
            return None
        if len(args) == 1 and name in SAME:
            return self._same(matrix, written(self, f"_0_.{name}()", matrix.node))
        if len(args) == 1 and name == "transpose":
            return matrices.flipped(self, matrix, written(self, "_0_.T", matrix.node))
        if len(args) == 2 and name == "dot":
            return self._reckoned(ast.MatMult, args[0], args[1], node)
        if len(args) == 2 and name in ("spsolve", "expm_multiply"):
            return self._of_system(name, matrix, args[1], node)
        if len(args) == 1 and name == "toarray":
            return self._dense(args[0], matrix)
        if len(args) == 1 and name in WAYS:
            return self._factored(found, matrix)
        return None

    def _same(self, matrix: Matrix, node: Node) -> Value:
        parts = (matrix.terms, matrix.elementwise, matrix.shape)
        return matrices.made(self, Matrix(node, matrix.fixed, *parts))

    def _dense(self, owner: Value, matrix: Matrix) -> Value | None:
        if matrix.terms:
            # The product with the matrix of unity tells how it depends on its entries.
            wide = self.verbatim("_0_.shape[1]", matrix.node, type=INT, pure=True)
            parts, has = parts_of(matrix.terms)
            own = self.call_array(product_with_terms, (matrix.node, eye(wide), *parts), (has,))
            whole = self.verbatim(
                "_0_.toarray()", matrix.node, type=own.type, pure=True, carries=False
            )
            return self.boxed(self.primitive(spoken, whole, own))
        found = owner.instance if isinstance(owner, ObjectBox) else None
        if found is None or found.dtype != "float64":
            return None
        type = array_of("float64", tuple(count == 1 for count in found.shape))
        return self.boxed(self.verbatim("_0_.toarray()", matrix.node, type=type, pure=True))

    def _factored(self, found: Any, matrix: Matrix) -> Value:
        """What ``splu`` and ``factorized`` give, which solves systems."""
        name = found.__name__
        function = self.graph.reference((f"{HOME}.linalg", name), found)
        way, method = WAYS[name]
        made = written(self, "_0_(_1_)", function, matrix.node)
        box = ObjectBox(None, Factored, None)
        self.curves[box] = Factored(made, matrix.terms, way, method)
        return box

    def _of_system(self, name: str, matrix: Matrix, b: Value, node: ast.AST) -> Value | None:
        if name == "spsolve":
            return self._solved("sparse_solve", matrix.node, matrix.terms, b, node)
        if matrix.terms or matrix.node.type == DYNAMIC:
            return None
        x = self.array_node(b)
        self._check_floats(x, node)
        return self.boxed(self.call_array(expm_multiply, (matrix.node, x), ()))

    def _solved(
        self, name: str, matrix: Node, terms: tuple[Term, ...], b: Value, node: ast.AST
    ) -> Value:
        """The solution of a system with a right side of one or several columns."""
        x = self.array_node(b)
        self._check_floats(x, node)
        if name == "sparse_solve" and True in unit_axes_of(x.type)[1:]:
            raise self.unsupported(
                "`spsolve` of a matrix of one column", "Give it the column, `b[:, 0]`.", node
            )
        parts, has = parts_of(terms)
        return self.boxed(self.call_array(SOLVERS[name], (matrix, x, *parts), (has,)))

    def _by_factored(self, factored: Factored, b: Value, node: ast.AST) -> Value:
        return self._solved(factored.way, factored.node, factored.terms, b, node)

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        factored = self.curves.get(owner)
        if isinstance(factored, Factored) and name == factored.method:
            return Method(Static(matrices.solution), owner)
        if not isinstance(self.curves.get(owner), Matrix):
            chosen = owner.instance is None and owner.type.__module__.startswith(HOME)
            if chosen and owner not in self.curves:
                raise self.unsupported(
                    "a sparse matrix that is chosen at run time", "Use it in each arm.", node
                )
            if not is_sparse(owner) or name != "T":
                return super()._object_attribute(owner, name, node)
        matrix = self.matrix_of(owner, node)
        assert matrix is not None
        if name == "T":
            return matrices.flipped(self, matrix, written(self, "_0_.T", matrix.node))
        if name not in METHODS:
            raise self.unsupported(
                f"`{name}` of a sparse matrix that the function makes",
                f"Understood are T, {', '.join(METHODS)}.",
                node,
            )
        return Method(Static(getattr(owner.type, name)), owner)


def is_sparse(value: Value) -> TypeGuard[ObjectBox]:
    """Whether it is a sparse matrix that exists outside of the function."""
    found = value.instance if isinstance(value, ObjectBox) else None
    return type(found).__module__.startswith(HOME) and hasattr(found, "tocsr")
