"""Calls of NumPy on arrays: bound to primitives by their declared signatures."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.graph.block import GLOBAL
from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    DYNAMIC,
    FLOAT,
    INT,
    OPAQUE,
    dtype_of,
    is_complex,
    unit_axes_of,
    varies,
)
from chainrule.lift.arrays.forms import ufunc_method
from chainrule.lift.arrays.manners import IGNORED, MANNERS, check_manner, is_default
from chainrule.lift.arrays.mapping import vectorized_object
from chainrule.lift.arrays.sizes import is_whole
from chainrule.lift.arrays.table import METHODS, special_form
from chainrule.lift.arrays.updates import picked
from chainrule.lift.calls.callees import as_declared, out_by_name, renamed, without_defaults
from chainrule.lift.calls.keywords import Watched
from chainrule.lift.containers.methods import Methods
from chainrule.lift.core import Completion
from chainrule.lift.scipy.curves import curve_method
from chainrule.lift.scipy.densities import density_method
from chainrule.lift.scipy.distributions import distribution_method
from chainrule.lift.scipy.forms import scipy_form
from chainrule.lift.scipy.neighbours import tree_query
from chainrule.lift.untold import OF_ONE, OF_THE_WHOLE, check_told
from chainrule.lift.values import ArrayBox, ListBox, Static, TupleValue, Value
from chainrule.primitives import arithmetic
from chainrule.primitives.arrays import (
    creation,
    linear_algebra,
    lists,
    products,
    rearranging,
    shaping,
)
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.arrays.measured import is_one, number_now
from chainrule.primitives.declare import TABLE, Primitive
from chainrule.primitives.namespaces import primitive_of
from chainrule.primitives.written import may_be_hole

# What these give shares the memory of their first argument.
SCALING = (linear_algebra.dot, linear_algebra.matmul, products.inner)
"""Products that are those by a number where one of the two is a number."""
VIEWING = (
    shaping.transpose,
    shaping.swapaxes,
    shaping.reshape,
    shaping.ravel,
    shaping.squeeze,
    shaping.expand_dims,
    shaping.moveaxis,
    shaping.flip,
)
# So does what these give, and NumPy lets nobody write to it.
READ_ONLY = ("diag", "diagonal", "diagonal_along", "broadcast_to", "sliding_window_view")
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
        for method_of in (distribution_method, curve_method, density_method, tree_query):
            method = method_of(self, found, args, keywords, node)
            if method is not None:
                return method
        if type(found).__name__ == "vectorize" and type(found).__module__ == "numpy":
            return vectorized_object(self, found, args, keywords, node)
        special = special_form(found) or scipy_form(found)
        if special is not None:
            if found.__name__ in OF_THE_WHOLE:
                check_told(self, f"np.{found.__name__}", args, node)
            args, keywords = out_by_name(found, args, keywords)
            keywords = without_defaults(found, (), keywords, self.static_value)
            return self._into_target(functools.partial(special, self), args, keywords, node)
        primitive = primitive_of(found)
        if not isinstance(primitive, Primitive):
            return None
        ufunc = type(found).__name__ == "ufunc"
        count = getattr(found, "nin", None) if ufunc else OUT_BEHIND.get(primitive.name)
        if count is not None and len(args) == count + 1:
            # np.add(a, b, out)
            args, keywords = args[:count], {**keywords, "out": args[count]}
        if isinstance(primitive, ArrayCall):
            args, keywords = _by_names(found, primitive, args, keywords)
            if "ddof" in primitive.signature.parameters and "correction" in keywords:
                keywords = renamed(keywords, "correction", "ddof")
            keywords = without_defaults(
                found, primitive.signature.parameters, keywords, self.static_value
            )
            return self.bound_call(primitive, args, keywords, node, "function")
        manner = {name: keywords[name] for name in keywords if name in MANNERS}
        if manner:
            keywords = {name: keywords[name] for name in keywords if name not in manner}
            value = self.call(Static(found), args, keywords, node)
            return check_manner(self, manner, args, value, ufunc, node)
        if not {"out", "where"}.isdisjoint(keywords):
            return self._with_out(found, args, dict(keywords), node)
        return None

    def _into_target(
        self,
        form: Callable[[Arguments, Keywords, ast.AST], Value],
        args: Arguments,
        keywords: Keywords,
        node: ast.AST,
    ) -> Value:
        """A call of a form of its own, its result written into the array that is its ``out``."""
        keywords = dict(keywords)
        several = isinstance(keywords.get("out"), TupleValue)
        target = self._target(keywords)
        watched = Watched(keywords)
        value = form(args, watched, node)
        unread = {name: keywords[name] for name in keywords if name in watched.unread}
        value = check_manner(self, unread, args, value, False, node)
        if target is None:
            return value
        if several or isinstance(value, TupleValue):
            raise self.unsupported(
                "several arrays that a call writes into", "Assign what it gives.", node
            )
        return self._written_to(target, value, node)

    def _with_out(self, found: Any, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        """A ufunc that writes its result into an array, perhaps only where a mask is true."""
        target = self._target(keywords)
        where = keywords.pop("where", Static(True))
        if isinstance(target, Node) and not unit_axes_of(target.type):
            compute = functools.partial(self.call, Static(found), args, keywords, node)
            written = self.write_out(target, where, compute, node)
            if written is not None:
                return written
        if self.static_value(where) == (True, True):
            value = self.call(Static(found), args, keywords, node)
            return value if target is None else self._written_to(target, value, node)
        if target is None:
            raise self.unsupported(
                "`where` without `out` leaves entries undefined",
                "Give an array as out, or use np.where.",
                node,
            )
        mask = self.array_node(where)
        if mask.type == BOOL:
            compute = functools.partial(self.call, Static(found), args, keywords, node)
            return self._written_if(mask, target, compute, node)
        mask = self._mask_of(self.array_node(target), mask, node)
        parts = [picked(self, arg, mask) for arg in args]
        value = self.call(Static(found), parts, keywords, node)
        self.write_array(target, "m", (mask,), value, node)
        return target

    def _written_if(
        self, truth: Node, target: Value, compute: Callable[[], Value], node: ast.AST
    ) -> Value:
        """A whole array that a call writes into where one truth holds for all entries."""

        def write() -> Completion:
            self._written_to(target, compute(), node)
            return Completion.FALLS

        self.branch(truth, write, lambda: Completion.FALLS, "statement")
        return target

    def _mask_of(self, target: Node, mask: Node, node: ast.AST) -> Node:
        """A mask in the shape of the array that is written into."""
        axes, wanted = unit_axes_of(mask.type), unit_axes_of(target.type)
        if dtype_of(mask.type) != "bool" or len(axes) > len(wanted):
            raise self.unsupported(
                "`where` that is no mask of the shape of `out`",
                "Give an array of truths of that shape.",
                node,
            )
        if axes == wanted:
            return mask
        sizes = [self.length_along(target, axis) for axis in range(len(wanted))]
        return self.call_array(shaping.broadcast_to, (mask, *sizes), ())

    def refuse_overwriting(self, keywords: Keywords, node: ast.AST) -> None:
        """Refuse calls that may destroy their arguments."""
        for name in ("overwrite_a", "overwrite_b"):
            if name in keywords and self.static_value(keywords[name]) != (True, False):
                raise self.unsupported(
                    f"`{name}`: what is left in the array is not known", "Leave it out.", node
                )

    def _target(self, keywords: Keywords) -> Value | None:
        """The array that a call writes its result into, taken from its keywords."""
        target = keywords.pop("out", None)
        if isinstance(target, TupleValue):
            target = target.items[0]
        nothing = target is None or self.static_value(target) == (True, None)
        return None if nothing else target

    def _written_to(self, target: Value, value: Value, node: ast.AST) -> Value:
        if isinstance(target, Node) and not unit_axes_of(target.type):
            written = self.write_out(target, Static(True), lambda: value, node)
            if written is not None:
                return written
        self.write_whole(target, self.node(value), node)
        return target

    def python_types(self, value: Value) -> tuple[type, ...]:
        if self.is_array(self.read(value)):
            import numpy

            return () if may_be_hole(self.node(value)) else (numpy.ndarray,)
        return super().python_types(value)

    # --- binding --------------------------------------------------------------------------

    def bound_call(
        self, op: ArrayCall, args: Arguments, keywords: Keywords, node: ast.AST, form: str
    ) -> Value:
        """A call with its arguments bound as the primitive declares them."""
        keywords = dict(keywords)
        target = self._target(keywords)
        if target is not None:
            value = self.bound_call(op, args, keywords, node, form)
            return self._written_to(target, value, node)
        op = self._variant(op, keywords)
        form = self.form_of_copy(op, keywords, form)
        if form == "method" and len(args) > 2 and (op.sizes or op is shaping.transpose):
            args = [args[0], TupleValue(tuple(args[1:]))]
        manner = {
            name: value
            for name, value in keywords.items()
            if name in MANNERS and name not in op.signature.parameters
        }
        keywords = {name: value for name, value in keywords.items() if name not in manner}
        bound = self._bound(op, args, keywords, node)
        if op.spread:
            first = bound[op.array_names[0]]
            if op in JOINS and self.known_items(first) is None:
                value = self.joined_list(first, op, bound.get("axis"), node)
                return check_manner(self, manner, [first], value, False, node)
            arrays = [self.array_node(item) for item in self._entries(first, node)]
        else:
            arrays = [self.array_node(bound[name]) for name in op.array_names if name in bound]
        if op.name not in OF_ONE:
            check_told(self, op.callables[0] if op.callables else op.name, arrays, node)
        sizes = self._sizes_of(op, bound, node)
        params = self._params_of(op, bound, node)
        value = self._of_arrays(op, bound, arrays, sizes, params, form, node)
        return check_manner(self, manner, arrays, value, False, node)

    def _sizes_of(self, op: ArrayCall, bound: Keywords, node: ast.AST) -> list[Node]:
        """The lengths among the arguments, or the default's."""
        if op.sizes is None:
            return []
        if op.sizes in bound:
            return self.sizes(bound[op.sizes], node)
        default = op.signature.parameters[op.sizes].default
        return [self.graph.constant(default)] if type(default) is int else []

    def _params_of(self, op: ArrayCall, bound: Keywords, node: ast.AST) -> list[Any]:
        """The arguments that are known before the code runs, or their defaults."""
        params = []
        for name in op.static_names:
            default = op.signature.parameters[name].default
            default = None if default is inspect.Parameter.empty else default
            params.append(self._static(bound[name], name, node) if name in bound else default)
        return params

    def _of_arrays(
        self,
        op: ArrayCall,
        bound: Keywords,
        arrays: list[Node],
        sizes: list[Node],
        params: list[Any],
        form: str,
        node: ast.AST,
    ) -> Value:
        """The call's value, given its arrays and the rest: a number, a view or a new array."""
        if op is shaping.concatenate and params[0] is None:
            arrays = [self.call_array(shaping.ravel, (array,), ("C",)) for array in arrays]
            params[0] = 0
        numbers = [
            not unit_axes_of(each.type) and each.type not in (OPAQUE, DYNAMIC) for each in arrays
        ]
        if any(numbers) and (op in SCALING or (op is products.kron and all(numbers))):
            # Of two numbers NumPy gives one of its own.
            spelled = ("numpy.multiply",) if all(numbers) else ()
            return self.boxed(self.primitive(arithmetic.multiply, *arrays, params=spelled))
        for array in arrays:
            self._check_entries(array, op, node)
        if op.name == "dot":
            self._check_matrices(arrays, node)
        if op.vectors:
            arrays = [
                array if unit_axes_of(array.type) else self._vector(array) for array in arrays
            ]
        if len(arrays) == 1 and not unit_axes_of(arrays[0].type):
            if op in (shaping.transpose, shaping.squeeze):
                return self.block.add(op, (arrays[0],), (*params, form))
            if op is shaping.expand_dims:
                rank = len(params[0]) if isinstance(params[0], tuple) else 1
                return self.with_axes(arrays[0], rank)
        if op in rearranging.FLIPPED:
            view: Value = bound[op.array_names[0]]
            for step, fixed in rearranging.FLIPPED[op](*params):
                view = self.viewed(view, step, (), (*fixed, None))
            return view
        if op is shaping.squeeze and params[0] is None:
            params = [_squeezed_axes(arrays[0]), *params[1:]]
        if op in VIEWING and not op.spread:
            viewed = bound[op.array_names[0]]
            viewed = viewed if self.is_array(viewed) else self.boxed(arrays[0])
            return self.viewed(viewed, op, tuple(sizes), (*params, form))
        if op is shaping.flatten:
            params = [*self.in_order_of_memory(op, bound["a"], params)]
        try:
            made = self.call_array(op, (*arrays, *sizes), tuple(params), form)
        except (ValueError, IndexError, AssertionError):
            count = len(unit_axes_of(arrays[0].type)) if arrays else "these"
            raise self.unsupported(
                f"`{op.callables[0] if op.callables else op.name}` of an array with "
                f"{count} {'axis' if count == 1 else 'axes'}",
                "Give it arrays of the ranks that NumPy takes.",
                node,
            ) from None
        found = self.boxed(made)
        matrix = len(unit_axes_of(arrays[0].type)) > 1 if arrays else False
        if op.name in READ_ONLY and isinstance(found, ArrayBox) and (matrix or op.name != "diag"):
            found.read_only = True
            self.may_share(found, bound[op.array_names[0]])
        return found

    def _vector(self, number: Node) -> Node:
        return self.block.add(creation.literal, (number,), ((1,), None))

    def _variant(self, op: ArrayCall, keywords: Keywords) -> ArrayCall:
        """The reduction with a mask, or with an initial value, where these are given."""
        given = {
            name: value for name, value in keywords.items() if not self._given_default(name, value)
        }
        if "where" in given:
            found = TABLE.get(f"{op.name}_where", op)
        elif "initial" in given:
            found = TABLE.get(f"{op.name}_from", op)
        else:
            return op
        assert isinstance(found, ArrayCall)
        return found

    def joined_list(self, value: Value, op: ArrayCall, axis: Value | None, node: ast.AST) -> Value:
        """The arrays of a list of run-time length, stacked or one behind the other."""
        listed = self.node(self.as_list(value, node))
        along = 0 if axis is None else self.static_int(axis)
        item = getattr(listed.type, "item", None)
        if item in (None, OPAQUE, DYNAMIC) or varies(listed.type) or along is None:
            raise self.unsupported(
                "joining the arrays of this value",
                "Use np.array of a list, or give all arrays the same number of axes.",
                node,
            )
        if not unit_axes_of(item):
            return self.boxed(self.call_array(creation.array_of_list, (listed,), (None,)))
        chosen = lists.stack_list if op is shaping.stack else lists.concatenate_list
        return self.boxed(self.call_array(chosen, (listed,), (along,)))

    def check_known(self, array: Node) -> None:
        """Refuse what a function of NumPy or SciPy gives that is not understood, by its name."""
        refusal = array.params[2] if array in self.unshaped else None
        if isinstance(refusal, ChainruleError):
            raise refusal

    def _check_entries(self, array: Node, op: ArrayCall, node: ast.AST) -> None:
        if str(array.type) in ("opaque", "dynamic"):
            self.check_known(array)
            raise self.unsupported(
                f"`{op.callables[0] if op.callables else op.name}` of a value that may be no array",
                "Give it an array or a number.",
                node,
            )

    def _check_matrices(self, arrays: list[Node], node: ast.AST) -> None:
        """``np.dot`` pairs each of several matrices with each, where ``@`` takes them in step."""
        left, right = (len(unit_axes_of(array.type)) for array in arrays)
        if left > 1 and right > 2:
            remedy = "Write `np.tensordot(a, b, axes=(-1, -2))`, which is the same."
            found = f"`np.dot` of arrays of {left} and {right} axes"
            raise self.unsupported(found, remedy, node)

    def _bound(
        self, op: ArrayCall, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> dict[str, Value]:
        given = {
            name: value
            for name, value in keywords.items()
            if name in op.signature.parameters or not self._given_default(name, value)
        }
        try:
            return dict(op.signature.bind(*args, **given).arguments)
        except TypeError:
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else op.name
            known = ", ".join(op.signature.parameters)
            raise self.unsupported(
                f"this call of `{text}`", f"Call it with: {known}.", node
            ) from None

    def _given_default(self, name: str, value: Value) -> bool:
        """Whether a keyword is given that NumPy has itself if it is not."""
        known, found = self.static_value(value)
        return known and is_default(name, found)

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
        if not all(map(is_whole, nodes)):
            raise self.unsupported("this shape", "Give the lengths as ints.", node)
        return [
            size if size.type == INT else self.verbatim("_0_", size, type=INT) for size in nodes
        ]

    def constant_of(self, value: Value) -> tuple[bool, Any]:
        """``(known, object)`` of a value, a list as a tuple."""
        value = self.read(value)
        if isinstance(value, ListBox) and not self.is_array(value):
            items = self.known_items(value)
            parts = [self.constant_of(item) for item in items or ()]
            return items is not None and all(k for k, _ in parts), tuple(p for _, p in parts)
        if isinstance(value, TupleValue):
            parts = [self.constant_of(item) for item in value.items]
            return all(k for k, _ in parts), tuple(p for _, p in parts)
        if isinstance(value, Node) and value.op is arithmetic.negative:
            known, found = self.constant_of(value.args[0])
            return known, -found if known else None
        if isinstance(value, Node) and value.op is GLOBAL and value.params[0] in ("math", "numpy"):
            return True, self.graph.globals[str(value.params[0]), str(value.params[1])]
        known, found = self.static_value(value)
        if not known and isinstance(value, Node) and value.type == INT:
            found = number_now(value)
            known = found is not None
        return known, found

    def _static(self, value: Value, name: str, node: ast.AST) -> Any:
        known, found = self.constant_of(value)
        if not known:
            known, found = self.watched_number(value)
        if not known:
            raise self.unsupported(
                f"`{name}` is known at run time only", f"Give `{name}` as a constant.", node
            )
        if name == "dtype" and found is not None:
            return self.dtype_name(found, node)
        if not _is_literal(found):
            raise self.unsupported(
                f"`{name}={found!r}`", f"Give `{name}` a number, a string or a tuple.", node
            )
        return found

    def dtype_name(self, found: Any, node: ast.AST) -> str:
        """The name of a dtype that is differentiated or counted with."""
        import numpy

        try:
            dtype = numpy.dtype(found)
        except (TypeError, ValueError):
            raise self.unsupported(
                f"`dtype={found!r}`", "Use arrays of floating point numbers.", node
            ) from None
        if dtype.kind not in "fiubc":
            raise self.unsupported(f"arrays of {dtype}", "Use floating point numbers.", node)
        return str(dtype)

    # --- methods --------------------------------------------------------------------------

    def container_method(self, owner: Value, name: str) -> Callable[..., Value] | None:
        if isinstance(owner, Static) and type(owner.value).__name__ == "ufunc":
            form = special_form(getattr(owner.value, name, None)) or ufunc_method(owner.value, name)
            if form is not None:
                chosen_form = form
                return lambda lifter, base, args, keywords, node: chosen_form(
                    lifter, args, keywords, node
                )
        if isinstance(owner, Node) and is_complex(owner.type) and name in METHODS:
            return METHODS[name]
        number = isinstance(owner, Node) and owner.type in (FLOAT, INT, BOOL)
        if not self.is_array(owner) and not (number and self._is_numpys(owner, name)):
            return super().container_method(owner, name)
        if number:
            self.check_method(self.node(owner), name)
        special = METHODS.get(name)
        if special is not None:
            form = special
            return lambda lifter, base, args, keywords, node: self._into_target(
                functools.partial(form, lifter, base), args, keywords, node
            )
        op = method_primitive(name)
        if op is not None:
            function = getattr(sys.modules["numpy"], name, None)
            chosen = op

            def called(
                lifter: NumpyCalls, base: Value, args: Arguments, keywords: Keywords, node: ast.AST
            ) -> Value:
                given = [base, *args], keywords
                if op.sizes is None and op is not shaping.transpose:
                    given = _by_names(function, op, *given)
                return self.bound_call(chosen, *given, node, "method")

            return called
        return _unknown_method(name)

    def _is_numpys(self, owner: Node, name: str) -> bool:
        """Whether a method of a number can only be that of NumPy's numbers."""
        python = self.python_types(owner) in ((float,), (int,), (bool,))
        return not python and (name in METHODS or method_primitive(name) is not None)


# What joins the arrays of a list.
JOINS = (shaping.concatenate, shaping.stack)
# Functions that are no ufuncs and take the array for their result behind so many arguments.
OUT_BEHIND = {"dot": 2}


def _is_literal(found: Any) -> bool:
    """Whether a value can be written down as a constant."""
    if isinstance(found, tuple):
        return all(map(_is_literal, found))
    return found is None or type(found) in (bool, int, float, complex, str)


def _by_names(
    found: Any, op: ArrayCall, args: Arguments, keywords: Keywords
) -> tuple[Arguments, Keywords]:
    """The arguments behind the arrays of a call by the names that NumPy has for their places."""
    first = 1 if op.spread else op.arrays + (op.sizes is not None)
    own = list(op.signature.parameters)
    return as_declared(found, own, IGNORED, first, list(args), dict(keywords))


def _unknown_method(name: str) -> Callable[..., Value]:
    def refuse(
        self: NumpyCalls, owner: Value, args: Arguments, keywords: Keywords, node: ast.AST
    ) -> Value:
        raise self.unsupported(f"the method `{name}` of an array", "Use a function of NumPy.", node)

    return refuse


def _squeezed_axes(array: Node) -> int | tuple[int, ...] | None:
    """The axes that go where none is named: types do not tell of all that their length is 1."""
    units = unit_axes_of(array.type)
    axes = tuple(k for k, unit in enumerate(units) if unit or is_one(array, k))
    if len(axes) == sum(units):
        return None
    return axes[0] if len(axes) == 1 else axes
