"""Functions of NumPy, and methods of arrays, that are no call of one primitive."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, DYNAMIC, FLOAT, INT, OPAQUE, dtype_of, unit_axes_of, varies
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.arrays.made_of import check_known_axes, check_numbers
from chainrule.lift.arrays.spread_out import joined
from chainrule.lift.arrays.updates import Arguments, Keywords, SpecialForm, bound
from chainrule.lift.values import Static, TupleValue, Value
from chainrule.primitives import sequence
from chainrule.primitives.arrays import (
    covariance,
    creation,
    descriptive,
    indexing,
    integrals,
    linear_algebra,
    missing,
    norms,
    products,
    reductions,
    segments,
    shaping,
    spectra,
    statistics,
)
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.running import extremes_so_far
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.primitives.written import may_be_hole

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls


def array_made(copies: bool, order_of_result: str = "K") -> SpecialForm:
    """``np.array`` and its kin, which copy what is an array already or give it itself."""

    def make(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        if "ndmin" in keywords:
            rest = {name: value for name, value in keywords.items() if name != "ndmin"}
            known, rank = self.static_value(keywords["ndmin"])
            if not known or type(rank) is not int:
                raise self.unsupported(
                    "`ndmin` that is known at run time only", "Give it as a number.", node
                )
            return _at_least(rank)(self, [make(self, args, rest, node)], {}, node)
        value = self.read(args[0])
        dtype = args[1] if len(args) > 1 else keywords.get("dtype")
        wanted = None
        if dtype is not None:
            known, found = self.static_value(dtype)
            wanted = self.dtype_name(found, node) if known and found is not None else None
        copy_flag = self.static_value(keywords["copy"]) if "copy" in keywords else (True, copies)
        unknown = set(keywords) - {"dtype", "copy", "order", "subok"}
        if unknown:
            raise self.unsupported(f"`{sorted(unknown)[0]}` in this call", "Leave it out.", node)
        if self.is_array(value):
            source = self.node(value)
            same = wanted is None or wanted == getattr(source.type, "dtype", None)
            order = self.static_value(keywords.get("order", Static(order_of_result)))[1] or "K"
            if same and copy_flag[1] is not True:
                return self.in_order(value, order)
            form = "method" if same and order == "C" else "function"
            kind = wanted if form == "function" else None
            found = self.boxed(self.call_array(creation.array_copy, (source,), (kind,), form))
            if order != "K" and form == "function":
                self.out_of_order(found)
            return found
        if isinstance(value, Node) and value.type in (FLOAT, INT, BOOL):
            return self.call_array(creation.array_copy, (value,), (wanted,))
        check_known_axes(self, value)
        if isinstance(value, Node) and value.type in (OPAQUE, DYNAMIC):
            # What is a list would be repeated where an array is multiplied.
            numpys = getattr(sys.modules["numpy"], "array" if copies else "asarray")
            options = "" if wanted is None else f", dtype={wanted!r}"
            named = self.static_node(Static(numpys))
            return self.verbatim(f"_1_(_0_{options})", value, named, type=DYNAMIC)
        if isinstance(value, Node) and not isinstance(value.type, SequenceType):
            return value
        check_numbers(self, [value])
        items = self.known_items(value)
        if items is not None:
            return self.boxed(self.literal(items, wanted))
        listed = self.node(value)
        together = joined(self, listed) if wanted in (None, "float64") else None
        if together is not None:
            return self.boxed(together)
        return self.boxed(self.call_array(creation.array_of_list, (listed,), (wanted,)))

    return make


def _at_least(rank: int) -> SpecialForm:
    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        if len(args) != 1:
            return TupleValue(tuple(lift(self, [arg], keywords, node) for arg in args))
        (value,) = args
        array = self.array_node(value)
        have = len(unit_axes_of(array.type))
        if have == 0 and rank:
            computed = isinstance(array.op, Primitive) and array.op.broadcasts
            if not computed:
                # What is kept in the user's words may be an array.
                array = _shaped(self, value, f"atleast_{rank}d", node)
            return self.with_axes(array, rank)
        if have >= rank:
            return value if self.is_array(value) else self.boxed(array)
        base = value if self.is_array(value) else self.boxed(array)
        return self.array_item(base, "n" * (rank - have), ())

    return lift


def _contiguous(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """It gives a number an axis."""
    return _at_least(1)(self, [array_made(False, "C")(self, args, keywords, node)], {}, node)


def _shaped(self: NumpyCalls, value: Value, name: str, node: ast.AST) -> Node:
    """A value as an array, of which it is known how many axes it has."""
    array = self.array_node(value)
    untold = array.type in (OPAQUE, DYNAMIC) and not isinstance(self.read(value), Static)
    if untold or varies(array.type):
        raise self.unsupported(
            f"`np.{name}` of what is no number, list or array", "Make it an array first.", node
        )
    if may_be_hole(array):
        raise self.unsupported(
            f"`np.{name}` of an entry that may still be what its list was filled with",
            "Ask it of what is put into the list, or fill the list with arrays.",
            node,
        )
    return array


def _shape(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = _shaped(self, args[0], "shape", node)
    rank = len(unit_axes_of(array.type))
    return TupleValue(tuple(self.length_along(array, k) for k in range(rank)))


def _size(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = _shaped(self, args[0], "size", node)
    given = args[1] if len(args) > 1 else keywords.get("axis", Static(None))
    if self.static_value(given) != (True, None):
        axis = self.static_int(given)
        if axis is None:
            raise self.unsupported(
                "an axis of `np.size` that is known at run time only",
                "Give it as a constant.",
                node,
            )
        return self.length_along(array, axis)
    if all(unit_axes_of(array.type)):
        return self.graph.constant(1)
    return self.call_array(shaping.size_of, (array,), (), "attribute")


def _ndim(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return self.graph.constant(len(unit_axes_of(_shaped(self, args[0], "ndim", node).type)))


def _iterable(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.read(args[0])
    if isinstance(value, Node) and value.type in (FLOAT, INT, BOOL):
        return Static(False)
    if isinstance(value, Static):
        return Static(isinstance(value.value, Iterable))
    return Static(self.is_array(value) or self.is_container(value))


def _result_type(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """The dtype that arithmetic gives; it follows from the types of the arguments."""
    import numpy

    examples: list[Any] = []
    for arg in args:
        known, found = self.static_value(arg)
        if known and isinstance(found, (type, str, numpy.dtype)):
            examples.append(found)
            continue
        array = self.array_node(arg)
        kinds = self.python_types(arg)
        if not unit_axes_of(array.type) and kinds in ((float,), (int,), (bool,)):
            examples.append(kinds[0](0))
        else:
            examples.append(numpy.dtype(dtype_of(array.type)))
    return Static(numpy.result_type(*examples))


def _finite(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.nan_to_num``, with numbers of the user's or without."""
    import numpy

    given = bound(("x", "copy", "nan", "posinf", "neginf"), args, keywords)
    copies = self.static_value(given.pop("copy", Static(True))) == (True, True)
    if copies and len(given) > 1:
        return self.bound_call(missing.nan_to_num_with, [], given, node, "function")
    if copies:
        return self._call_primitive(numpy.nan_to_num, TABLE["nan_to_num"], [given["x"]])
    raise self.unsupported("`copy` of `np.nan_to_num`", "Assign what it gives.", node)


def _of_dtypes(name: str) -> SpecialForm:
    """A function of NumPy that compares or joins dtypes that are known."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        import numpy

        parts = [self.static_value(arg) for arg in args]
        if name == "issubdtype" and len(args) == 2 and not parts[0][0]:
            asked = self.static_node(Static(numpy.issubdtype))
            return self.verbatim("_0_(_1_, _2_)", asked, *map(self.node, args), type=BOOL)
        if keywords or not all(known for known, _ in parts):
            raise self.unsupported(
                f"`np.{name}` of what is known at run time only", "Give it dtypes.", node
            )
        return Static(getattr(numpy, name)(*(part for _, part in parts)))

    return lift


def _joining(name: str) -> SpecialForm:
    def join(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        if self.known_items(args[0]) is None:
            return _joined_list(self, args[0], name, node)
        arrays = [self.array_node(item) for item in self._entries(args[0], node)]
        for array in arrays:
            self._check_entries(array, shaping.concatenate, node)
        ranks = {len(unit_axes_of(array.type)) for array in arrays}
        top = max(ranks)
        parts: list[Node] = []
        for array in arrays:
            rank = len(unit_axes_of(array.type))
            if rank == 0:
                array = self.block.add(creation.literal, (array,), ((1,), None))
                rank = 1
            if name == "vstack" and rank == 1:
                array = self.block.add(indexing.section, (array,), ("n",))
            if name == "column_stack" and rank == 1:
                none = self.graph.constant(None)
                array = self.block.add(indexing.section, (array, none, none, none), ("sn",))
            parts.append(array)
        axis = 0 if name == "vstack" or (name == "hstack" and top < 2) else 1
        return self.boxed(self.call_array(shaping.concatenate, tuple(parts), (axis,)))

    return join


def _joined_list(self: NumpyCalls, value: Value, name: str, node: ast.AST) -> Value:
    """``np.vstack`` and its kin of a list whose length is known at run time only."""
    listed = self.as_list(value, node)
    rank = len(unit_axes_of(getattr(self.node(listed).type, "item", FLOAT)))
    stacks = rank == 1 and name != "hstack"
    axis = 0 if name == "vstack" or (name == "hstack" and rank < 2) else 1
    op = shaping.stack if stacks else shaping.concatenate
    if name == "vstack" and rank == 0:
        array = self.node(self.joined_list(listed, op, None, node))
        return self.array_item(self.boxed(array), "sn", (self.graph.constant(None),) * 3)
    return self.joined_list(listed, op, self.graph.constant(axis), node)


def _append(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if keywords or len(args) > 2:
        axis = keywords.get("axis", args[-1])
        joined = TupleValue(tuple(args[:2]))
        return self.bound_call(shaping.concatenate, [joined, axis], {}, node, "function")
    flat = [self.array_node(arg) for arg in args]
    for k, part in enumerate(flat):
        if len(unit_axes_of(part.type)) > 1:
            flat[k] = self.call_array(shaping.ravel, (part,), ("C",))
    return _joining("hstack")(self, [TupleValue(tuple(flat))], {}, node)


def _clip(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    names = ("a", "a_min", "a_max")
    bound = dict(zip(names, args, strict=False)) | {
        {"min": "a_min", "max": "a_max"}.get(key, key): value for key, value in keywords.items()
    }
    if len(args) > len(names) or not bound.keys() <= set(names):
        raise self.unsupported("this call of `np.clip`", "Give the array and the bounds.", node)
    low, high = bound.get("a_min", Static(None)), bound.get("a_max", Static(None))
    x = self.array_node(bound["a"])
    ends = [self.static_value(end) == (True, None) for end in (low, high)]
    if ends == [True, True]:
        return self.boxed(self.primitive(TABLE["positive"], x))
    if ends == [True, False]:
        return self.boxed(self.primitive(TABLE["minimum"], x, self.array_node(high)))
    if ends == [False, True]:
        return self.boxed(self.primitive(TABLE["maximum"], x, self.array_node(low)))
    return self.boxed(self.primitive(TABLE["clip"], x, self.array_node(low), self.array_node(high)))


def _either(one: Primitive, two: Primitive, choosing: str, position: int) -> SpecialForm:
    """One primitive, or another where an argument is given."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = keywords.get(choosing, args[position] if len(args) > position else Static(None))
        chosen = one if self.static_value(given) == (True, None) else two
        if chosen is one:
            args = [*args[:position], *args[position + 1 :]]
            keywords = {name: value for name, value in keywords.items() if name != choosing}
        assert isinstance(chosen, ArrayCall)
        return self.bound_call(chosen, args, keywords, node, "function")

    return lift


def _samples(
    at_width: Primitive,
    over: Primitive | None,
    by: Primitive,
    names: tuple[str, ...] = ("y", "x", "dx", "axis"),
) -> SpecialForm:
    """An integral of samples: at a known width, between places, or at a width that is computed."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = {**dict(zip(names, args, strict=False)), **keywords}
        none = (True, None)
        if over is not None and self.static_value(given.get("x", Static(None))) != none:
            given.pop("dx", None)
            chosen = over
        else:
            given.pop("x", None)
            known, _ = self.static_value(given.get("dx", Static(1.0)))
            chosen = at_width if known else by
        assert isinstance(chosen, ArrayCall)
        if self.static_value(given.get("axis", Static(-1))) == (True, -1):
            given.pop("axis", None)
        return self.bound_call(chosen, [], given, node, "function")

    return lift


def _cumulative(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``cumulative_trapezoid(y, x, dx, axis, initial)``."""
    keywords = dict(keywords)
    initial = keywords.pop("initial", args[4] if len(args) > 4 else Static(None))
    call = _samples(
        integrals.cumulative_trapezoid,
        integrals.cumulative_trapezoid_over,
        integrals.cumulative_trapezoid_by,
    )
    running = call(self, args[:4], keywords, node)
    if self.static_value(initial) == (True, None):
        return running
    known, start = self.static_value(initial)
    if not known or start != 0 or len(unit_axes_of(self.node(running).type)) != 1:
        raise self.unsupported(
            "`initial` of an array of several axes", "Leave it out, and join the zeros.", node
        )
    zero = self.call(Static(sys.modules["numpy"].zeros), [self.graph.constant(1)], {}, node)
    joined = TupleValue((zero, running))
    return self.call(Static(sys.modules["numpy"].concatenate), [joined], {}, node)


def _einsum(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, text = self.static_value(args[0])
    if not known or not isinstance(text, str) or set(keywords) - {"optimize"}:
        raise self.unsupported(
            "this call of `np.einsum`", "Give the subscripts as a constant string first.", node
        )
    operands = tuple(self.array_node(arg) for arg in args[1:])
    try:
        written = products.explicit(text, [len(unit_axes_of(each.type)) for each in operands])
    except ValueError as error:
        raise self.unsupported(
            f"`np.einsum` with {error}", "Check the subscripts against the operands.", node
        ) from None
    known, optimize = self.constant_of(keywords.get("optimize", Static(False)))
    if not known:
        raise self.unsupported("`optimize` of `np.einsum`", "Give it as a constant.", node)
    found = self.boxed(self.call_array(products.einsum, operands, (written, optimize)))
    if len(operands) == 1:
        # It may be a transpose or a diagonal.
        self.may_share(found, args[1])
    return found


def _outer(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    ranks = [len(unit_axes_of(self.array_node(arg).type)) for arg in args]
    op = linear_algebra.outer if ranks == [1, 1] else products.outer_of_all
    return self.bound_call(op, args, keywords, node, "function")


def _full(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    given = bound(("shape", "fill_value", "dtype", "order"), args, keywords)
    return self.bound_call(creation.full, [], given, node, "function")


def _stretches(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``np.add.reduceat``."""
    return self.bound_call(segments.add_reduceat, args, keywords, node, "function")


def _reduce(op: ArrayCall) -> SpecialForm:
    """``np.add.reduce`` and its kin, which work along the first axis."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        if len(args) > 1:
            keywords = {**keywords, "axis": args[1]}
        keywords = {"axis": self.graph.constant(0), **keywords}
        return self.bound_call(op, args[:1], keywords, node, "function")

    return lift


def ufunc_method(ufunc: Any, name: str) -> SpecialForm | None:
    """A method of a ufunc that follows from what the ufunc is."""
    from chainrule.primitives.namespaces import primitive_of

    op = primitive_of(ufunc)
    if name == "outer" and isinstance(op, Primitive) and op.broadcasts:
        return _spread_over(op)
    return None


def _accumulate(op: ArrayCall) -> SpecialForm:
    """``np.add.accumulate`` and its kin, which work along the first axis."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        given = {"axis": self.graph.constant(0), **bound(("array", "axis"), args, keywords)}
        return self.bound_call(op, [given.pop("array")], given, node, "function")

    return lift


def _spread_over(op: Primitive) -> SpecialForm:
    """``np.add.outer`` and its kin: every entry of the one with every entry of the other."""

    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        left, right = (self.array_node(arg) for arg in args)
        count = len(unit_axes_of(right.type))
        if count:
            axes = tuple(range(-count, 0))
            left = self.call_array(shaping.expand_dims, (left,), (axes,))
        return self.boxed(self.primitive(op, left, right))

    return lift


def _in_one_row(self: NumpyCalls, array: Node) -> Node:
    rank = len(unit_axes_of(array.type))
    if rank == 0:
        return self.block.add(creation.literal, (array,), ((1,), None))
    minus_one = self.graph.constant(-1)
    return array if rank == 1 else self.call_array(shaping.reshape, (array, minus_one), ("C",))


def _meshgrid(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    _, order = self.static_value(keywords.get("indexing", Static("xy")))
    _, sparse = self.static_value(keywords.get("sparse", Static(False)))
    arrays = [_in_one_row(self, self.array_node(arg)) for arg in args]
    count = len(arrays)
    places = list(range(count))
    if order == "xy" and count > 1:
        places[0], places[1] = 1, 0
    lengths = [self.length_along(array, 0) for array in arrays]
    shape = [length for _, length in sorted(zip(places, lengths, strict=True), key=lambda p: p[0])]
    found = []
    for array, place in zip(arrays, places, strict=True):
        others = tuple(k for k in range(count) if k != place)
        spread = self.call_array(shaping.expand_dims, (array,), (others,))
        if not sparse:
            spread = self.call_array(shaping.broadcast_to, (spread, *shape), ())
        copied = self.call_array(creation.array_copy, (spread,), (None,), "method")
        found.append(self.boxed(copied))
    return TupleValue(tuple(found))


def _select(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    conditions, choices = (self._entries(arg, node) for arg in args[:2])
    default = keywords.get("default", args[2] if len(args) > 2 else self.graph.constant(0))
    found = self.array_node(default)
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        nodes = (self.array_node(condition), self.array_node(choice), found)
        found = self.primitive(TABLE["where"], *nodes)
    return self.boxed(found)


def _dstack(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    arrays = []
    for item in self._entries(args[0], node):
        array = self.array_node(item)
        rank = len(unit_axes_of(array.type))
        if rank < 3:
            axes = (2,) if rank == 2 else (0, 2)
            array = self.call_array(shaping.expand_dims, (array,), (axes,))
        arrays.append(array)
    return self.boxed(self.call_array(shaping.concatenate, tuple(arrays), (2,)))


def _modf(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.array_node(args[0])
    whole = self.primitive(TABLE["float_trunc"], value)
    part = self.primitive(TABLE["fmod"], value, self.graph.constant(1.0), params=("numpy.fmod",))
    return TupleValue((self.boxed(part), self.boxed(whole)))


SPECIAL: dict[str, SpecialForm] = {
    "modf": _modf,
    "array": array_made(True),
    "asarray": array_made(False),
    "asanyarray": array_made(False),
    "ascontiguousarray": _contiguous,
    "atleast_1d": _at_least(1),
    "atleast_2d": _at_least(2),
    "shape": _shape,
    "size": _size,
    "ndim": _ndim,
    "iterable": _iterable,
    "nan_to_num": _finite,
    "result_type": _result_type,
    "promote_types": _of_dtypes("promote_types"),
    "issubdtype": _of_dtypes("issubdtype"),
    "vstack": _joining("vstack"),
    "hstack": _joining("hstack"),
    "column_stack": _joining("column_stack"),
    "append": _append,
    "clip": _clip,
    "linalg.norm": _either(norms.norm, norms.norm_of_order, "ord", 1),
    "fft.fftfreq": _either(spectra.fftfreq, TABLE["fftfreq_over"], "d", 1),
    "fft.rfftfreq": _either(spectra.rfftfreq, TABLE["rfftfreq_over"], "d", 1),
    "cov": _either(covariance.cov, covariance.cov_of_two, "y", 1),
    "corrcoef": _either(covariance.corrcoef, covariance.corrcoef_of_two, "y", 1),
    "scipy.special.logsumexp": _either(statistics.logsumexp, statistics.logsumexp_weighted, "b", 2),
    "scipy.stats.entropy": _either(descriptive.entropy, descriptive.relative_entropy, "qk", 1),
    "trapezoid": _samples(
        statistics.trapezoid, statistics.trapezoid_over, integrals.numpy_trapezoid_by
    ),
    "scipy.integrate.trapezoid": _samples(
        integrals.trapezoid, integrals.trapezoid_over, integrals.trapezoid_by
    ),
    "scipy.integrate.simpson": _samples(
        integrals.simpson, integrals.simpson_over, integrals.simpson_by
    ),
    "scipy.integrate.romb": _samples(
        integrals.romb, None, integrals.romb_by, ("y", "dx", "axis", "show")
    ),
    "scipy.integrate.cumulative_trapezoid": _cumulative,
    "einsum": _einsum,
    "outer": _outer,
    "full": _full,
    "add.reduce": _reduce(reductions.array_sum),
    "add.reduceat": _stretches,
    "multiply.reduce": _reduce(reductions.prod),
    "maximum.reduce": _reduce(reductions.array_max),
    "minimum.reduce": _reduce(reductions.array_min),
    "logaddexp.reduce": _reduce(statistics.logaddexp_reduced),
    "add.accumulate": _accumulate(reductions.cumsum),
    "multiply.accumulate": _accumulate(reductions.cumprod),
    **{f"{name}.accumulate": _accumulate(op) for name, op in extremes_so_far.items()},
    "meshgrid": _meshgrid,
    "select": _select,
    "dstack": _dstack,
}


# --- methods with a form of their own ------------------------------------------------------


def _item(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    base = self.node(owner)
    nodes = [self.node(arg) for arg in args] or [
        self.graph.constant(0) for _ in unit_axes_of(base.type)
    ]
    if len(nodes) == 1 < len(unit_axes_of(base.type)):
        base = self.call_array(shaping.reshape, (base, self.graph.constant(-1)), ("C",), "method")
    entry = self.primitive(sequence.index, base, *nodes) if nodes else base
    for type_, convert in ((FLOAT, "to_float"), (INT, "to_int"), (BOOL, "to_bool")):
        if entry.type == type_:
            return self.primitive(TABLE[convert], entry)
    return entry


def _method_clip(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return _clip(self, [owner, *args], keywords, node)


METHODS: dict[str, Callable[..., Value]] = {
    "item": _item,
    "clip": _method_clip,
}
