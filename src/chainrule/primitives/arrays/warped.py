"""Images read between their points: ``scipy.ndimage.map_coordinates`` of order 1.

It is the mean of the corners around each place; what lies outside does not move, as the image ends
there or goes on as it is at its edge.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, unit_axes_of
from chainrule.primitives.arrays.creation import arange
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import entry_along
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.floats import as_float
from chainrule.primitives.grids import mean_of_corners

MODES = ("constant", "nearest")


def _read(image: Type, coordinates: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(coordinates)[1:])


@array_defined(
    "map_coordinates", signature="input, coordinates, mode='constant', cval=0.0", arrays=2,
    typed=_read, cost=Cost.FUNCTION,
    written="scipy.ndimage.map_coordinates(_0_, _1_, order=1, mode=_mode_, cval=_cval_)",
)  # fmt: skip
def map_coordinates(input: Node, coordinates: Node, mode: str, cval: float) -> Node:
    """An image at places between its points."""
    grids, places = [], []
    for axis in range(len(unit_axes_of(input.type))):
        count = dimension(input, axis=axis)
        place = entry_along(coordinates, 0, axis)
        grids.append(as_float(arange(count)))
        places.append(TABLE["clip"](place, 0, count - 1) if mode == "nearest" else place)
    return mean_of_corners(input, grids, places, mode == "constant", True)
