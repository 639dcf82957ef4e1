"""Values between the points of a grid, as ``scipy.interpolate.RegularGridInterpolator`` has them.

They are straight along each axis: the slope by a place, by the values at the corners around it and
by the grid itself is that of the weighted mean of these corners.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, unit_axes_of
from chainrule.primitives.arrays.defined import ArrayDefined, array_defined
from chainrule.primitives.arrays.indexing import entry_along
from chainrule.primitives.arrays.rearranging import searchsorted
from chainrule.primitives.arrays.shaping import dimension, expand_dims, ravel
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.interpolated_lines import read_at

DESCENDING = "the slopes on a grid whose axis descends are not known"


@functools.cache
def grid_at(axes: int) -> ArrayDefined:
    """What is read at places that are given by an array for each axis of the grid."""

    def typed(table: Type, values: Type, *others: Type, **statics: Any) -> Type:
        return array_of("float64", unit_axes_of(others[axes]))

    places = ", ".join(f"_{2 + axes + k}_" for k in range(axes))

    @_declared(f"grid_of_{axes}", [f"x{k}" for k in range(axes)], axes, typed, f"_0_(({places},))")
    def at(table: Node, values: Node, *others: Node, filled: bool, ascending: bool) -> Node:
        """The mean of the corners around each place."""
        return mean_of_corners(values, others[:axes], others[axes:], filled, ascending)

    return at


@functools.cache
def grid_at_points(axes: int) -> ArrayDefined:
    """What is read at points that are the rows of an array, or at one that is given by an array."""

    def typed(table: Type, values: Type, *others: Type, **statics: Any) -> Type:
        return array_of("float64", unit_axes_of(others[axes])[:-1] or (True,))

    place = f"_{2 + axes}_"

    @_declared(f"grid_of_{axes}_at_points", ["points"], axes, typed, f"_0_({place})")
    def at(table: Node, values: Node, *others: Node, filled: bool, ascending: bool) -> Node:
        """The mean of the corners around each point."""
        points = others[axes]
        places = [entry_along(points, -1, k) for k in range(axes)]
        found = mean_of_corners(values, others[:axes], places, filled, ascending)
        single = len(unit_axes_of(points.type)) == 1
        return expand_dims(found, axis=0) if single else found

    return at


def _declared(
    name: str, places: list[str], axes: int, typed: Any, written: str
) -> Callable[[Callable[..., Node]], ArrayDefined]:
    names = ["table", "values", *(f"g{k}" for k in range(axes)), *places]
    signature = f"{', '.join(names)}, filled=False, ascending=False"
    return array_defined(
        name, signature=signature, arrays=len(names), typed=typed, written=written,
        cost=Cost.FUNCTION,
    )  # fmt: skip


def mean_of_corners(
    values: Node, grids: Sequence[Node], places: Sequence[Node], filled: bool, ascending: bool
) -> Node:
    """The weighted mean of the corners around places; 0 outside where that is filled."""
    corners: list[tuple[Any, Any]] = []
    outside: Any = None
    for grid, place in zip(grids, places, strict=True):
        first, last = (read_at(grid, grid.graph.constant(k)) for k in (0, -1))
        if not ascending:
            raise_where(TABLE["less"](last, first), raised(grid.graph, DESCENDING))
        behind = TABLE["clip"](searchsorted(grid, place), 1, dimension(grid, axis=0) - 1)
        before = behind - 1
        low, high = read_at(grid, before), read_at(grid, behind)
        weight = (place - low) / (high - low)
        corners.append(((before, 1.0 - weight), (behind, weight)))
        if filled:
            beyond = TABLE["logical_or"](TABLE["less"](place, first), TABLE["greater"](place, last))
            outside = beyond if outside is None else TABLE["logical_or"](outside, beyond)
    flat = ravel(values)
    total: Any = None
    for chosen in itertools.product(*corners):
        position, share = chosen[0]
        for axis, (place, weight) in enumerate(chosen[1:], 1):
            position = position * dimension(values, axis=axis) + place
            share = share * weight
        term = share * read_at(flat, position)
        total = term if total is None else total + term
    found: Node = total if outside is None else TABLE["where"](outside, 0.0, total)
    return found
