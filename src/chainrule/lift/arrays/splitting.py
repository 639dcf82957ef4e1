"""``np.split`` and its kin: slices of an array, as many as are known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.types import INT, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import ListBox, Static, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import is_constant

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

UNEQUAL = "ValueError('array split does not result in an equal division')"


def _parts(axis: int | None, unequal: bool = False) -> SpecialForm:
    """A call that splits along ``axis``, or the one that is given, into parts of equal lengths."""
    names = ("ary", "indices_or_sections", "axis")[: 3 if axis is None else 2]

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = bound(names, args, keywords)
        base = given["ary"]
        base = base if self.is_array(base) else self.boxed(self.array_node(base))
        rank = len(unit_axes_of(self.node(base).type))
        chosen = self.static_value(given.get("axis", Static(0)))[1]
        along = (axis if axis is not None else chosen) % rank
        if axis == 1 and rank == 1:
            along = 0
        none = self.graph.constant(None)
        stops = _stops(self, base, given["indices_or_sections"], along, unequal, node)
        box = ListBox()
        found = []
        for start, stop in zip([none, *stops[:-1]], stops, strict=True):
            nodes = (*(none for _ in range(3 * along)), start, stop, none)
            found.append(self.array_item(base, "s" * (along + 1), nodes))
        self.state[box] = found
        return box

    return lift


def _stops(
    self: NumpyCalls, base: Value, sections: Value, axis: int, unequal: bool, node: ast.AST
) -> list[Node]:
    """Where each part ends: the last one at the end of the array."""
    constant = self.graph.constant
    count = self.static_int(sections)
    if count is None:
        return [*(self.node(item) for item in self._entries(sections, node)), constant(None)]
    length = self.length_along(self.node(base), axis)
    size = self.primitive(arithmetic.floor_divide, length, constant(count))
    rest = self.primitive(arithmetic.remainder, length, constant(count))
    stops = [size]
    for k in range(2, count + 1):
        stops.append(self.primitive(arithmetic.multiply, size, constant(k)))
    if not unequal:
        uneven = self.primitive(arithmetic.not_equal, rest, constant(0))
        if not is_constant(uneven, False):
            self.raise_if(uneven, UNEQUAL)
        return stops
    # The first parts have one entry more where it does not come out even.
    more = [
        self.verbatim("min(_0_, _1_)", constant(k), rest, type=INT, pure=True)
        for k in range(1, count)
    ]
    cuts = [self.primitive(arithmetic.add, cut, k) for cut, k in zip(stops[:-1], more, strict=True)]
    return [*cuts, constant(None)]


FORMS: dict[str, SpecialForm] = {
    "numpy.split": _parts(None),
    "numpy.array_split": _parts(None, unequal=True),
    "numpy.hsplit": _parts(1),
    "numpy.vsplit": _parts(0),
}
