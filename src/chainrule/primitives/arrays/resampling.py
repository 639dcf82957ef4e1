"""Signals at another rate: by their transform, and by zeros between the samples."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.creation import arange, zeros
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.filters import refuse
from chainrule.primitives.arrays.indexing import section_set
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.arrays.signals import convolve
from chainrule.primitives.declare import TABLE


def _vector(*types: Type, **statics: Any) -> Type:
    return array_of(real_promoted(*types), (False,))


@array_defined("resample", "scipy.signal.resample", signature="x, num", typed=_vector)
def resample(x: Node, num: int) -> Node:
    """A signal with so many samples, whose transform is the same as far as there are both."""
    if len(unit_axes_of(x.type)) != 1:
        refuse(x, "`resample` of several signals", "Resample each signal for itself, in a loop.")
    length = dimension(x, axis=0)
    transform = TABLE["scipy_rfft"](x)
    places = arange(dimension(transform, axis=0))
    shared = TABLE["python_min"](length, num)
    # The middle frequency is both of the two that the longer signal has.
    middle = TABLE["logical_and"](
        TABLE["equal"](2 * places, shared), TABLE["not_equal"](length, num)
    )
    factor = TABLE["where"](TABLE["less"](num, length), 2.0, 0.5)
    weighed = transform * (TABLE["where"](middle, factor, 1.0) * num / length)
    return TABLE["scipy_irfft"](weighed, x.graph.constant(num))  # type: ignore[no-any-return]


@array_defined("upfirdn", "scipy.signal.upfirdn", signature="h, x, up=1, down=1", arrays=2,
               typed=_vector)  # fmt: skip
def upfirdn(h: Node, x: Node, up: int, down: int) -> Node:
    """A signal with zeros between its samples, filtered, of which some samples are kept."""
    if any(len(unit_axes_of(each.type)) != 1 for each in (h, x)):
        refuse(x, "`upfirdn` of several signals", "Filter each signal for itself, in a loop.")
    cursor, constant = x.graph.cursor, x.graph.constant
    none = constant(None)
    if up > 1:
        wide = zeros((dimension(x, axis=0) - 1) * up + 1)
        x = cursor.add(section_set, (wide, none, none, constant(up), x), ("s",))
    found: Node = convolve(h, x)
    if down > 1:
        found = cursor.add(TABLE["section"], (found, none, none, constant(down)), ("s",))
    return found
