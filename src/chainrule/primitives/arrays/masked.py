"""Reductions of the entries where a mask is true (``where=``), or from an ``initial`` value on."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of
from chainrule.primitives.arrays.call import array_flat, array_rule
from chainrule.primitives.arrays.creation import narrowed
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import reduced
from chainrule.primitives.arrays.reductions import (
    array_max,
    array_min,
    array_sum,
    prod,
    reduced_axes,
    restored,
    tied_entries,
)
from chainrule.primitives.declare import TABLE

FROM = "a, axis=None, keepdims=False, initial=None"


def _typed(a: Type, *mask: Type, axis: Any = None, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(dtype_of(a), reduced_axes(a, axis, keepdims))


def _flag(a: Type, *mask: Type, axis: Any = None, keepdims: bool = False) -> Type:
    return array_of("bool", reduced_axes(a, axis, keepdims))


def _chosen(a: Node, mask: Node, otherwise: float) -> Node:
    found: Node = TABLE["where"](mask, a, otherwise)
    return found


def _with_initial(found: Node, initial: Any, name: str) -> Node:
    if initial is None:
        return found
    combine = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}[name]
    joined: Node = TABLE[combine](found, float(initial))
    return joined


def _where(op: Any, name: str, neutral: float) -> None:
    """The reduction with a mask."""

    @array_defined(
        f"{op.name}_where", f"numpy.{name}", arrays=2, named=1, typed=_typed, lengths=reduced,
        signature="a, where, axis=None, keepdims=False, initial=None",
    )  # fmt: skip
    def masked(a: Node, where: Node, axis: Any, keepdims: bool, initial: Any) -> Node:
        found = op(_chosen(a, where, neutral), axis=axis, keepdims=keepdims)
        return _with_initial(found, initial, name)

    masked.__doc__ = f"The {name} of the entries where a mask is true."


def _started(op: Any, name: str) -> None:
    @array_defined(
        f"{op.name}_from", f"numpy.{name}", typed=_typed, lengths=reduced, signature=FROM,
    )  # fmt: skip
    def started(a: Node, axis: Any, keepdims: bool, initial: Any) -> Node:
        return _with_initial(op(a, axis=axis, keepdims=keepdims), initial, name)

    started.__doc__ = f"The {name} of entries and an initial value."


def _extreme_from(op: Any, name: str) -> None:
    """The extreme of entries, of which there may be none, and an initial value."""

    @array_rule(
        f"{op.name}_from", f"numpy.{name}", typed=_typed, lengths=reduced, signature=FROM,
        forwards=True,
    )  # fmt: skip
    def extreme(
        walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool, initial: Any
    ) -> None:
        x = node.args[0]
        whole = restored(out_bar, node, axis, keepdims)
        walker.accumulate(x, narrowed(whole * shares(x, node, axis, keepdims, initial), x))

    def tangent(
        node: Node, args: Any, dots: Any, out: Node, axis: Any, keepdims: bool, initial: Any
    ) -> Node | None:
        share = narrowed(shares(args[0], out, axis, keepdims, initial), args[0])
        return array_sum(dots[0] * share, axis=axis, keepdims=keepdims)

    def shares(x: Node, out: Node, axis: Any, keepdims: bool, initial: Any) -> Node:
        tied, count = tied_entries(x, out, axis, keepdims)
        if initial is not None:
            start = narrowed(restored(TABLE["equal"](out, initial), out, axis, keepdims), x)
            count = count + start
        return tied / count

    extreme.tangent_rule = tangent
    extreme.__doc__ = f"The {name}imum of entries and an initial value; ties share evenly."


_where(array_sum, "sum", 0.0)
_where(prod, "prod", 1.0)
_where(array_max, "max", -math.inf)
_where(array_min, "min", math.inf)
_started(array_sum, "sum")
_started(prod, "prod")
_extreme_from(array_max, "max")
_extreme_from(array_min, "min")


@array_defined(
    "mean_where", "numpy.mean", arrays=2, named=1, typed=_typed, lengths=reduced,
    signature="a, where, axis=None, keepdims=False",
)  # fmt: skip
def mean_where(a: Node, where: Node, axis: Any, keepdims: bool) -> Node:
    """The mean of the entries where a mask is true."""
    total = array_sum(_chosen(a, where, 0.0), axis=axis, keepdims=keepdims)
    count = narrowed(array_sum(_spread(a, where), axis=axis, keepdims=keepdims), a)
    return total / count


def _spread(a: Node, where: Node) -> Node:
    """The mask as ones and zeros in the shape of the array."""
    found: Node = TABLE["where"](where, TABLE["where"](TABLE["equal"](a, a), 1.0, 1.0), 0.0)
    return found


def _deviations(a: Node, where: Node, axis: Any) -> Node:
    middle = mean_where(a, where, axis=axis, keepdims=True)
    return _chosen(a - middle, where, 0.0)


@array_defined(
    "var_where", "numpy.var", arrays=2, named=1, typed=_typed, lengths=reduced,
    signature="a, where, axis=None, ddof=0, keepdims=False",
)  # fmt: skip
def var_where(a: Node, where: Node, axis: Any, ddof: Any, keepdims: bool) -> Node:
    """The variance of the entries where a mask is true."""
    gap = _deviations(a, where, axis)
    count = narrowed(array_sum(_spread(a, where), axis=axis, keepdims=keepdims), a)
    return array_sum(gap * gap, axis=axis, keepdims=keepdims) / (count - ddof)  # type: ignore[no-any-return]


@array_defined(
    "std_where", "numpy.std", arrays=2, named=1, typed=_typed, lengths=reduced,
    signature="a, where, axis=None, ddof=0, keepdims=False",
)  # fmt: skip
def std_where(a: Node, where: Node, axis: Any, ddof: Any, keepdims: bool) -> Node:
    """The standard deviation of the entries where a mask is true."""
    found: Node = TABLE["sqrt"](var_where(a, where, axis=axis, ddof=ddof, keepdims=keepdims))
    return found


for _name in ("all", "any"):
    array_flat(
        f"array_{_name}_where", f"numpy.{_name}", arrays=2, named=1, typed=_flag,
        signature="a, where, axis=None, keepdims=False",
        doc=f"Whether {_name} of the entries are true where a mask is.",
    )  # fmt: skip
