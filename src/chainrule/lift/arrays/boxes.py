"""NumPy arrays: boxes, views, subscripts, updates in place, attributes.

An array is a box, as a list is: names that share it see each other's writes.  A view is a place
in a box: it is read where it is used, and writing through it makes a new version of the box.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.graph.block import Graph
from chainrule.graph.guard import Given, Route, array_layout
from chainrule.graph.node import Node
from chainrule.graph.traits import has
from chainrule.graph.types import (
    COMPLEX,
    FLOAT,
    FLOATING,
    INT,
    Array,
    Type,
    array_of,
    is_complex,
    unit_axes_of,
)
from chainrule.lift.arrays import memory
from chainrule.lift.arrays.entries import SeenEntries, of_entry
from chainrule.lift.arrays.made_of import check_even, check_known_axes, check_no_axes, check_numbers
from chainrule.lift.containers.items import Containers
from chainrule.lift.containers.sharing import Box
from chainrule.lift.values import (
    UNKNOWN,
    ArrayBox,
    Layout,
    ListBox,
    Place,
    Static,
    Step,
    TupleValue,
    Value,
    View,
)
from chainrule.primitives import sequence
from chainrule.primitives.arrays import creation, indexing, shaping
from chainrule.primitives.arrays.complex_parts import PARTS, PARTS_SET
from chainrule.primitives.arrays.lengths import IN_PLACE
from chainrule.primitives.declare import TABLE, Primitive, constant_value, is_constant
from chainrule.primitives.effect import LEAVE


def dtype_name(value: Any) -> str:
    """The name of an array's dtype, whatever library it is of."""
    return str(value.dtype).rpartition(".")[2]


def array_type(value: Any) -> Type:
    """Graph type of an array or scalar of NumPy's kind that is at hand."""
    return array_of(dtype_name(value), tuple(length == 1 for length in value.shape))


def is_ndarray(value: Any) -> bool:
    """Whether an object is an array of NumPy, or of a library that takes part in its protocols.

    NumPy is not imported to tell.
    """
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ != "memmap":
        return kind.__name__ == "ndarray"
    takes_part = hasattr(kind, "__array_function__") or hasattr(kind, "__array_namespace__")
    return takes_part and has(value, "dtype", "shape")


# What is emitted as a write into its first argument.
WRITING = (sequence.index_set, sequence.index_add, indexing.section_set, indexing.section_add)
# Classes whose operators mean something else than NumPy's: what to pass instead.
STRANGE = {
    "matrix": "np.asarray(...): the operators of np.matrix are not those of arrays",
    "MaskedArray": "np.asarray(...) and the mask as an array of its own",
    "Series": "its `.to_numpy()`",
    "DataFrame": "its `.to_numpy()`",
    "Index": "its `.to_numpy()`",
}


def strange_array(value: Any) -> str | None:
    """What to pass instead of an object that only looks like an array; None if it is one."""
    for base in type(value).__mro__:
        if base.__module__.partition(".")[0] in ("numpy", "pandas", "polars"):
            found = STRANGE.get(base.__name__)
            if found is not None:
                return found
    return None


def is_numeric(value: Any) -> bool:
    """Whether an object is an array or scalar of NumPy that can be computed with."""
    kind = type(value)
    if kind.__module__ != "numpy" or not (hasattr(value, "dtype") and hasattr(value, "ndim")):
        return False
    if value.dtype.kind == "f":
        return str(value.dtype) in FLOATING and (is_ndarray(value) or value.ndim == 0)
    if value.dtype.kind == "c":
        return str(value.dtype) in COMPLEX and (is_ndarray(value) or value.ndim == 0)
    return value.dtype.kind in "iub" and (is_ndarray(value) or value.ndim == 0)


class Arrays(Containers):
    """Lifts what is done to arrays."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        # How the arrays lie in memory that are known to lie there without a gap.
        self.layouts: dict[Node, Layout] = {}
        self.seen_entries = SeenEntries()

    def is_array(self, value: Value) -> bool:
        """Whether a value is an array with axes."""
        if isinstance(value, (ArrayBox, View)):
            return True
        return isinstance(value, Node) and bool(unit_axes_of(value.type))

    def is_array_entry(self, value: Value) -> bool:
        """Whether a value is a number of a dtype of its own, such as float32."""
        return isinstance(value, Node) and isinstance(value.type, Array)

    def python_number(self, node: Node) -> Node:
        """The number of Python's that a number of a dtype of its own is to functions of math."""
        check_no_axes(self, node)
        if not isinstance(node.type, Array):
            return node
        return self.block.add(TABLE["to_float"], (node,), ("builtins.float",), FLOAT)

    def python_int(self, name: str, node: Node) -> Node:
        """``int`` or ``round`` of a number: an int of Python's, whatever its dtype."""
        if not isinstance(node.type, Array) or unit_axes_of(node.type):
            return self.primitive(TABLE[name], node)
        return self.block.add(TABLE[name], (node,), (), INT)

    def is_container(self, value: Value) -> bool:
        return not self.is_array(value) and super().is_container(value)

    def known_items(self, value: Value) -> list[Value] | None:
        if isinstance(value, (ArrayBox, View)):
            return None
        return super().known_items(value)

    def boxed(self, node: Node) -> Value:
        if unit_axes_of(node.type):
            box = ArrayBox(len(unit_axes_of(node.type)))
            self.state[box] = node
            box.layout = self.layouts[node] = memory.made_layout(node, self.layouts)
            return box
        return super().boxed(node)

    def out_of_order(self, value: Value) -> None:
        """An array of which it is not known how it lies: the order asked for is not written."""
        if isinstance(value, ArrayBox):
            value.layout = self.layouts[self.node(value)] = UNKNOWN

    def node(self, value: Value, what: str = "this value") -> Node:
        if isinstance(value, View):
            if self.content(value.box) is not value.began:
                self.rely_on(value.rests)
            found = self.view_nodes(value)[-1]
            self.layouts.setdefault(found, value.layout)
            return found
        found = super().node(value, what)
        if isinstance(value, ArrayBox):
            self.layouts.setdefault(found, value.layout)
        return found

    def array_node(self, value: Value) -> Node:
        """A value as NumPy's functions take it: lists become arrays."""
        value = self.read(value)
        if isinstance(value, Static) and isinstance(value.value, (list, tuple)):
            items = self.known_items(value)
            value = TupleValue(tuple(items or ()))
        if isinstance(value, (ListBox, TupleValue)) and not isinstance(value, ArrayBox):
            items = self.known_items(value)
            if items is not None:
                return self.literal(items, None)
            return self.call_array(creation.array_of_list, (self.node(value),), (None,))
        if isinstance(value, (Place, Node)) and self.is_container(value):
            return self.call_array(creation.array_of_list, (self.node(value),), (None,))
        check_known_axes(self, value)
        return self.node(value)

    def literal(self, items: list[Value], dtype: str | None) -> Node:
        """``np.array([...])`` of values that are at hand."""
        shape, leaves = self._leaves(items)
        nodes = tuple(map(self.array_node, leaves))
        return self.block.add(creation.literal, nodes, (shape, dtype))

    def _leaves(self, items: list[Value]) -> tuple[tuple[int, ...], list[Value]]:
        """The shape of nested lists, and their entries in order."""
        check_numbers(self, items)
        rows = [self.known_items(item) if self.is_container(item) else None for item in items]
        if items and all(row is not None for row in rows):
            parts = [self._leaves(row or []) for row in rows]
            if len({shape for shape, _ in parts}) == 1:
                leaves = [leaf for _, found in parts for leaf in found]
                return (len(items), *parts[0][0]), leaves
            check_even(self, [leaf for _, found in parts for leaf in found])
        return (len(items),), items

    def call_array(
        self, op: Primitive, args: tuple[Node, ...], params: tuple[Any, ...], form: str = "function"
    ) -> Node:
        """A node of f's own for a call of NumPy."""
        if any(is_complex(arg.type) for arg in args):
            op, _ = self._complex_form(op, ())
        return self.block.add(op, args, (*params, form))

    def wrap(
        self,
        value: Any,
        node: Callable[[], Node] | None = None,
        route: Route | None = None,
        name: str = "",
    ) -> Value:
        """A Python object met while lifting; arrays are read when the derivative runs."""
        if not is_numeric(value):
            return super().wrap(value, node, route, name)
        if route is not None:
            self.graph.guard(route, "array", array_layout(value))
        box = self.objects.get(id(value))
        if not isinstance(box, ArrayBox) or box not in self.outside:
            with self.graph.inside(self.graph.body):
                made = self._outside(value) if node is None else node()
            if is_ndarray(value):
                self.graph.given[made] = Given(route, value.shape, type(value))
            if not unit_axes_of(made.type):
                return made
            box = ArrayBox(len(unit_axes_of(made.type)), parameter=True)
            box.layout = memory.given_layout(value, route)
            self.objects[id(value)] = box
            self.outside[box] = made
            self.reach(box, route, made)
        elif box in self.reached:
            self.watch_same(route, self.reached[box][0], value)
        return self.seen(box)

    def given_content(self) -> dict[ListBox, Node]:
        """The lists and arrays of the caller, with what they hold when the function begins."""
        return {
            box: content
            for box, content in self.state.items()
            if isinstance(box, ListBox) and box.parameter and isinstance(content, Node)
        }

    def leave_written(self, given: Mapping[ListBox, Node]) -> None:
        """The function is over: the caller's lists and arrays hold what was written into them."""
        for box, before in (*given.items(), *self.outside.items()):
            after = self.read(self.state.get(box, before))
            if isinstance(after, Node) and after is not before:
                whole = "..." if isinstance(box, ArrayBox) else ":"
                self.block.add(LEAVE, (before, after), (f"_0_[{whole}] = _1_",))

    def seen(self, value: Value) -> Value:
        """What exists outside, with what it held when the function began."""
        if isinstance(value, ListBox) and value in self.outside:
            self.begin_with(value, self.outside[value])
        return value

    def _outside(self, value: Any) -> Node:
        """An array that is reached by no name, such as a default of an inner function."""
        reference = self.graph.reference(self.reference_key(value), value)
        return self.verbatim("_0_", reference, type=array_type(value), pure=True)

    # --- views ----------------------------------------------------------------------------

    def view_nodes(self, view: View) -> list[Node]:
        """What is seen after each step of a view, the whole box first."""
        return self.steps_taken(view.box, view.steps)

    def steps_taken(self, box: ArrayBox, steps: tuple[Step, ...]) -> list[Node]:
        """The content of a box, and what is seen after each step into it."""
        found = [self.sequence_node(box)]
        for step in steps:
            found.append(self.block.add(step.op, (found[-1], *step.args), step.params))
        return found

    def viewed(
        self, base: Value, op: Any, args: tuple[Node, ...], params: tuple[Any, ...]
    ) -> Value:
        """``op`` of an array, which looks into the same memory if it can."""
        before = self.node(base)
        params = self.in_order_of_memory(op, base, params)
        if not isinstance(base, (ArrayBox, View)):
            return self.seeing(before, self.block.add(op, (before, *args), params))
        step = Step(op, args, params)
        found = memory.sharing(step, before.type, base.layout)
        if found is memory.Sharing.VIEW:
            return self._seen(base, step, before.type)
        box = self.boxed(self.block.add(op, (before, *args), params))
        if found is memory.Sharing.COPY:
            self.rely_on(base.layout.assumed)
        else:
            self.may_share(box, base)
        return box

    def with_axes(self, number: Node, rank: int) -> Value:
        """A number as an array of one entry."""
        return self.seeing(number, self.block.add(creation.literal, (number,), ((1,) * rank, None)))

    def seeing(self, number: Node, found: Node) -> Value:
        """``found``, made of ``number``: it looks into the array without axes that this may be."""
        value = self.boxed(found)
        if isinstance(value, ArrayBox) and self._may_be_box(number):
            value.number = number
        return value

    def _may_be_box(self, number: Node) -> bool:
        """Whether a number may be an array without axes."""
        kinds = () if unit_axes_of(number.type) else self.python_types(number)
        return any(hasattr(kind, "__setitem__") for kind in kinds)

    def _is_reached(self, number: Node) -> bool:
        """Whether an array without axes is the caller's, or has a name."""
        copied = number.op is creation.array_copy and self._may_be_box(number.args[0])
        names = (key for key, value in self.state.items() if value is number)
        return (
            copied
            or number in self.graph.body.parameters
            or any(isinstance(key, tuple) for key in names)
        )

    def _seen(self, base: ArrayBox | View, step: Step, before: Type) -> Value:
        """A view, or the entry that is seen."""
        whole = base if isinstance(base, View) else View(base, (), before)
        box, steps, rests = whole.box, (*whole.steps, step), whole.rests
        node = self.steps_taken(box, steps)[-1]
        if not unit_axes_of(node.type):
            return node
        if step.op in shaping.ORDERED and len(unit_axes_of(before)) > 1:
            rests = (*rests, *base.layout.assumed)
        layout = memory.seen_layout(step, before, base.layout, node.type)
        return View(box, steps, node.type, layout, rests, self.content(box))

    def in_order_of_memory(self, op: Any, base: Value, params: Sequence[Any]) -> tuple[Any, ...]:
        """The params of a call, with the order in which ``order="K"`` and ``"A"`` read."""
        if op not in (*shaping.ORDERED, shaping.flatten) or params[0] in ("C", "F"):
            return tuple(params)
        layout = base.layout if isinstance(base, (ArrayBox, View)) else UNKNOWN
        if not layout.orders and len(unit_axes_of(self.node(base).type)) > 1:
            raise self.unsupported(
                "entries in the order of memory, which is not known", 'Give order="C" or "F".'
            )
        self.rely_on(layout.assumed)
        return (layout.orders[:1] or "C", *params[1:])

    def form_of_copy(self, op: Any, keywords: dict[str, Value], form: str) -> str:
        """How a copy is spelled: the method gives rows, the function the order of its argument."""
        asked = keywords.get("order") if op is creation.array_copy else None
        found = {"C": "method", "K": "function"}.get(self.static_value(asked)[1]) if asked else None
        if found is None:
            return form
        del keywords["order"]
        return found

    def rely_on(self, flags: Sequence[Route]) -> None:
        """The code is right while these flags of the caller's arrays hold."""
        for flag in flags:
            self.graph.guard(flag, "is", True)

    def in_order(self, value: Value, order: str) -> Value:
        """The array itself where it lies in the order that is asked for, else a copy."""
        if order not in ("C", "F") or not isinstance(value, (ArrayBox, View)):
            return value
        layout = value.layout
        if order in layout.orders:
            self.rely_on(layout.assumed)
            return value
        form = "method" if order == "C" else "function"
        copied = self.call_array(creation.array_copy, (self.node(value),), (None,), form)
        found = self.boxed(copied)
        assert isinstance(found, ArrayBox)
        if order == "F":
            self.out_of_order(found)
        if layout.orders:
            self.rely_on(layout.assumed)
        else:
            self.may_share(found, value)
        return found

    def may_share(self, value: Value, base: Value) -> None:
        """``value`` may look into the memory of ``base``."""
        if isinstance(value, ArrayBox):
            self.loans.lend(value, self.loans.lenders(base), self.state)

    def write_view(self, view: View, new: Node) -> None:
        """The box of a view with what the view sees replaced."""
        nodes = self.view_nodes(view)
        for step, before in zip(reversed(view.steps), reversed(nodes[:-1]), strict=True):
            if step.op is sequence.index:
                new = self.block.add(sequence.index_set, (before, *step.args, new))
            elif step.op is indexing.section:
                new = self.block.add(indexing.section_set, (before, *step.args, new), step.params)
            elif step.op in shaping.TURNED_BACK:
                params = shaping.TURNED_BACK[step.op](*step.params)
                new = self.block.add(step.op, (new,), params)
            elif step.op in PARTS_SET:
                new = self.block.add(PARTS_SET[step.op], (before, new), ("function",))
            else:
                order = step.params[0] if step.op in shaping.ORDERED else "C"
                new = self.block.add(shaping.reshaped, (new, before), (order, "method"))
        if view.box.parameter and new.op not in WRITING:
            # The caller's array is written to, not replaced.
            new = self.block.add(indexing.section_set, (nodes[0], new), ("e",))
        self.renew(view.box, new)

    def renew(self, box: ListBox, new: Node) -> None:
        """The next version of a box."""
        old = self.sequence_node(box)
        self.rename(old, new)
        self.state[box] = new

    def rename(self, old: Node, new: Node) -> None:
        """A new version of a list has the old one's name."""
        if old in self.graph.names and new not in self.graph.names:
            self.graph.names[new] = self.graph.names[old]

    # --- reading --------------------------------------------------------------------------

    def flat_view(self, value: Value) -> Value:
        """An array seen as a vector."""
        found = self.viewed(value, shaping.reshape, (self.graph.constant(-1),), ("C", "method"))
        self.may_share(found, value)
        return found

    def array_item(self, base: Value, pattern: str, nodes: tuple[Node, ...]) -> Value:
        """``base[...]``."""
        self._check_axes(self.node(base), pattern, nodes)
        entry = of_entry(pattern, len(unit_axes_of(self.node(base).type)))
        if entry and set(entry) == {"i"}:
            # With an ellipsis NumPy gives the entry as an array without axes.
            told = () if entry == pattern else (pattern,)
            found = self.viewed(base, sequence.index, nodes, told)
            if told and isinstance(found, Node):
                self.seen_entries.note(base.box if isinstance(base, View) else base, found)
            return found
        if indexing.is_basic(pattern):
            return self.viewed(base, indexing.section, nodes, (pattern,))
        return self.boxed(self.block.add(indexing.section, (self.node(base), *nodes), (pattern,)))

    def _check_axes(self, array: Node, pattern: str, nodes: Sequence[Node]) -> None:
        """Raise what NumPy raises where an array has less axes than a subscript asks for."""
        rank = len(unit_axes_of(array.type))
        taken = indexing.axes_taken(indexing.parts_of(pattern, nodes))
        if 0 < rank < taken:
            text = f"array is {rank}-dimensional, but {taken} were indexed"
            self.always_raises(f"IndexError('too many indices for array: {text}')")

    # --- writing --------------------------------------------------------------------------

    def write_array(
        self,
        base: Value,
        pattern: str,
        nodes: tuple[Node, ...],
        value: Value,
        node: ast.AST,
        adds: bool = False,
    ) -> None:
        """``base[...] = value``, or ``base[...] += value`` where it ``adds``."""
        written = self.array_node(value)
        box, before = self._own_box(base, node)
        self._check_axes(self.node(base), pattern, nodes)
        pattern = of_entry(pattern, len(unit_axes_of(self.node(base).type)))
        self.seen_entries.check(self, box, node)
        if isinstance(base, View) and all(step.op is sequence.index for step in base.steps):
            # a[i][j] = v is a[i, j] = v.
            path = tuple(arg for step in base.steps for arg in step.args)
            pattern, nodes = "i" * len(path) + pattern, (*path, *nodes)
            base, before = box, self.sequence_node(box)
        self._check_dtype(before, written, node)
        if set(pattern) == {"i"}:
            op: Primitive = sequence.index_add if adds else sequence.index_set
            new = self.block.add(op, (before, *nodes, written))
        else:
            op = indexing.section_add if adds else indexing.section_set
            new = self.block.add(op, (before, *nodes, written), (pattern,))
        if isinstance(base, View):
            self.write_view(base, new)
        else:
            self.renew(box, new)

    def _own_box(self, base: Value, node: ast.AST) -> tuple[ArrayBox, Node]:
        if not isinstance(base, (ArrayBox, View)):
            raise self.unsupported(
                "writing into this array", "Give it a name before it is written to.", node
            )
        box = base.box if isinstance(base, View) else base
        self.check_writable(box, node)
        if isinstance(base, View):
            self.rely_on(base.rests)
        return box, self.node(base)

    def _check_dtype(self, before: Node, written: Node, node: ast.AST) -> None:
        integral = isinstance(before.type, Array) and not before.type.differentiable
        whole = is_constant(written) and float(constant_value(written)).is_integer()
        if integral and written.type.differentiable and written.type != INT and not whole:
            raise self.unsupported(
                "assignment of a float into an integer array, which cuts off its fraction",
                "Make the array with dtype=float.",
                node,
            )

    def write_whole(self, base: Value, value: Node, node: ast.AST) -> None:
        """``base[...] = value`` where ``value`` has the shape of ``base``: ``base += v``."""
        box, before = self._own_box(base, node)
        self._check_dtype(before, value, node)
        if isinstance(base, View):
            self.write_view(base, value)
        elif box.parameter:
            pattern = indexing.section_set
            self.renew(box, self.block.add(pattern, (before, value), ("e",)))
        else:
            if isinstance(value.op, Primitive) and value.op.broadcasts:
                value = self.block.add(value.op, value.args, (*value.params, IN_PLACE), value.type)
            self.renew(box, value)

    def check_writable(self, box: Box, node: ast.AST | None = None) -> None:
        """Refuse a write that other names of the same list would not see."""
        self.shown.touch(box, self.block, writes=True)
        if isinstance(box, ArrayBox) and box.read_only:
            raise self.unsupported(
                "NumPy lets nobody write into what a function like this gives",
                "Write into a copy of it.",
                node,
            )
        if isinstance(box, ArrayBox) and box.number is not None and self._is_reached(box.number):
            raise self.unsupported(
                "this array looks into one without axes, which would be written to, too",
                "Write into a copy of it.",
                node,
            )
        if box in self.frozen or self.loans.is_shared(box, self.state):
            raise self.unsupported(
                f"this {box.noun} is written to after it was put into another container or "
                "joined from several branches",
                "Write to it before, or write through the container.",
                node,
            )

    # --- attributes -----------------------------------------------------------------------

    def array_attribute(self, owner: Value, name: str) -> Value | None:
        """An attribute of an array that is no method."""
        node = self.node(owner)
        units = unit_axes_of(node.type)
        match name:
            case "T":
                return self.viewed(owner, shaping.transpose, (), (None, "attribute"))
            case "ndim":
                return self.graph.constant(len(units))
            case "size" if all(units):
                return self.graph.constant(1)
            case "size":
                return self.call_array(shaping.size_of, (node,), (), "attribute")
            case "shape":
                return TupleValue(tuple(self.length_along(node, k) for k in range(len(units))))
            case "real" | "imag" if is_complex(node.type):
                return self.viewed(owner, PARTS[name], (), ())
            case "real":
                return owner
            case "imag":
                return self.boxed(self.call_array(creation.zeros_like, (node,), (None,)))
            case "flat":
                return self.flat_view(owner)
            case "mT":
                return self.viewed(owner, shaping.swapaxes, (), (-1, -2, "method"))
            case "dtype":
                import numpy

                assert isinstance(node.type, Array)
                return Static(numpy.dtype(node.type.dtype))
        return None

    def length_along(self, node: Node, axis: int) -> Node:
        """``node.shape[axis]``; a length that is known to be 1 is the constant."""
        if unit_axes_of(node.type)[axis]:
            return self.graph.constant(1)
        return self.call_array(shaping.dimension, (node,), (axis,))

    def length_of(self, value: Value) -> Node:
        if self.is_array(value):
            node = self.node(value)
            if unit_axes_of(node.type)[0]:
                return self.graph.constant(1)
            return self.call_array(shaping.dimension, (node,), (0,), "len")
        return super().length_of(value)

    # Given by the other parts of the lifter.
    def python_types(self, value: Value) -> tuple[type, ...]:
        raise NotImplementedError
