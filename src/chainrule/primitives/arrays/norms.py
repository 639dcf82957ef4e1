"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, is_complex, unit_axes_of
from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import absolute, equal
from chainrule.primitives.arrays.call import array_rule, axes_of, declared, made
from chainrule.primitives.arrays.complex_numbers import (
    conjugated,
    magnitude_dtype,
    modulus,
    real_of,
)
from chainrule.primitives.arrays.defined import ArrayDefined
from chainrule.primitives.arrays.lengths import reduced
from chainrule.primitives.arrays.reductions import (
    array_max,
    array_min,
    array_sum,
    reduced_axes,
    restored,
)
from chainrule.primitives.arrays.shaping import expand_dims, moveaxis
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE, is_constant


def _normed(x: Type, axis: Any = None, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(magnitude_dtype(x), reduced_axes(x, axis, keepdims))


def _pull_norm(walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool) -> None:
    """Euclidean length of all entries, or along axes; the zero vector at zero."""
    share = _per_length(out_bar, node)
    walker.accumulate(node.args[0], restored(share, node, axis, keepdims) * node.args[0])


# They differ in their last digits.
norm, scipy_norm = (
    array_rule(
        name, dotted, signature="x, axis=None, keepdims=False", typed=_normed,
        uniform="taken", lengths=reduced, raises=False, bounds=bounds.spread,
    )(_pull_norm)
    for name, dotted in (("norm", "numpy.linalg.norm"), ("scipy_norm", "scipy.linalg.norm"))
)  # fmt: skip


def _per_length(value: Node, length: Node) -> Node:
    if unit_axes_of(length.type):
        # Where the length is 0 so is every entry that this is multiplied by.
        nowhere = equal(length, 0.0)
        found: Node = value / TABLE["where"](nowhere, 1.0, length)
        return found if is_constant(value) else TABLE["where"](nowhere, 0.0, found)
    return select(equal(length, 0.0), lambda: 0.0, lambda: value / length)  # type: ignore[no-any-return]


def _norm_tangent(
    node: Node, args: Any, dots: Any, out: Node, axis: Any, keepdims: bool
) -> Node | None:
    product = real_of(dots[0] * conjugated(args[0]))
    return _per_length(array_sum(product, axis=axis, keepdims=keepdims), out)


norm.tangent_rule = scipy_norm.tangent_rule = _norm_tangent


def _by_order(x: Node, ord: Any, axis: Any, keepdims: bool) -> Node:
    """Norms of vectors of any order, and of matrices by their entries or singular values."""
    rank = len(unit_axes_of(x.type))
    count = rank if axis is None else len(axes_of(axis, rank))
    if count == 1:
        return _vector_norm(x, ord, axis, keepdims)
    if ord in ("fro", None):
        return norm(x, axis=axis, keepdims=keepdims)
    if count != 2:
        raise _refused(x, ord)
    if axis is None:
        axis = (0, 1)
    inside = tuple(each % rank for each in axis)
    if inside != (rank - 2, rank - 1):
        x = moveaxis(x, source=inside, destination=(-2, -1))
    found = _matrix_norm(x, ord)
    return expand_dims(found, axis=tuple(sorted(inside))) if keepdims else found


class NormOfOrder(ArrayDefined):
    """A norm by its order: where that is the Euclidean one, its own value is what divides."""

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        if dots[0] is None or not is_euclidean(node):
            return super().tangent(node, args, dots, out)
        found = self.statics(node.params)
        whole = widened(dots[0], args[0])
        return _norm_tangent(node, args, (whole,), out, found["axis"], found["keepdims"])

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        if not is_euclidean(node):
            super().pull(walker, node, out_bar)
            return
        found = self.statics(node.params)
        _pull_norm(walker, node, self.whole(out_bar, node), found["axis"], found["keepdims"])


def is_euclidean(node: Node) -> bool:
    """Whether a value is a Euclidean length, of vectors or of matrices by their entries."""
    if node.op in (norm, scipy_norm):
        return True
    if node.op not in (norm_of_order, scipy_norm_of_order):
        return False
    order, axis, *_ = node.params
    rank = len(unit_axes_of(node.args[0].type))
    count = rank if axis is None else len(axes_of(axis, rank))
    return order is None or (order == "fro" and count == 2) or (order == 2 and count == 1)


def _norm_by_order(name: str, dotted: str) -> NormOfOrder:
    facts: dict[str, Any] = {"typed": _normed, "lengths": reduced}
    primitive = made(NormOfOrder, name, (dotted,), facts)
    primitive.__doc__ = _by_order.__doc__
    primitive.definition = _by_order
    return declared(primitive, "x, ord=None, axis=None, keepdims=False", facts)


norm_of_order = _norm_by_order("norm_of_order", "numpy.linalg.norm")
scipy_norm_of_order = _norm_by_order("scipy_norm_of_order", "scipy.linalg.norm")


def _magnitudes(x: Node) -> Node:
    return modulus.build(x) if is_complex(x.type) else absolute(x)


def _vector_norm(x: Node, ord: Any, axis: Any, keepdims: bool) -> Node:
    size = _magnitudes(x)
    if ord in (None, 2):
        return norm(x, axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return array_max(size, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]
    if ord == -math.inf:
        return array_min(size, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]
    if ord == 1:
        return array_sum(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        ones = TABLE["where"](equal(x, 0.0), 0.0, 1.0)
        return array_sum(ones, axis=axis, keepdims=keepdims)
    if isinstance(ord, (int, float)):
        total = array_sum(size ** float(ord), axis=axis, keepdims=keepdims)
        return total ** (1.0 / ord)
    raise _refused(x, ord)


def _matrix_norm(x: Node, ord: Any) -> Node:
    from chainrule.primitives.arrays.decompositions import singular_values

    if ord == "nuc":
        return array_sum(singular_values(x), axis=-1)
    if ord == 2:
        return array_max(singular_values(x), axis=-1)  # type: ignore[no-any-return]
    if ord == -2:
        return array_min(singular_values(x), axis=-1)  # type: ignore[no-any-return]
    extreme = array_max if ord in (1, math.inf) else array_min
    if ord in (1, -1, math.inf, -math.inf):
        along = -2 if ord in (1, -1) else -1
        return extreme(array_sum(_magnitudes(x), axis=along), axis=-1)  # type: ignore[no-any-return]
    raise _refused(x, ord)


def _refused(x: Node, ord: Any) -> UnsupportedError:
    return UnsupportedError(
        f"the norm of order {ord!r} of an array with {len(unit_axes_of(x.type))} axes",
        remedy="Write it with sums and powers.",
        position=x.graph.origin.position,
    )
