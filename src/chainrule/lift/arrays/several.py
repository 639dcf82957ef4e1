"""Functions of NumPy that are several calls: weights returned, slopes by axis, blocks."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.types import dtype_of, unit_axes_of
from chainrule.lift.arrays.positions import named
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import ListBox, Static, TupleValue, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import (
    creation,
    fits,
    rearranging,
    reductions,
    regression,
    shaping,
    statistics,
    windows,
)
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.declare import TABLE

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def _average(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "axis", "weights", "returned"), args, keywords)
    returned = self.static_value(given.pop("returned", Static(False)))[1]
    weights = given.pop("weights", Static(None))
    array = given.pop("a")
    if self.static_value(weights) == (True, None):
        found = self.bound_call(reductions.mean, [array], given, node, "function")
        if not returned:
            return found
        sizes = [
            self.call_array(shaping.size_of, (self.array_node(each),), (), "attribute")
            if unit_axes_of(self.array_node(each).type)
            else self.graph.constant(1)
            for each in (array, found)
        ]
        total: Value = self.primitive(arithmetic.divide, *sizes)
    else:
        found = self.bound_call(
            statistics.weighted_average, [array, weights], given, node, "function"
        )
        if not returned:
            return found
        same = len(unit_axes_of(self.array_node(weights).type)) == len(
            unit_axes_of(self.array_node(array).type)
        )
        total = self.bound_call(
            reductions.array_sum, [weights], given if same else {}, node, "function"
        )
    shape = [
        self.length_along(self.array_node(found), k)
        for k in range(len(unit_axes_of(self.array_node(found).type)))
    ]
    if shape and unit_axes_of(self.array_node(total).type) != unit_axes_of(
        self.array_node(found).type
    ):
        total = self.boxed(
            self.call_array(shaping.broadcast_to, (self.array_node(total), *shape), ())
        )
    return TupleValue((found, total))


def _gradient(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = args[0]
    rank = len(unit_axes_of(self.array_node(array).type))
    _, given = self.static_value(keywords.get("axis", Static(None)))
    axes = [given] if isinstance(given, int) else list(given or range(rank))
    options = {name: value for name, value in keywords.items() if name != "axis"}
    spacings = args[1:] if len(args) > 2 else args[1:] * len(axes)
    found = []
    for position, axis in enumerate(axes):
        along = {**options, **({"axis": self.graph.constant(axis)} if rank > 1 else {})}
        if spacings:
            both = [array, spacings[position]]
            found.append(self.bound_call(windows.gradient_over, both, along, node, "function"))
        else:
            found.append(self.bound_call(windows.gradient, [array], along, node, "function"))
    if len(found) == 1 and not isinstance(given, tuple):
        return found[0]
    return TupleValue(tuple(found))


def _diff(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "n", "axis", "prepend", "append"), args, keywords)
    array = self.array_node(given.pop("a"))
    rank = len(unit_axes_of(array.type))
    if rank == 0:
        self.check_known(array)
        raise self.unsupported("`np.diff` of a number", "Give it an array.", node)
    axis = (self.static_int(given.get("axis", self.graph.constant(-1))) or 0) % rank
    parts = [array]
    for name, place in (("prepend", 0), ("append", 2)):
        value = given.pop(name, Static(None))
        if self.static_value(value) == (True, None):
            continue
        part = self.array_node(value)
        if not unit_axes_of(part.type):
            sizes = [self.length_along(array, k) for k in range(rank)]
            sizes[axis] = self.graph.constant(1)
            part = self.call_array(shaping.broadcast_to, (part, *sizes), ())
        parts.insert(place, part)
    if len(parts) > 1:
        array = self.call_array(shaping.concatenate, tuple(parts), (axis,))
    return self.bound_call(statistics.diff, [self.boxed(array)], given, node, "function")


def _differences(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.ediff1d``: differences of neighbours between what ``to_begin`` and ``to_end`` hold."""
    given = bound(("ary", "to_end", "to_begin"), args, keywords)
    begin, end = (given.pop(name, Static(None)) for name in ("to_begin", "to_end"))
    found = self.bound_call(statistics.ediff1d, [], given, node, "function")
    parts = [self.array_node(found)]
    for place, value in ((0, begin), (2, end)):
        if self.static_value(value) != (True, None):
            part = self.array_node(value)
            rank = len(unit_axes_of(part.type))
            if rank == 0:
                part = self.block.add(creation.literal, (part,), ((1,), None))
            elif rank > 1:
                part = self.call_array(shaping.ravel, (part,), ("C",))
            parts.insert(place, part)
    if len(parts) == 1:
        return found
    return self.boxed(self.call_array(shaping.concatenate, tuple(parts), (0,)))


def _block(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    depth, ranks = _depth(self, args[0]), _ranks(self, args[0])
    rank = max(depth, *ranks)
    return self.boxed(_assembled(self, args[0], depth, rank))


def _items(self: NumpyCalls, value: Value) -> list[Value] | None:
    value = self.read(value)
    return self.known_items(value) if isinstance(value, ListBox) else None


def _depth(self: NumpyCalls, value: Value) -> int:
    items = None if self.is_array(value) else _items(self, value)
    return 0 if items is None else 1 + max(_depth(self, item) for item in items)


def _ranks(self: NumpyCalls, value: Value) -> list[int]:
    items = None if self.is_array(value) else _items(self, value)
    if items is None:
        return [len(unit_axes_of(self.array_node(value).type))]
    return [rank for item in items for rank in _ranks(self, item)]


def _assembled(self: NumpyCalls, value: Value, depth: int, rank: int) -> Node:
    """Blocks of one level side by side along the axis that their depth means."""
    items = None if self.is_array(value) else _items(self, value)
    if items is None:
        array = self.array_node(value)
        have = len(unit_axes_of(array.type))
        if have == 0:
            return self.block.add(creation.literal, (array,), ((1,) * rank, None))
        if have < rank:
            axes = tuple(range(rank - have))
            array = self.call_array(shaping.expand_dims, (array,), (axes,))
        return array
    parts = [_assembled(self, item, depth - 1, rank) for item in items]
    return self.call_array(shaping.concatenate, tuple(parts), (-depth,))


def _unstack(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """The parts of an array along an axis, as a list that is made when it runs."""
    axis = self.static_int(keywords.get("axis", self.graph.constant(0)))
    array = args[0]
    if axis:
        array = self.bound_call(
            shaping.moveaxis,
            [array, self.graph.constant(axis), self.graph.constant(0)],
            {},
            node,
            "function",
        )
    return self.as_list(array, node)


def _eye(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("N", "M", "k", "dtype"), args, keywords)
    sizes = [given.pop("N")]
    columns = given.pop("M", Static(None))
    if self.static_value(columns) != (True, None):
        sizes.append(columns)
    return self.bound_call(creation.eye, [TupleValue(tuple(sizes))], given, node, "function")


def _line(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.linspace``, whose step may be asked for besides, and whose entries may be rounded."""
    names = ("start", "stop", "num", "endpoint", "retstep", "dtype", "axis")
    given = bound(names, args, keywords)
    known, with_step = self.static_value(given.pop("retstep", Static(False)))
    kind, dtype = self.static_value(given.get("dtype", Static(None)))
    if not known or not isinstance(with_step, bool):
        raise self.unsupported("`retstep` that is no constant", "Write True or False.", node)
    rounded = kind and dtype is not None and self.dtype_name(dtype, node).startswith(("int", "u"))
    if rounded:
        del given["dtype"]
    line = self.bound_call(creation.linspace, [], given, node, "function")
    if rounded:
        whole = self.primitive(TABLE["floor"], self.node(line), params=("numpy.floor",))
        asked = {"dtype": Static(dtype)}
        line = self.bound_call(creation.astype, [self.boxed(whole)], asked, node, "method")
    if not with_step:
        return line
    gaps = self.node(given.get("num", self.graph.constant(50)))
    start, stop = (self.array_node(given[name]) for name in ("start", "stop"))
    number = self.static_int(gaps)
    if self.static_value(given.get("endpoint", Static(True))) != (True, True):
        pass
    elif number is not None:
        gaps, number = self.graph.constant(number - 1), number - 1
    else:
        gaps = self.primitive(arithmetic.subtract, gaps, self.graph.constant(1))

    def step() -> Value:
        width = self.primitive(arithmetic.subtract, stop, start)
        return self.boxed(self.primitive(arithmetic.divide, width, gaps))

    if number:
        return TupleValue((line, step()))
    some = self.predicate(self.compare(ast.Gt, gaps, self.graph.constant(0), node))
    nothing = self.graph.constant(math.nan)
    return TupleValue((line, self.choose(some, step, lambda: nothing, "expression")))


def _divmod(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.divmod(x, y)``: what ``//`` and ``%`` give."""
    both = [self.array_node(arg) for arg in args[:2]]
    if keywords or len(args) != 2:
        raise self.unsupported("this call of `np.divmod`", "Call it as np.divmod(x, y).", node)
    parts = [
        self.primitive(TABLE[name], *both, params=(f"numpy.{name}",))
        for name in ("floor_divide", "remainder")
    ]
    return TupleValue(tuple(map(self.boxed, parts)))


def _from_items(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.fromiter(items, dtype)``: the array of a list of these."""
    given = bound(("iter", "dtype", "count"), args, keywords)
    if set(given) != {"iter", "dtype"}:
        raise self.unsupported(
            "`np.fromiter` with a count", "Give it the items and a dtype alone.", node
        )
    listed = self.as_list(given["iter"], node)
    import numpy

    return self.call(Static(numpy.array), [listed], {"dtype": given["dtype"]}, node)


def _polynomial_fit(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    names = ("x", "y", "deg", "rcond", "full", "w", "cov")
    given = bound(names, args, keywords)
    for name, usual in (("rcond", None), ("full", False), ("cov", False)):
        if self.static_value(given.pop(name, Static(usual))) != (True, usual):
            raise self.unsupported(
                f"`np.polyfit` with `{name}`", "Take the coefficients alone.", node
            )
    weighted = self.static_value(given.get("w", Static(None))) != (True, None)
    if not weighted:
        given.pop("w", None)
    if self.static_int(given["deg"]) is None:
        raise self.unsupported(
            "`np.polyfit` of a degree that is known at run time only", "Write the degree.", node
        )
    op = fits.polyfit_weighted if weighted else fits.polyfit
    return self.bound_call(op, [], given, node, "function")


def _roll_axis(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.rollaxis``: one axis moved before another."""
    given = bound(("a", "axis", "start"), args, keywords)
    rank = len(unit_axes_of(self.array_node(given["a"]).type))
    axis = self.static_int(given["axis"])
    start = self.static_int(given.get("start", self.graph.constant(0)))
    if axis is None or start is None:
        raise self.unsupported(
            "an axis of `np.rollaxis` that is known at run time only", "Write the axis.", node
        )
    axis, start = axis % rank, start + rank if start < 0 else start
    places = [self.graph.constant(k) for k in (axis, start - 1 if axis < start else start)]
    return self.bound_call(shaping.moveaxis, [given["a"], *places], {}, node, "function")


def _like(name: str) -> SpecialForm:
    """``np.zeros_like`` and its kin, in the shape of an array or in one of its own."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        names = ("a", "fill_value", "dtype") if name == "full" else ("a", "dtype")
        given = bound((*names, "order", "subok", "shape"), args, keywords)
        shape = given.pop("shape", Static(None))
        if self.static_value(shape) == (True, None):
            op = LIKE[name]
        else:
            op = OF_SHAPE[name]
            given.setdefault("dtype", Static(dtype_of(self.array_node(given.pop("a")).type)))
            given["shape"] = shape
        assert isinstance(op, ArrayCall)
        return self.bound_call(op, [], given, node, "function")

    return lift


LIKE = {
    "zeros": creation.zeros_like,
    "ones": creation.ones_like,
    "empty": creation.empty_like,
    "full": creation.full_like,
}
OF_SHAPE = {
    "zeros": creation.zeros,
    "ones": creation.ones,
    "empty": creation.empty,
    "full": creation.full,
}


def _partition(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("a", "kth", "axis"), args, keywords)
    known, _ = self.static_value(given["kth"])
    op = rearranging.partition if known else rearranging.partition_at
    return self.bound_call(op, [], given, node, "function")


def _require(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.require(a, dtype, requirements)``: the array itself where it is as required."""
    import numpy

    given = bound(("a", "dtype", "requirements"), args, keywords)
    words = given.get("requirements", Static(""))
    items = self.known_items(words)
    known, text = self.static_value(words)
    flags = [self.static_value(item)[1] for item in items or ()]
    if items is None:
        flags = list(text or "") if known else [None]
    asked = [ORDER_OF.get(str(flag).upper()) for flag in flags]
    orders = sorted({order for order in asked if order})
    if None in asked or len(orders) > 1:
        raise self.unsupported(
            "these requirements of `np.require`", "Give them as constants such as 'C'.", node
        )
    options = {"dtype": given["dtype"]} if "dtype" in given else {}
    if orders:
        options["order"] = Static(orders[0])
    found = self.call(Static(numpy.asanyarray), [given["a"]], options, node)
    if "" in asked and self.is_array(found):
        # It is a copy where nobody may write to the argument.
        found = self.boxed(self.node(found))
        self.may_share(found, given["a"])
    return found


def _as_strided(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    raise self.unsupported(
        "`as_strided`, which looks at memory as it lies",
        "Use np.lib.stride_tricks.sliding_window_view, a reshape or slices.",
        node,
    )


# The orders in memory that the requirements ask for; the others are properties of its memory.
ORDER_OF = {
    **dict.fromkeys(("C", "C_CONTIGUOUS", "CONTIGUOUS"), "C"),
    **dict.fromkeys(("F", "F_CONTIGUOUS", "FORTRAN"), "F"),
    **dict.fromkeys(("A", "ALIGNED", "W", "WRITEABLE", "O", "OWNDATA"), ""),
}


def _of_vectors(form: SpecialForm) -> SpecialForm:
    """A function of two samples, which SciPy takes column by column where they have more axes."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = bound(("x", "y"), args, keywords)
        for name in ("x", "y"):
            if name in given and len(unit_axes_of(self.array_node(given[name]).type)) > 1:
                raise self.unsupported(
                    f"`{name}` with several axes", "Call it for each column, in a loop.", node
                )
        return form(self, args, keywords, node)

    return lift


FORMS: dict[str, SpecialForm] = {
    "numpy.divmod": _divmod,
    "numpy.linspace": _line,
    "numpy.fromiter": _from_items,
    "numpy.polyfit": _polynomial_fit,
    "numpy.rollaxis": _roll_axis,
    "numpy.average": _average,
    "numpy.gradient": _gradient,
    "numpy.diff": _diff,
    "numpy.ediff1d": _differences,
    "numpy.block": _block,
    "numpy.unstack": _unstack,
    "numpy.eye": _eye,
    **{f"numpy.{name}_like": _like(name) for name in ("zeros", "ones", "empty", "full")},
    "numpy.partition": _partition,
    "numpy.require": _require,
    "numpy.lib.stride_tricks.as_strided": _as_strided,
    "scipy.stats.linregress": _of_vectors(named(regression.linregress, "LinregressResult")),
    "scipy.stats.pearsonr": _of_vectors(named(regression.pearsonr, "PearsonRResult")),
}
