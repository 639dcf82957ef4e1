"""``np.pad`` by widths that are known at run time only.

Numbers are written around the array; in the modes that repeat entries of it these are picked::

    np.pad(x, r, mode="edge")          x[np.pad(np.arange(len(x)), r, mode="edge")]
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import INT, array_of, dtype_of, unit_axes_of
from chainrule.lift.arrays.updates import SpecialForm
from chainrule.lift.library.builtins import Arguments, Keywords
from chainrule.lift.values import Static, TupleValue, Value
from chainrule.primitives.arrays import rearranging

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

# How many entries stand before and behind.
Pair = tuple[Node, Node]
# What repeats entries of the array; others compute from them, or are functions.
PICKING = ("edge", "reflect", "symmetric", "wrap")


def _pad(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    state, mark = dict(self.state), len(self.block.steps)
    try:
        return self.bound_call(rearranging.pad, args, keywords, node, "function")
    except UnsupportedError as refusal:
        self.give_up(state, mark)
        found = _by_places(self, args, keywords, node)
        if found is None:
            raise refusal
        return found


def _by_places(
    self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value | None:
    """The array by ints of the program as widths; None where that is not understood."""
    given = dict(zip(("array", "pad_width", "mode"), args, strict=False)) | dict(keywords)
    known, mode = self.static_value(given.get("mode", Static("constant")))
    if set(given) != {"array", "pad_width"} | ({"mode"} & set(given)) or not known:
        return None
    array = self.array_node(given["array"])
    rank = len(unit_axes_of(array.type))
    widths = _widths(self, given["pad_width"], rank)
    if widths is None or not rank or mode not in (*PICKING, "constant"):
        return None
    found: Value = self.boxed(array)
    for axis, pair in enumerate(widths):
        if mode == "constant":
            found = _between_zeros(self, found, axis, pair, node)
        else:
            found = _picked(self, found, axis, pair, mode, node)
    return found


def _length(self: NumpyCalls, array: Value, axis: int, node: ast.AST) -> Value:
    shape = self.attribute(array, "shape", node)
    return self.item(shape, self.graph.constant(axis), node)


def _picked(
    self: NumpyCalls, array: Value, axis: int, pair: Pair, mode: str, node: ast.AST
) -> Value:
    """The entries of an array at the places that padding gives along an axis."""
    numpy: Any = sys.modules["numpy"]
    places = self.call(Static(numpy.arange), [_length(self, array, axis, node)], {}, node)
    args = (self.static_node(Static(numpy)), self.array_node(places), *pair)
    text = f"_0_.pad(_1_, (_2_, _3_), mode={mode!r})"
    where = self.verbatim(text, *args, type=array_of("int64", (False,)))
    self.graph.names.setdefault(where, "places")
    along: Keywords = {"axis": self.graph.constant(axis)}
    return self.call(Static(numpy.take), [array, self.boxed(where)], along, node)


def _between_zeros(self: NumpyCalls, array: Value, axis: int, pair: Pair, node: ast.AST) -> Value:
    """An array with so many zeros before and behind it along an axis."""
    numpy: Any = sys.modules["numpy"]
    kind = dtype_of(self.array_node(array).type)
    dtype: Keywords = {} if kind == "float64" else {"dtype": Static(kind)}

    def zeros(width: Node) -> Value:
        rank = len(unit_axes_of(self.array_node(array).type))
        lengths = [width if k == axis else _length(self, array, k, node) for k in range(rank)]
        shape = TupleValue(tuple(lengths)) if rank > 1 else width
        return self.call(Static(numpy.zeros), [shape], dtype, node)

    parts = TupleValue((zeros(pair[0]), array, zeros(pair[1])))
    return self.call(Static(numpy.concatenate), [parts], {"axis": self.graph.constant(axis)}, node)


def _widths(self: NumpyCalls, width: Value, rank: int) -> list[Pair] | None:
    """Per axis what stands before and behind; None where it is no int or pairs of such."""
    width = self.read(width)
    if isinstance(width, TupleValue):
        parts = [self.read(item) for item in width.items]
        if len(parts) == rank and all(isinstance(part, TupleValue) for part in parts):
            found = [_pair(self, part) for part in parts]
            return None if None in found else [pair for pair in found if pair is not None]
    pair = _pair(self, width)
    return None if pair is None else [pair] * rank


def _pair(self: NumpyCalls, width: Value) -> Pair | None:
    items = width.items if isinstance(width, TupleValue) else (width,)
    nodes = [self.node(item) for item in items if not isinstance(item, TupleValue)]
    if len(nodes) != len(items) or len(nodes) > 2 or any(each.type != INT for each in nodes):
        return None
    return nodes[0], nodes[-1]


FORMS: dict[str, SpecialForm] = {"numpy.pad": _pad}
