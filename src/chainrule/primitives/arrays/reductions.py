"""Sums, products, extremes and moments along axes."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Type,
    array_of,
    dtype_of,
    inexact_promoted,
    is_complex,
    unit_axes_of,
)
from chainrule.primitives import bounds
from chainrule.primitives.arrays.call import array_flat, array_linear, array_rule, axes_of
from chainrule.primitives.arrays.complex_numbers import (
    conjugated,
    imaginary_part,
    magnitude_dtype,
    real_of,
    real_part,
)
from chainrule.primitives.arrays.lengths import reduced, when_whole
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.masking import chosen


def reduced_axes(type: Type, axis: Any, keepdims: bool) -> tuple[bool, ...]:
    """The axes that are left after a reduction."""
    units = unit_axes_of(type)
    gone = axes_of(axis, len(units))
    if keepdims:
        return tuple(True if k in gone else unit for k, unit in enumerate(units))
    return tuple(unit for k, unit in enumerate(units) if k not in gone)


def _same(a: Type, axis: Any = None, keepdims: bool = False) -> Type:
    dtype = "int64" if dtype_of(a) == "bool" else dtype_of(a)
    return array_of(dtype, reduced_axes(a, axis, keepdims))


def _moment(a: Type, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Type:
    return array_of(inexact_promoted(a), reduced_axes(a, axis, keepdims))


def _spread(a: Type, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Type:
    dtype = magnitude_dtype(a) if is_complex(a) else inexact_promoted(a)
    return array_of(dtype, reduced_axes(a, axis, keepdims))


def _flag(a: Type, axis: Any = None, keepdims: bool = False) -> Type:
    return array_of("bool", reduced_axes(a, axis, keepdims))


def _count(a: Type, axis: Any = None, keepdims: bool = False) -> Type:
    return array_of("int64", reduced_axes(a, axis, keepdims))


def restored(value: Node, node: Node, axis: Any, keepdims: bool) -> Node:
    """``value``, of the shape of the reduction ``node``, with the axes back in length 1."""
    from chainrule.primitives.arrays.shaping import expand_dims

    rank = len(unit_axes_of(node.args[0].type))
    gone = axes_of(axis, rank)
    if keepdims or not unit_axes_of(value.type) or gone == tuple(range(len(gone))):
        # NumPy itself puts missing axes in front.
        return value
    return expand_dims(value, axis=gone[0] if len(gone) == 1 else gone)


def counted(node: Node, axis: Any) -> Node:
    """How many entries go into one entry of a reduction."""
    from chainrule.primitives.arrays.shaping import dimension, size_of

    units = unit_axes_of(node.args[0].type)
    gone = [k for k in axes_of(axis, len(units)) if not units[k]]
    if len(gone) == len(units) and len(units) > 1:
        return size_of(node.args[0])
    total: Any = node.graph.constant(1)
    for k in gone:
        length = dimension(node.args[0], axis=k)
        total = length if total.op.name == "constant" else total * length
    return total  # type: ignore[no-any-return]


SUM = "a, axis=None, keepdims=False"


@array_linear(
    "array_sum",
    "numpy.sum",
    signature=SUM,
    method="sum",
    forwards=True,
    typed=_same,
    uniform="passed",
    lengths=reduced,
    cost=Cost.ADD,
    raises=False,
    bounds=bounds.added_up,
)
def array_sum(walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool) -> None:
    """Sum along axes."""
    walker.accumulate(node.args[0], restored(out_bar, node, axis, keepdims))


@array_linear(
    "mean", "numpy.mean", "numpy.average", signature=SUM, method="mean", forwards=True,
    typed=_moment, uniform="taken", lengths=reduced, cost=Cost.ADD, raises=False,
    bounds=bounds.averaged,
)  # fmt: skip
def mean(walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool) -> None:
    """Mean along axes."""
    walker.accumulate(node.args[0], restored(out_bar / counted(node, axis), node, axis, keepdims))


@array_rule(
    "prod", "numpy.prod", signature=SUM, method="prod", forwards=True, typed=_same,
    uniform="taken", lengths=reduced, cost=Cost.MULTIPLY, raises=False,
)  # fmt: skip
def prod(walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool) -> None:
    """Product along axes; the product of the others, also where an entry is 0."""
    x = node.args[0]
    others = other_factors(x, axis=axis)
    walker.accumulate(x, restored(out_bar, node, axis, keepdims) * conjugated(others))


def _prod_tangent(
    node: Node, args: Any, dots: Any, out: Node, axis: Any, keepdims: bool
) -> Node | None:
    return array_sum(dots[0] * other_factors(args[0], axis=axis), axis=axis, keepdims=keepdims)


prod.tangent_rule = _prod_tangent


def other_factors(x: Node, axis: Any) -> Node:
    """For each entry the product of all others: of those before and those behind it."""
    from chainrule.primitives.arrays.shaping import flip, ravel, reshape_like

    if axis is None and len(unit_axes_of(x.type)) > 1:
        return reshape_like(other_factors(ravel(x), 0), x)
    gone = axes_of(axis, len(unit_axes_of(x.type)))
    if not unit_axes_of(x.type):
        return x.graph.constant(1.0)
    if len(gone) > 1:
        *rest, last = gone
        inner = prod(x, axis=last, keepdims=True)
        return other_factors(x, last) * other_factors(inner, tuple(rest))
    along = gone[0] if gone else 0
    before = _running_product(x, along)
    behind = flip(_running_product(flip(x, axis=along), along), axis=along)
    return before * behind


def _running_product(x: Node, axis: int) -> Node:
    """For each entry the product of those before it along an axis."""
    from chainrule.primitives.arrays.creation import ones_like
    from chainrule.primitives.arrays.indexing import part_along
    from chainrule.primitives.arrays.shaping import concatenate

    first = ones_like(part_along(x, axis, 0, x.graph.constant(1)))
    rest = cumprod(part_along(x, axis, 0, x.graph.constant(-1)), axis=axis)
    return concatenate(first, rest, axis=axis)


def _extreme(name: str) -> Any:
    from chainrule.primitives.arrays.creation import narrowed

    @array_rule(
        f"array_{name}", f"numpy.{name}", f"numpy.a{name}", signature=SUM, method=name,
        forwards=True, typed=_same, uniform="taken", lengths=reduced, bounds=bounds.same,
        cost=Cost.ADD,
    )  # fmt: skip
    def extreme(walker: Any, node: Node, out_bar: Node, axis: Any, keepdims: bool) -> None:
        x = node.args[0]
        tied, count = tied_entries(x, node, axis, keepdims)
        whole = restored(out_bar, node, axis, keepdims)
        part = whole / count
        felt = tied * part if bounds.bounds_of(whole).finite else chosen(tied, part, 0.0, x)
        walker.accumulate(x, narrowed(felt, x))

    def tangent(
        node: Node, args: Any, dots: Any, out: Node, axis: Any, keepdims: bool
    ) -> Node | None:
        tied, count = tied_entries(args[0], out, axis, keepdims)
        share = narrowed(tied / count, args[0])
        return array_sum(dots[0] * share, axis=axis, keepdims=keepdims)

    extreme.tangent_rule = tangent
    extreme.__doc__ = f"The {name}imum along axes; ties share evenly."
    return extreme


def tied_entries(x: Node, out: Node, axis: Any, keepdims: bool) -> tuple[Node, Node]:
    """Which entries are the extreme, and how many share it: ties share evenly."""
    from chainrule.primitives.arithmetic import equal
    from chainrule.primitives.arrays.creation import narrowed

    gone = axes_of(axis, len(unit_axes_of(x.type)))
    full = out
    if not keepdims and unit_axes_of(out.type) and gone != tuple(range(len(gone))):
        from chainrule.primitives.arrays.shaping import expand_dims

        full = expand_dims(out, axis=gone[0] if len(gone) == 1 else gone)
    tied = equal(x, full)
    counted_ties = (
        array_sum(tied, axis=axis, keepdims=True) if unit_axes_of(out.type) else array_sum(tied)
    )
    return tied, narrowed(counted_ties, x)


def _number_itself(a: Node, axis: Any = None, keepdims: bool = False) -> Node | None:
    """The extreme, or the product, of one number."""
    return None if unit_axes_of(a.type) else a


array_max = _extreme("max")
array_min = _extreme("min")
array_max.simplify = array_min.simplify = prod.simplify = mean.simplify = _number_itself


VAR = "a, axis=None, ddof=0, keepdims=False"


def _deviation(x: Node, axis: Any) -> Node:
    if axis is None or len(unit_axes_of(x.type)) == 1:
        return x - mean(x)
    gone = axes_of(axis, len(unit_axes_of(x.type)))
    if gone == tuple(range(len(gone))):
        # What f has computed stands along the last axes, as NumPy repeats it.
        known = x.graph.cursor.known(mean, (x,), mean.defaults(axis=axis))
        if known is not None:
            return x - known
    return x - mean(x, axis=axis, keepdims=True)


def _along_deviation(dot: Node, x: Node, axis: Any, keepdims: bool) -> Node:
    """The sum of the products of tangents and deviations, of which a complex one is conjugate."""
    along = real_of(dot * conjugated(_deviation(x, axis)))
    total: Node = array_sum(along, axis=axis, keepdims=keepdims)
    return total


def _degrees(node: Node, axis: Any, ddof: Any) -> Any:
    count = counted(node, axis)
    return count - ddof if ddof else count


@array_rule("var", "numpy.var", signature=VAR, method="var", typed=_spread,
            uniform="taken", lengths=reduced,
    bounds=bounds.spread,
)  # fmt: skip
def var(walker: Any, node: Node, out_bar: Node, axis: Any, ddof: Any, keepdims: bool) -> None:
    """Variance along axes."""
    x = node.args[0]
    scale = 2.0 * out_bar / _degrees(node, axis, ddof)
    walker.accumulate(x, restored(scale, node, axis, keepdims) * _deviation(x, axis))


def _var_tangent(
    node: Node, args: Any, dots: Any, out: Node, axis: Any, ddof: Any, keepdims: bool
) -> Node | None:
    (x,) = args
    total = _along_deviation(dots[0], x, axis, keepdims)
    return 2.0 * total / _degrees(out, axis, ddof)  # type: ignore[no-any-return]


var.tangent_rule = _var_tangent


@array_rule("std", "numpy.std", signature=VAR, method="std", typed=_spread,
            uniform="taken", lengths=reduced,
    bounds=bounds.spread,
)  # fmt: skip
def std(walker: Any, node: Node, out_bar: Node, axis: Any, ddof: Any, keepdims: bool) -> None:
    """Standard deviation along axes; flat where all entries are equal."""
    x = node.args[0]
    scale = _per_deviation(out_bar, node, node, axis, ddof, keepdims)
    walker.accumulate(x, restored(scale, node, axis, keepdims) * _deviation(x, axis))


def _per_deviation(
    value: Node, out: Node, node: Node, axis: Any, ddof: Any, keepdims: bool
) -> Node:
    from chainrule.primitives.arithmetic import divide, equal
    from chainrule.primitives.control import select

    x = node.args[0]

    def constant() -> Node:
        # The mean of equal entries is rounded: what is left of them then has no direction.
        parts = (real_part.build(x), imaginary_part.build(x)) if is_complex(x.type) else (x,)
        found = [
            equal(*(end(part, axis=axis, keepdims=keepdims) for end in (array_max, array_min)))
            for part in parts
        ]
        flat: Node = found[0] if len(found) == 1 else TABLE["logical_and"](*found)
        return flat

    flat = equal(out, 0.0)
    if unit_axes_of(out.type):
        flat = TABLE["logical_or"](flat, constant())
    elif not any(step.op is divide and step.args[1] is node for step in node.block.steps):
        # What f divides by it has no value there.
        flat = select(flat, lambda: x.graph.constant(True), constant)
    return select(flat, lambda: 0.0, lambda: value / (_degrees(out, axis, ddof) * out))  # type: ignore[no-any-return]


def _std_tangent(
    node: Node, args: Any, dots: Any, out: Node, axis: Any, ddof: Any, keepdims: bool
) -> Node | None:
    (x,) = args
    total = _along_deviation(dots[0], x, axis, keepdims)
    return _per_deviation(total, out, node, axis, ddof, keepdims)


std.tangent_rule = _std_tangent


# --- flags, counts, positions ------------------------------------------------------------

array_all = array_flat(
    "array_all", "numpy.all", signature=SUM, method="all", forwards=True, typed=_flag,
    lengths=reduced, cost=Cost.FREE,
    doc="Whether all entries are true.",
)  # fmt: skip
array_any = array_flat(
    "array_any", "numpy.any", signature=SUM, method="any", forwards=True, typed=_flag,
    lengths=reduced, cost=Cost.FREE,
    doc="Whether some entry is true.",
)  # fmt: skip
count_nonzero = array_flat(
    "count_nonzero", "numpy.count_nonzero", signature=SUM, typed=_count,
    lengths=reduced, cost=Cost.FREE,
    doc="How many entries are not 0.",
)  # fmt: skip
argmax = array_flat(
    "argmax", "numpy.argmax", signature=SUM, method="argmax", forwards=True, typed=_count,
    lengths=reduced, cost=Cost.FREE,
    doc="Position of the largest entry.",
)  # fmt: skip
argmin = array_flat(
    "argmin", "numpy.argmin", signature=SUM, method="argmin", forwards=True, typed=_count,
    lengths=reduced, cost=Cost.FREE,
    doc="Position of the smallest entry.",
)  # fmt: skip


# --- running sums ------------------------------------------------------------------------


def _running(a: Type, axis: Any = None) -> Type:
    units = unit_axes_of(a)
    return array_of(dtype_of(a), units if axis is not None and units else (all(units),))


@array_linear(
    "cumsum", "numpy.cumsum", signature="a, axis=None", method="cumsum", forwards=True,
    typed=_running, vectors=True, lengths=when_whole, cost=Cost.ADD, raises=False,
)  # fmt: skip
def cumsum(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Running sum; its adjoint is the running sum from the end."""
    from chainrule.primitives.arrays.shaping import flip, reshape_like

    x = node.args[0]
    along = 0 if axis is None else axis
    back = flip(cumsum(flip(out_bar, axis=along), axis=axis), axis=along)
    walker.accumulate(x, reshape_like(back, x) if _flattens(x, axis) else back)


def _flattens(x: Node, axis: Any) -> bool:
    """Whether the result is a vector though ``x`` is a matrix."""
    return axis is None and len(unit_axes_of(x.type)) > 1


@array_rule(
    "cumprod", "numpy.cumprod", signature="a, axis=None", method="cumprod", forwards=True,
    typed=_running, vectors=True, lengths=when_whole, cost=Cost.MULTIPLY, raises=False,
)  # fmt: skip
def cumprod(walker: Any, node: Node, out_bar: Node, axis: Any) -> None:
    """Running product; where an entry is 0 the products of the others are taken one by one."""
    from chainrule.primitives.arrays.shaping import flip, ravel, reshape_like

    x = node.args[0]
    flattened = _flattens(x, axis)
    along = 0 if axis is None else axis
    entries = ravel(x) if flattened else x

    def regular() -> Node:
        felt = out_bar * conjugated(node)
        back = flip(cumsum(flip(felt, axis=along), axis=axis), axis=along)
        return back / conjugated(entries)

    def singular() -> Node:
        products, before = _products_between(entries, along)
        behind = array_sum(_last(out_bar, along, new=-2) * conjugated(products), axis=-1)
        return conjugated(before) * _back(behind, along)

    found = _where_zeros(entries, singular, regular)
    walker.accumulate(x, reshape_like(found, x) if flattened else found)


def _cumprod_tangent(node: Node, args: Any, dots: Any, out: Node, axis: Any) -> Node | None:
    from chainrule.primitives.arrays.shaping import ravel

    flattened = _flattens(args[0], axis)
    x, dot = (ravel(each) if flattened else each for each in (args[0], dots[0]))
    along = 0 if axis is None else axis

    def singular() -> Node:
        products, before = _products_between(x, along)
        return _back(array_sum(_last(before * dot, along, new=-1) * products, axis=-2), along)

    return _where_zeros(x, singular, lambda: out * cumsum(dot / x, axis=along))


cumprod.tangent_rule = _cumprod_tangent


def _where_zeros(x: Node, singular: Any, regular: Any) -> Node:
    """One of two values, by whether an entry is 0."""
    from chainrule.primitives.arithmetic import equal
    from chainrule.primitives.control import select

    found: Node = select(array_any(equal(x, 0.0)), singular, regular)
    return found


def _last(value: Node, axis: int, new: int) -> Node:
    """``value`` with an axis as the last but for a new one of length 1."""
    from chainrule.primitives.arrays.shaping import expand_dims, moveaxis

    rank = len(unit_axes_of(value.type))
    moved = value if axis % rank == rank - 1 else moveaxis(value, source=axis, destination=-1)
    return expand_dims(moved, axis=new)


def _back(value: Node, axis: int) -> Node:
    from chainrule.primitives.arrays.shaping import moveaxis

    rank = len(unit_axes_of(value.type))
    return value if axis % rank == rank - 1 else moveaxis(value, source=-1, destination=axis)


def _products_between(x: Node, axis: int) -> tuple[Node, Node]:
    """The products of the entries behind ``j`` up to ``k``, by ``j`` and ``k``, 0 where k < j; and
    for each entry the product of those before it.
    """
    from chainrule.primitives.arrays.creation import ones
    from chainrule.primitives.arrays.linear_algebra import triu
    from chainrule.primitives.arrays.shaping import dimension
    from chainrule.primitives.declare import TABLE

    rank = len(unit_axes_of(x.type))
    count = dimension(x, axis=axis % rank)
    above = triu(ones(count, count, dtype="bool"), k=1)
    factors: Node = TABLE["where"](above, _last(x, axis, new=-2), 1.0)
    products = triu(cumprod(factors, axis=-1))
    return products, _running_product(x, axis)
