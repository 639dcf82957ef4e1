"""Functions and methods of NumPy that write into an array that they are given.

Each is an update of the array: a new version of it, with the subscripts that say where.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import INT, dtype_of, unit_axes_of
from chainrule.lift.values import Static, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import creation, indexing, rearranging, shaping
from chainrule.primitives.arrays.call import ArrayCall

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

Arguments = list[Value]
Keywords = dict[str, Value]
SpecialForm = Callable[[Any, Arguments, Keywords, ast.AST], Value]


def bound(names: tuple[str, ...], args: Arguments, keywords: Keywords) -> dict[str, Value]:
    """Arguments by the names that NumPy gives them."""
    return dict(zip(names, args, strict=False)) | keywords


def rank(self: NumpyCalls, value: Value) -> int:
    """How many axes a value has as an array."""
    return len(unit_axes_of(self.array_node(value).type))


def as_mask(self: NumpyCalls, value: Value) -> Node:
    """What is given for a mask: numbers as they are would be taken for positions."""
    mask = self.array_node(value)
    if dtype_of(mask.type) == "bool" or not unit_axes_of(mask.type):
        return mask
    return self.primitive(arithmetic.not_equal, mask, self.graph.constant(0))


def picked(self: NumpyCalls, value: Value, mask: Node) -> Value:
    """What goes where a mask is true: the entries there, or one number everywhere."""
    array = self.array_node(value)
    axes = len(unit_axes_of(array.type))
    if axes == 0:
        return array
    wanted = len(unit_axes_of(mask.type))
    if axes != wanted or any(unit_axes_of(array.type)):
        sizes = [self.length_along(mask, axis) for axis in range(wanted)]
        array = self.call_array(shaping.broadcast_to, (array, *sizes), ())
    return self.boxed(self.block.add(indexing.section, (array, mask), ("m",)))


def _fill_diagonal(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    matrix = self.array_node(args[0])
    if keywords or len(args) != 2 or len(unit_axes_of(matrix.type)) != 2:
        raise self.unsupported(
            "this call of `np.fill_diagonal`", "Call it as np.fill_diagonal(matrix, values).", node
        )
    rows, columns = (self.length_along(matrix, axis) for axis in (0, 1))
    if rows is not columns:
        rows = self.verbatim("min(_0_, _1_)", rows, columns, type=INT, pure=True)
    along = self.call_array(creation.arange, (rows,), (None,))
    self.write_array(args[0], "uu", (along, along), args[1], node)
    return Static(None)


def _copyto(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("dst", "src", "casting", "where"), args, keywords)
    target, where = given["dst"], given.get("where", Static(True))
    if self.static_value(where) == (True, True):
        self.write_array(target, "e", (), given["src"], node)
    else:
        mask = self.array_node(where)
        self.write_array(target, "m", (mask,), picked(self, given["src"], mask), node)
    return Static(None)


def _putmask(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "mask", "values"), args, keywords)
    mask = as_mask(self, given["mask"])
    if rank(self, given["values"]) not in (0, len(unit_axes_of(mask.type))):
        raise self.unsupported(
            "`np.putmask` with values of another shape", "Write it as a[mask] = values.", node
        )
    self.write_array(given["a"], "m", (mask,), picked(self, given["values"], mask), node)
    return Static(None)


def _place(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("arr", "mask", "vals"), args, keywords)
    values = self.known_items(given["vals"])
    if values is not None and len(values) == 1:
        (value,) = values
    elif rank(self, given["vals"]) == 0:
        value = given["vals"]
    else:
        raise self.unsupported(
            "`np.place` with several values", "Write it as arr[mask] = values.", node
        )
    self.write_array(given["arr"], "m", (as_mask(self, given["mask"]),), value, node)
    return Static(None)


def _put(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "ind", "v"), args, keywords)
    positions = self.array_node(given["ind"])
    pattern = "a" if unit_axes_of(positions.type) else "i"
    self.write_array(self.flat_view(given["a"]), pattern, (positions,), given["v"], node)
    return Static(None)


def _put_along_axis(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("arr", "indices", "values", "axis"), args, keywords)
    axis = self.static_int(given["axis"])
    if axis is None:
        raise self.unsupported(
            "`np.put_along_axis` without an axis", "Give it as a constant.", node
        )
    base, positions = self.array_node(given["arr"]), self.array_node(given["indices"])
    axes = len(unit_axes_of(base.type))
    nodes = []
    for k in range(axes):
        if k == axis % axes:
            nodes.append(positions)
            continue
        rows = self.call_array(creation.arange, (self.length_along(base, k),), (None,))
        others = tuple(j for j in range(axes) if j != k)
        nodes.append(self.call_array(shaping.expand_dims, (rows,), (others,)))
    self.write_array(given["arr"], "a" * axes, tuple(nodes), given["values"], node)
    return Static(None)


def _added_at(sign: int) -> SpecialForm:
    """``np.add.at``: entries are added one after the other, also where positions repeat."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        target, where, value = bound(("a", "indices", "b"), args, keywords).values()
        pattern, nodes = self.subscript_values(where, node)
        if sign < 0:
            value = self.boxed(self.primitive(arithmetic.negative, self.array_node(value)))
        self.write_array(target, pattern, nodes, value, node, adds=True)
        return Static(None)

    return lift


def _sorted_in_place(op: ArrayCall) -> Callable[..., Value]:
    """``a.sort()``: the array gets its own entries in another order."""

    def lift(
        self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        new = self.bound_call(op, [owner, *args], keywords, node, "function")
        self.write_array(owner, "e", (), new, node)
        return Static(None)

    return lift


def _fill(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.write_array(owner, "e", (), args[0], node)
    return Static(None)


def _put_method(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return _put(self, [owner, *args], keywords, node)


FORMS: dict[str, SpecialForm] = {
    "numpy.fill_diagonal": _fill_diagonal,
    "numpy.copyto": _copyto,
    "numpy.putmask": _putmask,
    "numpy.place": _place,
    "numpy.put": _put,
    "numpy.put_along_axis": _put_along_axis,
    "numpy.add.at": _added_at(1),
    "numpy.subtract.at": _added_at(-1),
}
METHODS: dict[str, Callable[..., Value]] = {
    "fill": _fill,
    "sort": _sorted_in_place(rearranging.sort),
    "partition": _sorted_in_place(rearranging.partition),
    "put": _put_method,
}
