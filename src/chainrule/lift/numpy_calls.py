"""Calls of NumPy on arrays: bound to primitives by their declared signatures."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from chainrule.graph.block import GLOBAL
from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT, unit_axes_of
from chainrule.lift.methods import Methods
from chainrule.lift.numpy_forms import METHODS, special_form
from chainrule.lift.values import ListBox, Static, TupleValue, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import (
    linear_algebra,
    shaping,
)
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

    def python_types(self, value: Value) -> tuple[type, ...]:
        if self.is_array(self.read(value)):
            import numpy

            return (numpy.ndarray,)
        return super().python_types(value)

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

    def _cuts(
        self, base: Value, sections: Value, axis: int, unequal: bool, node: ast.AST
    ) -> list[Node]:
        """The positions at which an array is split."""
        count = self.static_int(sections)
        if count is not None and unequal:
            raise self.unsupported(
                "`np.array_split` into parts that may be unequal", "Use slices.", node
            )
        if count is None:
            return [self.node(item) for item in self._entries(sections, node)]
        length = self.length_along(self.node(base), axis)
        size = self.primitive(arithmetic.floor_divide, length, self.graph.constant(count))
        constant = self.graph.constant
        return [self.primitive(arithmetic.multiply, size, constant(k)) for k in range(1, count)]

    def sizes(self, value: Value, node: ast.AST) -> list[Node]:
        """The lengths that a shape, or one length, gives."""
        items = self.known_items(value)
        if items is None:
            items = [value]
        nodes = [self.node(item) for item in items]
        if any(size.type != INT for size in nodes):
            raise self.unsupported("this shape", "Give the lengths as ints.", node)
        return nodes

    def _constant(self, value: Value) -> tuple[bool, Any]:
        """``(known, object)`` of a value, a list as a tuple."""
        value = self.read(value)
        if isinstance(value, ListBox) and not self.is_array(value):
            items = self.known_items(value)
            parts = [self._constant(item) for item in items or ()]
            return items is not None and all(k for k, _ in parts), tuple(p for _, p in parts)
        if isinstance(value, TupleValue):
            parts = [self._constant(item) for item in value.items]
            return all(k for k, _ in parts), tuple(p for _, p in parts)
        if isinstance(value, Node) and value.op is GLOBAL and value.params[0] in ("math", "numpy"):
            return True, self.graph.globals[str(value.params[0]), str(value.params[1])]
        return self.static_value(value)

    def _static(self, value: Value, name: str, node: ast.AST) -> Any:
        known, found = self._constant(value)
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
        if isinstance(owner, Static) and type(owner.value).__name__ == "ufunc":
            form = special_form(getattr(owner.value, name, None))
            if form is not None:
                chosen_form = form
                return lambda lifter, base, args, keywords, node: chosen_form(
                    lifter, args, keywords, node
                )
        number = isinstance(owner, Node) and owner.type in (FLOAT, INT, BOOL)
        if not self.is_array(owner) and not (number and self._is_numpys(owner, name)):
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

    def _is_numpys(self, owner: Node, name: str) -> bool:
        """Whether a method of a number can only be that of NumPy's numbers."""
        python = self.python_types(owner) in ((float,), (int,), (bool,))
        return not python and (name in METHODS or method_primitive(name) is not None)


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
