"""Eigenvalues and singular values that coincide.

Where some do, any basis of their space will do for vectors. What is made of vectors alone, and
does not depend on that choice, has its slope all the same, as the nearest rotation has; what is
made of values and vectors together, as the root of a matrix, has a part that neither of them
tells of, and is refused there when the derivative runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.errors import ForwardRefused
from chainrule.graph.node import Node
from chainrule.graph.types import is_complex
from chainrule.primitives.arithmetic import equal, less_equal, not_equal
from chainrule.primitives.arrays.complex_numbers import conjugated, imaginary_part, modulus
from chainrule.primitives.arrays.linear_algebra import tril
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.declare import TABLE

if TYPE_CHECKING:
    from collections.abc import Collection

ROUNDING = 1e-14
# What a phase counts at most by rounding, per magnitude.
PHASE = 1e-9
COINCIDE = "values coincide: they and their vectors tell no slope"


def _pairs(values: Node) -> tuple[Node, Node]:
    """Every value as a row, and as a column."""
    return expand_dims(values, axis=-2), expand_dims(values, axis=-1)


def _coincide(values: Node) -> Node:
    """Which pairs are equal to rounding: the weights of others would be noise."""
    row, column = _pairs(values)
    size = TABLE["absolute"](row) + TABLE["absolute"](column)
    found: Node = less_equal(TABLE["absolute"](row - column), ROUNDING * size)
    return found


def _inverted(numbers: Node, none: Node) -> Node:
    """Reciprocals, and 0 where there are none."""
    where = TABLE["where"]
    found: Node = where(none, 0.0, 1.0 / where(none, 1.0, numbers))
    return found


def weights(values: Node) -> Node:
    """``1 / (w_j - w_i)``, and 0 where they are equal."""
    row, column = _pairs(values)
    return _inverted(row - column, _coincide(values))


def sum_weights(values: Node) -> Node:
    """``1 / (s_i + s_j)``, and 0 where both are 0."""
    row, column = _pairs(values)
    return _inverted(row + column, equal(row + column, 0.0))


def values_and_vectors(felt: Collection[int], values: int) -> bool:
    """Whether both are, among the positions of the results of a decomposition that are felt."""
    return values in felt and len(felt) > 1


def refuse_ties(values: Node) -> None:
    """Raise where values are equal."""
    _raise_if_any(not_equal(tril(_coincide(values) * 1.0, k=-1), 0.0))


def refuse_felt_phase(vectors: Node, bar: Node) -> None:
    """Raise where the phase counts that complex vectors were given."""
    if not is_complex(vectors.type):
        return
    turned = imaginary_part.build(array_sum(conjugated(vectors) * bar, axis=-2))
    size = array_sum(modulus.build(vectors) * modulus.build(bar), axis=-2)
    felt = TABLE["greater"](TABLE["absolute"](turned), PHASE * size)
    _raise_if_any(felt, "the phase of an eigenvector is a matter of convention: it has no slope")


def refuse_complex(vectors: Node, remedy: str) -> None:
    """Refuse vectors of a complex matrix where it is not known whether their phase counts."""
    if is_complex(vectors.type):
        raise ForwardRefused(
            "cannot differentiate vectors of a complex matrix here",
            remedy=remedy,
            position=vectors.graph.origin.position,
        )


def refuse_mixed_ties(values: Node, mixed: Node) -> None:
    """Raise where values are equal whose vectors this symmetric matrix mixes."""
    _raise_if_any(TABLE["logical_and"](_coincide(values), not_equal(tril(mixed, k=-1), 0.0)))


def _raise_if_any(mask: Node, message: str = COINCIDE) -> None:
    raise_where(TABLE["array_any"](mask), raised(mask.graph, message))
