"""Integrals of samples in :mod:`scipy.integrate`: rules on given places."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, promoted, unit_axes_of
from chainrule.primitives.arrays import statistics
from chainrule.primitives.arrays.call import ArrayCall, array_flat, array_linear
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.reductions import cumsum, reduced_axes
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.declare import Cost


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


def _weights(y: Type, dx: float = 1.0) -> Type:
    return array_of("float64", (False,))


simpson_weights: ArrayCall = array_flat(
    "simpson_weights", signature="y, dx=1.0", typed=_weights,
    written="scipy.integrate.simpson(numpy.eye(_0_.shape[-1]), dx=_dx_)",
    doc="What Simpson's rule counts each entry of the last axis for.",
)  # fmt: skip


def _simpson(y: Type, dx: float = 1.0) -> Type:
    return array_of(promoted((y,)), reduced_axes(y, -1, False))


@array_linear(
    "simpson", "scipy.integrate.simpson", signature="y, dx=1.0", typed=_simpson,
    cost=Cost.FUNCTION,
)  # fmt: skip
def simpson(walker: Any, node: Node, out_bar: Node, dx: float) -> None:
    """Integral along the last axis by Simpson's rule."""
    (y,) = node.args
    wide = expand_dims(out_bar, axis=-1) if len(unit_axes_of(y.type)) > 1 else out_bar
    walker.accumulate(y, wide * simpson_weights(y, dx=dx))
