"""Functions of NumPy that are given a function, or that loop: the user's function is read in."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chainrule.graph.block import CONSTANT, ITEM, UNDEFINED
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, INT, unit_axes_of
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, as_mask, bound
from chainrule.lift.values import ArrayBox, Indexed, PartialCall, Static, TupleValue, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import creation, positions, shaping
from chainrule.primitives.control import IF

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def lengths_of(self: NumpyCalls, array: Node) -> list[Node]:
    """The lengths of all axes."""
    return [self.length_along(array, k) for k in range(len(unit_axes_of(array.type)))]


def _broadcast_arrays(
    self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    found, shape = spread(self, args)
    if not shape:
        # Numbers become arrays without axes.
        found = [self.call_array(creation.array_copy, (each,), (None,)) for each in found]
    return TupleValue(tuple(map(self.boxed, found)))


def spread(self: NumpyCalls, args: Sequence[Value]) -> tuple[list[Node], list[Node]]:
    """Arrays repeated to their common shape, and that shape."""
    arrays = [self.array_node(arg) for arg in args]
    rank = max(len(unit_axes_of(array.type)) for array in arrays)
    shape: list[Node] = []
    for position in range(-rank, 0):
        length = self.graph.constant(1)
        for array in arrays:
            units = unit_axes_of(array.type)
            if len(units) >= -position and not units[position]:
                length = self.length_along(array, len(units) + position)
                break
        shape.append(length)
    common = tuple(size is self.graph.constant(1) for size in shape)
    found = [
        array
        if unit_axes_of(array.type) == common
        else self.call_array(shaping.broadcast_to, (array, *shape), ())
        for array in arrays
    ]
    return found, shape


# --- np.vectorize, np.apply_along_axis ----------------------------------------------------


def _vectorize(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    import numpy

    given = bound(("pyfunc", "otypes", "doc", "excluded", "cache", "signature"), args, keywords)
    if set(given) - {"pyfunc", "otypes", "doc", "excluded", "signature"}:
        raise self.unsupported(
            "this call of `np.vectorize`",
            "Call it as np.vectorize(function, otypes=[float]).",
            node,
        )
    kept = ("otypes", "excluded", "signature")
    options = {str(key): given[key] for key in kept if key in given}
    return PartialCall(Static(numpy.vectorize.__call__), (given["pyfunc"],), options)


def vectorized(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.vectorize(function)(*arrays)``: a loop over the entries, as Python's floats."""
    function, *given = args
    typed = "otypes" in keywords
    keywords = dict(keywords)
    known, names = self.static_value(told := keywords.pop("excluded", Static(())))
    excluded = names if known else [self.static_value(e)[1] for e in self.known_items(told) or ()]
    whole = {key: keywords.pop(key) for key in tuple(keywords) if key in excluded}
    if whole:
        function = PartialCall(function, (), whole)
    if "signature" in keywords:
        return _of_parts(self, function, given, keywords, node)
    if set(keywords) - {"otypes"} or not given:
        raise self.unsupported(
            "this call of a vectorized function", "Call it with positional arguments.", node
        )
    if all(not unit_axes_of(self.array_node(arg).type) for arg in given):
        return _checked(self, self.call(function, list(given), {}, node), typed, node)
    arrays, shape = spread(self, given)
    lists = []
    for array in arrays:
        if len(shape) > 1:
            array = self.call_array(shaping.ravel, (array,), ("C",), "method")
        lists.append(self.call_array(creation.to_list, (array,), (), "method"))
    count, _ = self.indexed(lists[0], node)

    def entry(index: Node) -> Value:
        parts = [self.indexed(each, node)[1](index) for each in lists]
        return _checked(self, self.call(function, parts, {}, node), typed, node)

    found = self.node(self.gathered(count, entry, node))
    array = self.call_array(creation.array_of_list, (found,), (None,))
    if len(shape) > 1:
        array = self.call_array(shaping.reshape, (array, *shape), ("C",), "method")
    return self.boxed(array)


def vectorized_object(
    self: NumpyCalls, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """A call of a vectorized function that exists outside of the function."""
    own = {"excluded": Static(tuple(found.excluded))}
    if found.signature:
        own["signature"] = Static(found.signature)
    return vectorized(self, [self.adopt(found.pyfunc, None), *args], {**keywords, **own}, node)


def _of_parts(
    self: NumpyCalls, function: Value, given: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``np.vectorize(function, signature="(n),(n)->()")``: of the rows of what is given."""
    known, text = self.static_value(keywords["signature"])
    taken, _, given_back = (text if known and isinstance(text, str) else "").partition("->")
    cores = [part.count(",") + bool(part.strip()) for part in re.findall(r"\(([^)]*)\)", taken)]
    arrays = [self.array_node(arg) for arg in given]
    more = [
        len(unit_axes_of(array.type)) - core for array, core in zip(arrays, cores, strict=False)
    ]
    plain = len(cores) == len(arrays) and given_back.count("(") == 1 and {*more} <= {0, 1}
    if not plain or set(keywords) - {"signature", "otypes"}:
        raise self.unsupported(
            "this call of a vectorized function with a signature",
            "Give it rows of what the function takes, or that itself, and let it return one array.",
            node,
        )
    if not any(more):
        return self.call(function, list(map(self.boxed, arrays)), {}, node)
    rows = [self.indexed(self.boxed(a), node) if each else None
            for a, each in zip(arrays, more, strict=True)]  # fmt: skip
    count = next(row for row in rows if row is not None)[0]

    def entry(index: Node) -> Value:
        parts = [
            self.boxed(array) if row is None else row[1](index)
            for array, row in zip(arrays, rows, strict=True)
        ]
        return self.call(function, parts, {}, node)

    import numpy

    return self.call(Static(numpy.array), [self.gathered(count, entry, node)], {}, node)


def _checked(self: NumpyCalls, value: Value, typed: bool, node: ast.AST) -> Value:
    """A result of a vectorized function: one that is sometimes an int decides the dtype."""
    found = self.node(value)
    if _always_float(found) or (typed and found.type in (FLOAT, INT)):
        return value
    raise self.unsupported(
        "`np.vectorize` of a function that may give ints or no numbers, which then decide the "
        "dtype of all",
        "Let it give floats on every path (0.0 for 0), and give otypes=[float].",
        node,
    )


def _always_float(node: Node) -> bool:
    """Whether a number is certainly no int, whichever branch was run."""
    if node.op is ITEM and node.args[0].op is IF:
        then, orelse = node.args[0].params[:2]
        position = int(str(node.params[0]))
        return all(_always_float(getattr(arm, "results")[position]) for arm in (then, orelse))  # noqa: B009
    if node.op is CONSTANT:
        return isinstance(node.params[0], float)
    # On a path that returns otherwise there is no number, and nobody reads one.
    return node.op is UNDEFINED or (node.type == FLOAT and node.op is not ITEM)


def _apply_along_axis(
    self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    names = ("func1d", "axis", "arr")
    given = dict(zip(names, args, strict=False)) | {
        key: value for key, value in keywords.items() if key in names
    }
    rest = {key: value for key, value in keywords.items() if key not in names}
    function, array = given["func1d"], self.array_node(given["arr"])
    rank = len(unit_axes_of(array.type))
    axis = self.static_int(given["axis"])
    if axis is None:
        raise self.unsupported(
            "an axis that is known at run time only", "Give it as a constant.", node
        )
    if not rank:
        raise self.unsupported("`np.apply_along_axis` of a number", "Give it an array.", node)
    axis %= rank
    if rank == 1:
        import numpy

        before = dict(self.state)
        entry = self.boxed(array)
        found = self.call(function, [entry, *args[3:]], rest, node)
        made = isinstance(found, ArrayBox) and found is not entry and found not in before
        # What is given back is a new array, also of a number.
        return found if made else self.call(Static(numpy.array), [found], {}, node)
    lengths = lengths_of(self, array)
    constant = self.graph.constant
    if axis != rank - 1:
        array = self.call_array(shaping.moveaxis, (array,), (axis, -1))
    outer = [length for k, length in enumerate(lengths) if k != axis]
    rows = array
    if rank > 2:
        rows = self.call_array(
            shaping.reshape, (array, constant(-1), lengths[axis]), ("C",), "method"
        )
    base = self.boxed(rows)

    def row(index: Node) -> Value:
        return self.call(function, [self.array_item(base, "i", (index,)), *args[3:]], rest, node)

    found = self.node(self.gathered(self.length_of(base), row, node))
    result = self.call_array(creation.array_of_list, (found,), (None,))
    own = lengths_of(self, result)[1:]
    if rank > 2:
        result = self.call_array(shaping.reshape, (result, *outer, *own), ("C",), "method")
    if own and axis != rank - 1:
        sources = tuple(range(rank - 1, rank - 1 + len(own)))
        targets = tuple(range(axis, axis + len(own)))
        result = self.call_array(shaping.moveaxis, (result,), (sources, targets))
    return self.boxed(result)


def _fromfunction(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("function", "shape"), args, keywords)
    function, shape = given.pop("function"), given.pop("shape")
    kind = self.static_value(given.pop("dtype", Static(float)))[1]
    sizes = self.sizes(shape, node)
    grid = self.call_array(positions.indices, tuple(sizes), ())
    if self.dtype_name(kind, node) != "int64":
        dtype = self.dtype_name(kind, node)
        grid = self.call_array(creation.astype, (grid,), (dtype,), "method")
    base = self.boxed(grid)
    rows = [self.array_item(base, "i", (self.graph.constant(k),)) for k in range(len(sizes))]
    return self.call(function, rows, given, node)


# --- np.piecewise --------------------------------------------------------------------------


def _piecewise(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    conditions = self.known_items(args[1])
    functions = self.known_items(args[2])
    if conditions is None or functions is None:
        raise self.unsupported(
            "`np.piecewise` of lists whose length is known at run time only", "Use np.where.", node
        )
    masks = [as_mask(self, condition) for condition in conditions]
    if unit_axes_of(array.type):
        return _filled_by_piece(self, array, masks, functions, (args[3:], keywords), node)
    if array.type != FLOAT:
        raise self.unsupported(
            "`np.piecewise` of a whole number, which cuts off fractions", "Give it a float.", node
        )
    found: Value = self.graph.constant(0.0)
    if len(functions) > len(masks):
        found = _piece(self, functions[-1], array, (args[3:], keywords), node)
    more = (args[3:], keywords)
    for mask, function in zip(masks, functions, strict=False):
        found = self.choose(
            self.predicate(mask),
            functools.partial(_piece, self, function, array, more, node),
            functools.partial(self.read, found),
            "expression",
        )
    # It goes into an array like the first argument, which has no axes.
    return self.call_array(creation.array_copy, (self.array_node(found),), ("float64",))


def _piece(
    self: NumpyCalls, function: Value, part: Value, more: tuple[Arguments, Keywords], node: ast.AST
) -> Value:
    """One piece: the function of the entries there, or a number."""
    value = self.read(function)
    known, found = self.static_value(value)
    if isinstance(value, Node) or (known and not callable(found)):
        return value
    return self.call(value, [part, *more[0]], more[1], node)


def _filled_by_piece(
    self: NumpyCalls,
    array: Node,
    masks: list[Node],
    functions: list[Value],
    more: tuple[Arguments, Keywords],
    node: ast.AST,
) -> Value:
    if len(functions) > len(masks):
        covered = masks[0]
        for mask in masks[1:]:
            covered = self.primitive(_table("logical_or"), covered, mask)
        masks = [*masks, self.primitive(_table("logical_not"), covered)]
    result = self.boxed(self.call_array(creation.zeros_like, (array,), (None,)))
    base = self.boxed(array)
    for mask, function in zip(masks, functions, strict=True):
        value = self.read(function)
        number = isinstance(value, Node) or not callable(self.static_value(value)[1] or _table)
        part = value if number else self.array_item(base, "m", (mask,))
        piece = _piece(self, function, part, more, node)
        self.write_array(result, "m", (mask,), piece, node)
    return result


def _table(name: str) -> Any:
    from chainrule.primitives.declare import TABLE

    return TABLE[name]


# --- np.ndindex, np.ndenumerate -----------------------------------------------------------


def _places(self: NumpyCalls, shape: list[Node]) -> tuple[Node, Callable[[Node], TupleValue]]:
    """``(count, positions at index)`` of all positions in a shape, the last axis fastest."""
    count = shape[0] if shape else self.graph.constant(1)
    for size in shape[1:]:
        count = self.primitive(arithmetic.multiply, count, size)

    def at(index: Node) -> TupleValue:
        found: list[Value] = []
        rest = index
        for size in reversed(shape[1:]):
            found.insert(0, self.primitive(arithmetic.remainder, rest, size))
            rest = self.primitive(arithmetic.floor_divide, rest, size)
        return TupleValue((rest, *found) if shape else ())

    return count, at


def _ndindex(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    shape = self.sizes(args[0] if len(args) == 1 else TupleValue(tuple(args)), node)
    return Indexed(*_places(self, shape))


def _ndenumerate(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    base = args[0] if self.is_array(args[0]) else self.boxed(array)
    count, places = _places(self, lengths_of(self, array))

    def at(index: Node) -> Value:
        place = places(index)
        entry = self.array_item(base, "i" * len(place.items), tuple(map(self.node, place.items)))
        return TupleValue((place, entry))

    return Indexed(count, at)


def _nditer(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    raise self.unsupported(
        "`np.nditer`, whose order is that of the memory",
        "Loop over x.ravel(), or over np.ndenumerate(x).",
        node,
    )


FORMS: dict[str, SpecialForm] = {
    "numpy.broadcast_arrays": _broadcast_arrays,
    "numpy.vectorize": _vectorize,
    "numpy.vectorize.__call__": vectorized,
    "numpy.apply_along_axis": _apply_along_axis,
    "numpy.fromfunction": _fromfunction,
    "numpy.piecewise": _piecewise,
    "numpy.ndindex": _ndindex,
    "numpy.ndenumerate": _ndenumerate,
    "numpy.nditer": _nditer,
}
