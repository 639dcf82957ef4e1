"""Integrals of samples in :mod:`scipy.integrate`: rules on given places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, promoted, unit_axes_of
from chainrule.primitives.arrays import statistics
from chainrule.primitives.arrays.call import (
    ArrayCall,
    array_flat,
    array_linear,
    declared,
    made,
)
from chainrule.primitives.arrays.defined import ArrayDefined, array_defined
from chainrule.primitives.arrays.indexing import entry_along, part_along, section
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.arrays.reductions import array_sum, cumsum, reduced_axes
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.declare import TABLE, Cost


def _integral(y: Type, dx: float = 1.0, axis: int = -1) -> Type:
    return array_of(promoted((y,)), reduced_axes(y, axis, False))


def _integral_over(y: Type, x: Type, axis: int = -1) -> Type:
    return array_of(promoted((y, x)), reduced_axes(y, axis, False))


@array_defined(
    "scipy_trapezoid", "scipy.integrate.trapezoid", signature="y, dx=1.0, axis=-1",
    typed=_integral,
)  # fmt: skip
def trapezoid(y: Node, dx: Any, axis: int) -> Node:
    """Integral by trapezia of equal width."""
    return statistics.trapezoid(y, dx=dx, axis=axis)


@array_defined(
    "scipy_trapezoid_over", "scipy.integrate.trapezoid", signature="y, x, axis=-1", arrays=2,
    typed=_integral_over, cost=Cost.FUNCTION,
)  # fmt: skip
def trapezoid_over(y: Node, x: Node, axis: int) -> Node:
    """Integral by trapezia between given places."""
    return statistics.trapezoid_over(y, x, axis=axis)


def _running(y: Type, *others: Type, dx: float = 1.0, axis: int = -1) -> Type:
    units = list(unit_axes_of(y))
    units[axis] = False
    return array_of(promoted((y, *others)), tuple(units))


def _later_and_earlier(y: Node, axis: int) -> tuple[Node, Node]:
    later = part_along(y, axis, y.graph.constant(1), None)
    return later, part_along(y, axis, 0, y.graph.constant(-1))


@array_defined(
    "cumulative_trapezoid", "scipy.integrate.cumulative_trapezoid",
    signature="y, dx=1.0, axis=-1", typed=_running, cost=Cost.FUNCTION,
)  # fmt: skip
def cumulative_trapezoid(y: Node, dx: Any, axis: int) -> Node:
    """Integrals up to each place, by trapezia of equal width."""
    later, earlier = _later_and_earlier(y, axis)
    return cumsum((0.5 * float(dx)) * (later + earlier), axis=axis)


@array_defined(
    "cumulative_trapezoid_over", "scipy.integrate.cumulative_trapezoid",
    signature="y, x, axis=-1", arrays=2, typed=_running, cost=Cost.FUNCTION,
)  # fmt: skip
def cumulative_trapezoid_over(y: Node, x: Node, axis: int) -> Node:
    """Integrals up to each place, by trapezia between given places."""
    rank = len(unit_axes_of(y.type))
    one = len(unit_axes_of(x.type)) == 1
    width = statistics.diff(x, axis=-1 if one else axis)
    if one and rank > 1:
        width = expand_dims(width, axis=tuple(k for k in range(rank) if k != axis % rank))
    later, earlier = _later_and_earlier(y, axis)
    return cumsum(0.5 * width * (later + earlier), axis=axis)


def _weights(y: Type, dx: float = 1.0, axis: int = -1) -> Type:
    return array_of("float64", (False,))


def _along(y: Type, dx: float = 1.0, axis: int = -1) -> Type:
    return array_of(promoted((y,)), reduced_axes(y, axis, False))


def _rule(name: str, doc: str) -> ArrayCall:
    """A rule of :mod:`scipy.integrate` that sums an axis with weights of its own."""
    weights: ArrayCall = array_flat(
        f"{name}_weights", signature="y, dx=1.0, axis=-1", typed=_weights,
        written=f"scipy.integrate.{name}(numpy.eye(_0_.shape[_axis_]), dx=_dx_)",
        doc="What the rule counts each entry of the axis for.",
    )  # fmt: skip

    @array_linear(
        name,
        f"scipy.integrate.{name}",
        signature="y, dx=1.0, axis=-1",
        typed=_along,
        cost=Cost.FUNCTION,
    )
    def integral(walker: Any, node: Node, out_bar: Node, dx: float, axis: int) -> None:
        (y,) = node.args
        rank = len(unit_axes_of(y.type))
        counts = weights(y, dx=dx, axis=axis)
        behind = rank - 1 - axis % rank
        if behind:
            counts = expand_dims(counts, axis=tuple(range(1, behind + 1)))
        wide = expand_dims(out_bar, axis=axis if behind else -1) if rank > 1 else out_bar
        walker.accumulate(y, wide * counts)

    integral.__doc__ = doc
    return integral


simpson = _rule("simpson", "Integral along an axis by Simpson's rule.")
romb = _rule("romb", "Integral along an axis by Romberg's rule, of 2**k + 1 samples.")


# --- a width that is computed -----------------------------------------------------------------


def _by(name: str, callables: str, rule: Any, typed: Any) -> Any:
    """A rule of equal widths whose width is a number of the program."""

    @array_defined(
        f"{name}_by", callables, signature="y, dx, axis=-1", arrays=2, named=1,
        typed=typed, cost=Cost.FUNCTION,
    )  # fmt: skip
    def integral(y: Node, dx: Node, **statics: Any) -> Node:
        """The integral of samples at a distance of 1, times their distance."""
        product: Node = rule(y, dx=1.0, **statics) * dx
        return product

    return integral


def _of_both(y: Type, dx: Type, axis: int = -1) -> Type:
    return _integral(y, axis=axis)


trapezoid_by = _by("scipy_trapezoid", "scipy.integrate.trapezoid", trapezoid, _of_both)
numpy_trapezoid_by = _by("trapezoid", "numpy.trapezoid", statistics.trapezoid, _of_both)
simpson_by = _by("simpson", "scipy.integrate.simpson", simpson, _of_both)
romb_by = _by("romb", "scipy.integrate.romb", romb, _of_both)
cumulative_trapezoid_by = _by(
    "cumulative_trapezoid", "scipy.integrate.cumulative_trapezoid", cumulative_trapezoid,
    lambda y, dx, axis=-1: _running(y, axis=axis),
)  # fmt: skip

# --- Simpson's rule between given places ------------------------------------------------------

simpson_weights_over: ArrayCall = array_flat(
    "simpson_weights_over", signature="x", typed=lambda x: array_of("float64", (False,)),
    written="scipy.integrate.simpson(numpy.eye(_0_.shape[-1]), x=_0_)",
    doc="What Simpson's rule counts each of the samples at given places for.",
)  # fmt: skip


class SimpsonOver(ArrayDefined):
    """Simpson's rule between places in one row: by the samples its weights are all that counts."""

    door = "array"

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        self.definition = _weighted if dots[1] is None else _piecewise
        return super().tangent(node, args, dots, out)

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        self.definition = _piecewise if walker.active(node.args[1]) else _weighted
        super().pull(walker, node, out_bar)


def _weighted(y: Node, x: Node) -> Node:
    found: Node = array_sum(y * simpson_weights_over(x), axis=-1)
    return found


def _piecewise(y: Node, x: Node) -> Node:
    """Parabolas through three places each; behind an odd number of pieces that of Cartwright.

    *Simpson's Rule Cumulative Integration with MS Excel and Irregularly-spaced Data*, Journal of
    Mathematical Sciences and Mathematics Education 12 (2017).
    """
    graph = y.graph
    number = graph.constant
    count = dimension(x, axis=0)
    pairs = TABLE["floor_divide"](count - 1, 2)

    def every_second(values: Node, first: int) -> Node:
        axis = len(unit_axes_of(values.type)) - 1
        none = number(None)
        at = (*(none for _ in range(3 * axis)), number(first), pairs * 2 - 1 + first, number(2))
        return graph.cursor.add(section, (values, *at), ("s" * (axis + 1),))

    widths = statistics.diff(x)
    h, k = every_second(widths, 0), every_second(widths, 1)
    whole = h + k
    left, middle, right = (every_second(y, first) for first in range(3))
    parts = left * (2.0 - k / h) + middle * (whole * whole / (h * k)) + right * (2.0 - h / k)
    total = array_sum(whole * parts / 6.0, axis=-1)
    known = lengths_of(x)[0].known
    if known is not None and known % 2:
        return total
    h, k = (entry_along(widths, 0, place) for place in (-2, -1))
    third, second, last = (entry_along(y, -1, place) for place in (-3, -2, -1))
    behind = last * ((2.0 * k * k + 3.0 * h * k) / (6.0 * (h + k)))
    behind = behind + second * ((k * k + 3.0 * h * k) / (6.0 * h))
    behind = behind - third * (k * k * k / (6.0 * h * (h + k)))
    if known is None:
        behind = behind * (1 - TABLE["remainder"](count, 2))
    found: Node = total + behind
    return found


simpson_over = declared(
    made(SimpsonOver, "simpson_over", ("scipy.integrate.simpson",), {"cost": Cost.FUNCTION}),
    "y, x",
    {"arrays": 2, "named": 1, "typed": _integral_over},
)
