"""The slopes that curves which keep the shape of their data have where they go through it.

They are those of Fritsch and Butland (1984) for `PchipInterpolator`, and of Akima (1970) for
`Akima1DInterpolator`, written as SciPy computes them.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, unit_axes_of
from chainrule.primitives.arrays.defined import ArrayDefined, array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.reductions import array_max
from chainrule.primitives.arrays.shaping import concatenate
from chainrule.primitives.declare import TABLE


def _of_values(x: Type, y: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(y))


def _part(f: Any, start: int, stop: int | None) -> Any:
    constant = f.graph.constant
    return part_along(f, 0, constant(start), None if stop is None else constant(stop))


def _differences(f: Any) -> Any:
    return _part(f, 1, None) - _part(f, 0, -1)


@array_defined("pchip_slopes", signature="x, y", arrays=2, typed=_of_values)
def pchip_slopes(x: Node, y: Node) -> Node:
    """Weighted harmonic means of the slopes of the chords beside, 0 where these have two signs."""
    where, less, greater = TABLE["where"], TABLE["less"], TABLE["greater"]
    width = _differences(x)
    chord = _differences(y) / width
    before, behind = _part(chord, 0, -1), _part(chord, 1, None)
    left, right = _part(width, 0, -1), _part(width, 1, None)
    first, second = 2.0 * right + left, right + 2.0 * left
    one_sign = greater(TABLE["sign"](before) * TABLE["sign"](behind), 0.0)
    mean = first / where(one_sign, before, 1.0) + second / where(one_sign, behind, 1.0)
    middle = where(one_sign, (first + second) / mean, 0.0)

    def end(near: int, far: int) -> Any:
        (h, k), (m, n) = (
            [_part(of, place, place + 1 or None) for place in (near, far)] for of in (width, chord)
        )
        slope = ((2.0 * h + k) * m - h * n) / (h + k)
        kept = greater(slope * m, 0.0)
        steep = TABLE["logical_and"](
            less(TABLE["sign"](m) * TABLE["sign"](n), 1.0),
            greater(TABLE["absolute"](slope), TABLE["absolute"](3.0 * m)),
        )
        return where(kept, where(steep, 3.0 * m, slope), 0.0)

    return concatenate(end(0, 1), middle, end(-1, -2), axis=0)


def _akima(x: Node, y: Node, weights: Any) -> Node:
    """Means of the slopes of the two chords beside, weighted by the bends behind the others."""
    chord = _differences(y) / _differences(x)
    first, last = _part(chord, 0, 1), _part(chord, -1, None)
    before = 2.0 * first - _part(chord, 1, 2)
    behind = 2.0 * last - _part(chord, -2, -1)
    chords = concatenate(2.0 * before - first, before, chord, behind, 2.0 * behind - last, axis=0)
    weight = weights(chords)
    after, ahead = _part(weight, 2, None), _part(weight, 0, -2)
    total = after + ahead
    bent = TABLE["greater"](total, 1e-9 * array_max(total))
    straight = 0.5 * (_part(chords, 3, None) + _part(chords, 0, -3))
    low, high = _part(chords, 1, -2), _part(chords, 2, -1)
    mean = low + ahead / TABLE["where"](bent, total, 1.0) * (high - low)
    found: Node = TABLE["where"](bent, mean, straight)
    return found


def _bends(chords: Any) -> Any:
    return TABLE["absolute"](_differences(chords))


def _bends_and_slopes(chords: Any) -> Any:
    return _bends(chords) + 0.5 * TABLE["absolute"](_part(chords, 1, None) + _part(chords, 0, -1))


@array_defined("akima_slopes", signature="x, y", arrays=2, typed=_of_values)
def akima_slopes(x: Node, y: Node) -> Node:
    """Means of the slopes of the chords beside, weighted by how the others bend."""
    return _akima(x, y, _bends)


@array_defined("makima_slopes", signature="x, y", arrays=2, typed=_of_values)
def makima_slopes(x: Node, y: Node) -> Node:
    """The same, weighted by how steep the chords are as well."""
    return _akima(x, y, _bends_and_slopes)


SLOPES: dict[str, ArrayDefined] = {
    op.name: op for op in (pchip_slopes, akima_slopes, makima_slopes)
}
