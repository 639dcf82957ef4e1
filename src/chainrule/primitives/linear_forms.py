"""Whole numbers as linear forms: ``2*i + n - 1`` is known up to what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.graph.node import Node
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import dataclass


@dataclass(frozen=True)
class LinearForm:
    """``constant + sum(coefficient * node)``; no coefficient is 0."""

    constant: int
    terms: Mapping[Node, int]

    def __add__(self, other: LinearForm) -> LinearForm:
        return self.plus(other, 1)

    def __sub__(self, other: LinearForm) -> LinearForm:
        return self.plus(other, -1)

    def plus(self, other: LinearForm, factor: int) -> LinearForm:
        """``self + factor * other``."""
        terms = dict(self.terms)
        for node, coefficient in other.terms.items():
            terms[node] = terms.get(node, 0) + factor * coefficient
        return LinearForm(
            self.constant + factor * other.constant,
            {node: coefficient for node, coefficient in terms.items() if coefficient},
        )

    def times(self, factor: int) -> LinearForm:
        """A whole multiple."""
        return LinearForm(0, {}).plus(self, factor)

    def replaced(self, node: Node, by: LinearForm) -> LinearForm:
        """The form with ``by`` in the place of ``node``."""
        factor = self.terms.get(node, 0)
        rest = {other: k for other, k in self.terms.items() if other is not node}
        return LinearForm(self.constant, rest).plus(by, factor)


ONE = LinearForm(1, {})


def linear_form(node: Node) -> LinearForm:
    """The form of a whole number; what is not a sum or a multiple stands for itself."""
    if is_constant(node):
        value = constant_value(node)
        if isinstance(value, int) and not isinstance(value, bool):
            return LinearForm(value, {})
        return LinearForm(0, {node: 1})
    join = _JOINS.get(node.op)
    if join is not None:
        return join(*map(linear_form, node.args)) or LinearForm(0, {node: 1})
    return LinearForm(0, {node: 1})


def _product(left: LinearForm, right: LinearForm) -> LinearForm | None:
    if left.terms and right.terms:
        return None
    if left.terms:
        left, right = right, left
    return LinearForm(0, {}).plus(right, left.constant)


_JOINS: dict[object, Callable[..., LinearForm | None]] = {
    arithmetic.add: LinearForm.__add__,
    arithmetic.subtract: LinearForm.__sub__,
    arithmetic.multiply: _product,
    arithmetic.negative: lambda form: LinearForm(0, {}).plus(form, -1),
}
