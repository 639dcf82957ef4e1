"""``map_coordinates`` of order 1: images that are read between their points."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.graph.types import Array, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, bound
from chainrule.lift.values import Static, Value
from chainrule.primitives.arrays.warped import MODES, map_coordinates

NAMES = ("input", "coordinates", "output", "order", "mode", "cval", "prefilter")


def read_image(self: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``map_coordinates(image, places, order=1)``."""
    given = bound(NAMES, args, keywords)
    known = {
        name: self.static_value(given.get(name, Static(usual)))
        for name, usual in zip(NAMES[2:6], (None, 3, "constant", 0.0), strict=True)
    }
    told = all(each for each, _ in known.values())
    output, order, mode, cval = (found for _, found in known.values())
    if not {"input", "coordinates"} <= set(given) <= set(NAMES) or not told or output is not None:
        raise self.unsupported(
            "this call of `map_coordinates`", "Write its options where it is called.", node
        )
    if order != 1 or mode not in MODES or type(cval) not in (int, float):
        raise self.unsupported(
            "`map_coordinates` that is no straight mean of neighbours",
            "Let it be of order=1, in mode 'constant' or 'nearest'; or read a "
            "RegularGridInterpolator, or a RectBivariateSpline.",
            node,
        )
    image, places = self.array_node(given["input"]), self.array_node(given["coordinates"])
    plain = all(isinstance(a.type, Array) and a.type.dtype == "float64" for a in (image, places))
    if not plain or not unit_axes_of(image.type):
        raise self.unsupported(
            "`map_coordinates` of what are no arrays of float64", "Convert them by astype.", node
        )
    return self.boxed(self.call_array(map_coordinates, (image, places), (mode, float(cval))))
