"""Calls of NumPy on arrays: bound to primitives by their declared signatures."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import INT, unit_axes_of
from chainrule.lift.methods import Methods
from chainrule.lift.values import ListBox, Static, TupleValue, Value
from chainrule.primitives import arithmetic, sequence
from chainrule.primitives.arrays import creation, indexing, linear_algebra, shaping
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.primitives.namespaces import primitive_of

# What these give shares the memory of their first argument.
VIEWING = (
    shaping.transpose,
    shaping.swapaxes,
    shaping.reshape,
    shaping.ravel,
    shaping.squeeze,
    shaping.expand_dims,
    shaping.moveaxis,
)
Arguments = list[Value]
Keywords = dict[str, Value]


@functools.lru_cache(maxsize=4)
def _methods(size: int) -> dict[str, ArrayCall]:
    return {
        primitive.method: primitive
        for primitive in TABLE.values()
        if isinstance(primitive, ArrayCall) and primitive.method is not None
    }


def method_primitive(name: str) -> ArrayCall | None:
    """The primitive that an array's method of this name is."""
    return _methods(len(TABLE)).get(name)


class NumpyCalls(Methods):
    """Lifts functions of NumPy and methods of arrays."""

    def array_call(
        self, found: Any, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value | None:
        if "numpy" not in sys.modules or not callable(found):
            return None
        special = special_form(found)
        if special is not None:
            return special(self, args, keywords, node)
        primitive = primitive_of(found)
        if isinstance(primitive, ArrayCall):
            return self.bound_call(primitive, args, keywords, node, "function")
        if isinstance(primitive, Primitive) and "out" in keywords:
            return self._with_out(found, args, dict(keywords), node)
        return None

    def _with_out(self, found: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        """A ufunc that writes its result into an array."""
        target = keywords.pop("out")
        if isinstance(target, TupleValue):
            target = target.items[0]
        value = self.call(Static(found), args, keywords, node)
        if isinstance(target, Static) and target.value is None:
            return value
        self.write_whole(target, self.node(value), node)
        return target

    def python_type(self, value: Value) -> type | None:
        if self.is_array(self.read(value)):
            import numpy

            return numpy.ndarray
        return super().python_type(value)

    # --- binding --------------------------------------------------------------------------

    def bound_call(
        self, op: ArrayCall, args: Arguments, keywords: Keywords, node: ast.AST, form: str
    ) -> Value:
        """A call with its arguments bound as the primitive declares them."""
        if op.sizes is not None and form == "method" and len(args) > 2:
            args = [args[0], TupleValue(tuple(args[1:]))]
        if op is shaping.transpose and form == "method" and len(args) > 2:
            args = [args[0], TupleValue(tuple(args[1:]))]
        bound = self._bound(op, args, keywords, node)
        arrays: list[Node] = []
        sizes: list[Node] = []
        if op.spread:
            arrays = [self.array_node(item) for item in self._entries(args[0], node)]
        else:
            arrays = [self.array_node(bound[name]) for name in op.array_names if name in bound]
        if op.sizes is not None and op.sizes in bound:
            sizes = self.sizes(bound[op.sizes], node)
        params = []
        for name in op.static_names:
            default = op.signature.parameters[name].default
            default = None if default is inspect.Parameter.empty else default
            params.append(self._static(bound[name], name, node) if name in bound else default)
        if op in (linear_algebra.dot, linear_algebra.matmul) and any(
            not unit_axes_of(array.type) for array in arrays
        ):
            return self.boxed(self.primitive(arithmetic.multiply, *arrays))
        for array in arrays:
            self._check_entries(array, op, node)
        if op in VIEWING and not op.spread:
            return self.viewed(bound[op.array_names[0]], op, tuple(sizes), (*params, form))
        return self.boxed(self.call_array(op, (*arrays, *sizes), tuple(params), form))

    def _check_entries(self, array: Node, op: ArrayCall, node: ast.AST) -> None:
        if str(array.type) in ("opaque", "dynamic"):
            raise self.unsupported(
                f"`{op.callables[0] if op.callables else op.name}` of a value that may be no array",
                "Give it an array or a number.",
                node,
            )

    def _bound(
        self, op: ArrayCall, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> dict[str, Value]:
        given = {
            name: value
            for name, value in keywords.items()
            if not (name in IGNORED and self.static_value(value) == (True, IGNORED[name]))
        }
        try:
            return dict(op.signature.bind(*args, **given).arguments)
        except TypeError:
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else op.name
            known = ", ".join(op.signature.parameters)
            raise self.unsupported(
                f"this call of `{text}`", f"Call it with: {known}.", node
            ) from None

    def _entries(self, value: Value, node: ast.AST) -> list[Value]:
        items = self.known_items(value)
        if items is None and self.is_array(value):
            raise self.unsupported("joining the rows of an array", "Use the array itself.", node)
        if items is None:
            raise self.unsupported(
                "joining the arrays of a list whose length is known at run time only",
                "Use np.array of the list.",
                node,
            )
        return items

    def sizes(self, value: Value, node: ast.AST) -> list[Node]:
        """The lengths that a shape, or one length, gives."""
        items = self.known_items(value)
        if items is None:
            items = [value]
        nodes = [self.node(item) for item in items]
        if any(size.type != INT for size in nodes):
            raise self.unsupported("this shape", "Give the lengths as ints.", node)
        return nodes

    def _static(self, value: Value, name: str, node: ast.AST) -> Any:
        known, found = self.static_value(value)
        if not known and isinstance(value, ListBox):
            parts = [self.static_value(item) for item in self.known_items(value) or ()]
            known, found = all(part for part, _ in parts), tuple(part for _, part in parts)
        if not known:
            raise self.unsupported(
                f"`{name}` is known at run time only", f"Give `{name}` as a constant.", node
            )
        if name == "dtype" and found is not None:
            return self.dtype_name(found, node)
        return found

    def dtype_name(self, found: Any, node: ast.AST) -> str:
        """The name of a dtype that is differentiated or counted with."""
        import numpy

        dtype = numpy.dtype(found)
        if dtype.kind not in "fiub":
            raise self.unsupported(f"arrays of {dtype}", "Use floating point numbers.", node)
        return str(dtype)

    # --- methods --------------------------------------------------------------------------

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        if not self.is_array(owner):
            return super().container_method(owner, name)
        special = METHODS.get(name)
        if special is not None:
            return special
        op = method_primitive(name)
        if op is not None:
            chosen = op
            return lambda lifter, base, args, keywords, node: self.bound_call(
                chosen, [base, *args], keywords, node, "method"
            )
        return _unknown_method(name)


# Keywords that may be given when they have NumPy's own default.
IGNORED: dict[str, Any] = {
    "out": None, "where": True, "dtype": None, "casting": "same_kind", "order": "K",
    "subok": True, "copy": True, "initial": None, "keepdims": False, "like": None,
}  # fmt: skip


def _unknown_method(name: str) -> Callable[..., Value]:
    def refuse(
        self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        raise self.unsupported(f"the method `{name}` of an array", "Use a function of NumPy.", node)

    return refuse


# --- functions with a form of their own ----------------------------------------------------

SpecialForm = Callable[[NumpyCalls, Arguments, Keywords, ast.AST], Value]


def special_form(found: Any) -> SpecialForm | None:
    """How a function of NumPy is lifted that is no call of one primitive."""
    try:
        return _special_forms().get(found)
    except TypeError:
        return None


@functools.lru_cache(maxsize=1)
def _special_forms() -> dict[Any, SpecialForm]:
    import numpy

    found = {}
    for name, form in SPECIAL.items():
        owner: Any = numpy
        for part in name.split("."):
            owner = getattr(owner, part, None)
        if owner is not None:
            found[owner] = form
    return found


def _make_array(copies: bool) -> SpecialForm:
    def make(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        value = self.read(args[0])
        dtype = args[1] if len(args) > 1 else keywords.get("dtype")
        wanted = None
        if dtype is not None:
            known, found = self.static_value(dtype)
            wanted = self.dtype_name(found, node) if known and found is not None else None
        copy_flag = self.static_value(keywords["copy"]) if "copy" in keywords else (True, copies)
        unknown = set(keywords) - {"dtype", "copy", "ndmin", "order", "subok"}
        if unknown:
            raise self.unsupported(f"`{sorted(unknown)[0]}` in this call", "Leave it out.", node)
        if self.is_array(value):
            source = self.node(value)
            same = wanted is None or wanted == getattr(source.type, "dtype", None)
            if same and not copy_flag[1]:
                return value
            return self.boxed(self.call_array(creation.array_copy, (source,), (wanted,)))
        if isinstance(value, Node):
            return value
        items = self.known_items(value)
        if items is not None:
            return self.boxed(self.literal(items, wanted))
        return self.boxed(self.call_array(creation.array_of_list, (self.node(value),), (wanted,)))

    return make


def _at_least(rank: int) -> SpecialForm:
    def lift(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        (value,) = args
        array = self.array_node(value)
        have = len(unit_axes_of(array.type))
        if have == 0:
            return self.boxed(self.block.add(creation.literal, (array,), ((1,) * rank, None)))
        if have >= rank:
            return value if self.is_array(value) else self.boxed(array)
        return self.array_item(self.boxed(array), "n" * (rank - have), ())

    return lift


def _shape(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    rank = len(unit_axes_of(array.type))
    return TupleValue(tuple(self.length_along(array, k) for k in range(rank)))


def _size(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    array = self.array_node(args[0])
    if len(args) > 1:
        axis = self.static_int(args[1])
        assert axis is not None
        return self.length_along(array, axis)
    if not unit_axes_of(array.type):
        return self.graph.constant(1)
    return self.call_array(shaping.size_of, (array,), (), "attribute")


def _ndim(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return self.graph.constant(len(unit_axes_of(self.array_node(args[0]).type)))


def _is_scalar(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.read(args[0])
    return Static(isinstance(value, Node) and not unit_axes_of(value.type))


def _joining(name: str) -> SpecialForm:
    def join(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        arrays = [self.array_node(item) for item in self._entries(args[0], node)]
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


def _append(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if keywords:
        raise self.unsupported("`np.append` along an axis", "Use np.concatenate.", node)
    return _joining("hstack")(self, [TupleValue(tuple(args))], {}, node)


def _where(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if len(args) == 1:
        raise self.unsupported(
            "`np.where` with one argument", "Use the mask itself as the subscript.", node
        )
    nodes = [self.array_node(arg) for arg in args]
    return self.boxed(self.primitive(TABLE["where"], *nodes))


def _clip(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    names = ("a", "a_min", "a_max")
    bound = dict(zip(names, args, strict=False)) | {
        {"min": "a_min", "max": "a_max"}.get(key, key): value for key, value in keywords.items()
    }
    low, high = bound.get("a_min", Static(None)), bound.get("a_max", Static(None))
    x = self.array_node(bound["a"])
    ends = [self.static_value(end) == (True, None) for end in (low, high)]
    if ends == [True, False]:
        return self.boxed(self.primitive(TABLE["minimum"], x, self.array_node(high)))
    if ends == [False, True]:
        return self.boxed(self.primitive(TABLE["maximum"], x, self.array_node(low)))
    return self.boxed(self.primitive(TABLE["clip"], x, self.array_node(low), self.array_node(high)))


def _slogdet(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    matrix = self.array_node(args[0])
    sign = self.verbatim("_1_(_0_)[0]", matrix, self.static_node(Static(_numpy_slogdet())))
    return TupleValue((sign, self.call_array(linear_algebra.log_abs_det, (matrix,), ())))


def _numpy_slogdet() -> Any:
    import numpy

    return numpy.linalg.slogdet


def _modf(self: NumpyCalls, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.array_node(args[0])
    whole = self.primitive(TABLE["float_trunc"], value)
    part = self.primitive(TABLE["fmod"], value, self.graph.constant(1.0), params=("numpy.fmod",))
    return TupleValue((self.boxed(part), self.boxed(whole)))


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
    self.write_array(args[0], "aa", (along, along), args[1], node)
    return Static(None)


SPECIAL: dict[str, SpecialForm] = {
    "fill_diagonal": _fill_diagonal,
    "modf": _modf,
    "array": _make_array(True),
    "asarray": _make_array(False),
    "asanyarray": _make_array(False),
    "ascontiguousarray": _make_array(False),
    "atleast_1d": _at_least(1),
    "atleast_2d": _at_least(2),
    "shape": _shape,
    "size": _size,
    "ndim": _ndim,
    "isscalar": _is_scalar,
    "vstack": _joining("vstack"),
    "hstack": _joining("hstack"),
    "column_stack": _joining("column_stack"),
    "append": _append,
    "where": _where,
    "clip": _clip,
    "linalg.slogdet": _slogdet,
}


# --- methods with a form of their own ------------------------------------------------------


def _fill(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    self.write_array(owner, "e", (), args[0], node)
    return Static(None)


def _item(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    base = self.node(owner)
    nodes = [self.node(arg) for arg in args] or [
        self.graph.constant(0) for _ in unit_axes_of(base.type)
    ]
    if len(nodes) != len(unit_axes_of(base.type)):
        raise self.unsupported("`item` with a flat position", "Use a subscript.", node)
    return self.primitive(sequence.index, base, *nodes)


def _method_clip(
    self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return _clip(self, [owner, *args], keywords, node)


METHODS: dict[str, Callable[..., Value]] = {
    "fill": _fill,
    "item": _item,
    "clip": _method_clip,
}
