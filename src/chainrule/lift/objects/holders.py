"""Globals and attributes of classes and functions that the function writes: counters, last values.

What is written so is an attribute of an object that exists outside: of the module, the class or the
function.  It is read when the derivative is called, and written where f writes it::

    def f(x):                        def grad_f(x):
        global calls                     model.calls = model.calls + 1
        calls += 1                       return 2.0 * x
        return x * x

Reading is another thing where nothing is written: a number is a constant of the emitted text, a
flag shapes it.  So lifting begins anew when the first write is met (:class:`WrittenOutside`).
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types
import weakref
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Graph
from chainrule.graph.guard import Route, TableLayout, table_layout
from chainrule.graph.node import Node
from chainrule.lift.anew import Anew
from chainrule.lift.calls.callees import home_of
from chainrule.lift.objects.attributes import Objects
from chainrule.lift.source import unwrap
from chainrule.lift.state import Frame
from chainrule.lift.values import ObjectBox, Static, TupleValue, Unbound, Value
from chainrule.lift.watching import SETTLED

# Variables of the function around are what a cell holds.
Holder = type | types.FunctionType | types.ModuleType | types.CellType
CONTENT = "cell_contents"
# Classes that a function makes at each of its calls, which are made once while lifting.
MADE_BY_FUNCTIONS: weakref.WeakSet[type] = weakref.WeakSet()
HOLDERS = (type, types.FunctionType, types.ModuleType)


class WrittenOutside(Anew):
    """``name`` of a class, function or module was read as what stays, and is written to."""

    def __init__(self, holder: Holder, name: str) -> None:
        super().__init__(name)
        self.holder = holder
        self.name = name


Container = list[Any] | dict[Any, Any]


class WrittenInto(UnsupportedError):
    """A list or dict outside was read as what stays, and is written into.

    Lifting begins anew, unless what writes there is a call that can be kept as it is.
    """

    def __init__(self, container: Container, refusal: UnsupportedError) -> None:
        super().__init__(
            refusal.found,
            remedy=refusal.remedy,
            position=refusal.position,
            chain=refusal.chain,
        )
        self.container = container


class Written:
    """The attributes of classes, functions and modules that are written to."""

    def __init__(self) -> None:
        self._holders: dict[tuple[int, str], Holder] = {}

    def add(self, found: WrittenOutside) -> bool:
        """Note one; whether it was not noted before."""
        key = (id(found.holder), found.name)
        fresh = key not in self._holders
        self._holders[key] = found.holder
        return fresh

    def has(self, holder: Any, name: str) -> bool:
        """Whether this attribute is one of them."""
        return (id(holder), name) in self._holders


class Holders(Objects):
    """Lifts what is written to globals, and to attributes of classes and functions."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.written_outside = Written()
        self.holders: dict[int, ObjectBox] = {}

    # --- reading --------------------------------------------------------------------------

    def static_node(self, value: Static) -> Node:
        found = value.value
        if _is_made_by_function(found):
            if isinstance(found, (int, float)):
                # A member of an enumeration of numbers.
                return self.graph.constant(+found)
            kind = found if isinstance(found, type) else type(found)
            raise self.unsupported(
                f"a class `{kind.__name__}` that the function makes is used as a whole",
                "Define it outside of functions.",
            )
        return super().static_node(value)

    def global_value(self, frame: Frame, name: str) -> Value:
        module = sys.modules.get(frame.module)
        if module is not None and self.written_outside.has(module, name):
            return self._kept_by(module, name)
        return super().global_value(frame, name)

    def module_value(self, module: types.ModuleType, name: str) -> Value:
        if self.written_outside.has(module, name):
            return self._kept_by(module, name)
        return super().module_value(module, name)

    def outer_value(self, found: Any, name: str, frame: Frame) -> Value:
        cell = frame.cells[name]
        if not self.written_outside.has(cell, CONTENT):
            return super().outer_value(found, name, frame)
        self._name_cell(cell, name)
        value = self._kept_by(cell, CONTENT)
        if isinstance(value, Node):
            self.graph.names.setdefault(value, name)
        return value

    def _static_attribute(self, owner: Static, name: str, node: ast.AST) -> Value:
        holder = self._holder_of(owner.value, name)
        if holder is not None:
            return self._kept_by(holder, name)
        found = getattr(owner.value, name, None)
        if _is_made_by_function(owner.value) and isinstance(found, (int, float, str, tuple)):
            # Nobody writes to it.
            return self.adopt(found, None)
        return super()._static_attribute(owner, name, node)

    def _object_attribute(self, owner: ObjectBox, name: str, node: ast.AST) -> Value:
        held = self.read(self.state.get(owner, {}))
        if isinstance(held, Unbound):
            raise self.unsupported(
                "an object that is made on some paths only", "Use it where it is made.", node
            )
        own = {**getattr(owner.instance, "__dict__", {}), **held}
        holder = None if name in own else self._holder_of(owner.type, name)
        if holder is None:
            return super()._object_attribute(owner, name, node)
        if owner.instance is not None:
            self.watch_presence(owner, name, False)
        return self._kept_by(holder, name)

    def _holder_of(self, owner: Any, name: str) -> Holder | None:
        """Whose attribute ``owner.name`` is, if that is written to."""
        for each in owner.__mro__ if isinstance(owner, type) else (owner,):
            if self.written_outside.has(each, name):
                found: Holder = each
                return found
            if isinstance(each, type) and name in vars(each):
                return None
        return None

    def _kept_by(self, holder: Holder, name: str) -> Value:
        box = self._box_of(holder)
        content = self.read(self.state.get(box, {}))
        return self.read(content[name]) if name in content else self._original(box, name)

    def runtime_attribute(self, owner: ObjectBox, name: str, found: Any) -> Value:
        if type(found) is not tuple or not self.written_outside.has(owner.instance, name):
            return super().runtime_attribute(owner, name, found)
        # There is another tuple at each call: of this one its layout counts.
        assert owner.route is not None
        route = owner.route.attribute(name)
        self.graph.guard(route, "layout", TableLayout(table_layout(found)))
        base = self.verbatim(f"_0_.{name}", self.object_node(owner), pure=True)
        items = []
        for k, item in enumerate(found):
            read = functools.partial(self.entry, base, k, self.static_type(item))
            items.append(self.adopt(item, read, route.item(k)))
        return TupleValue(tuple(items))

    def is_set(self, owner: Any, name: str) -> bool:
        """Whether the function has set this attribute of a class, function or module."""
        holder = self._holder_of(owner, name)
        return holder is not None and name in self.read(self.state.get(self._box_of(holder), {}))

    def _box_of(self, holder: Holder) -> ObjectBox:
        """The object that a class, function or module is."""
        known = self.holders.get(id(holder))
        if known is None:
            known = self.holders[id(holder)] = ObjectBox(holder, type(holder), None)
            known.route = Route(holder)
            self.begin_with(known, {})
            self.object_nodes[known] = lambda: self.static_node(Static(holder))
        return known

    def _name_cell(self, cell: types.CellType, name: str) -> None:
        """A cell is called by the name of the variable that is in it."""
        key, number = ("", f"{name}_cell"), 1
        while self.graph.references.setdefault(key, cell) is not cell:
            number += 1
            key = ("", f"{name}_cell_{number}")
        self.object_nodes[self._box_of(cell)] = lambda: self.graph.reference(key, cell)

    # --- writing --------------------------------------------------------------------------

    def write_outside(self, frame: Frame, name: str, value: Value) -> None:
        if name in self.frame.global_names:
            module = sys.modules.get(self.frame.module)
            if module is None or vars(module) is not self.frame.globals:
                raise self.unsupported(
                    f"assignment to the global `{name}`, whose module is not imported",
                    "Import the module, or return the value instead.",
                )
            self._write_held(module, name, value, ast.Pass())
            return
        cell = frame.cells[name]
        self._name_cell(cell, name)
        self._write_held(cell, CONTENT, value, ast.Pass())
        if isinstance(value, Node):
            self.graph.names[value] = name

    def write_attribute(self, owner: Value, name: str, value: Value, node: ast.AST) -> None:
        holder = owner.value if isinstance(owner, Static) else None
        if isinstance(holder, HOLDERS) and _takes_attributes(holder, name):
            self._write_held(holder, name, value, node)
        else:
            super().write_attribute(owner, name, value, node)

    def _write_held(self, holder: Holder, name: str, value: Value, node: ast.AST) -> None:
        if not self.written_outside.has(holder, name):
            raise WrittenOutside(holder, name)
        self.set_attribute(self._box_of(holder), name, value, node)
        if isinstance(value, Node):
            self.graph.names.setdefault(value, name)


def _is_made_by_function(value: Any) -> bool:
    """Whether this is a class that a function makes, or a member of one."""
    return (value if isinstance(value, type) else type(value)) in MADE_BY_FUNCTIONS


def _takes_attributes(holder: Holder, name: str) -> bool:
    """Whether an attribute that is set is there then, and shapes nothing else."""
    module = holder.__name__ if isinstance(holder, types.ModuleType) else home_of(holder)
    if str(module).partition(".")[0] in SETTLED or name.startswith("__"):
        return False
    if _is_made_by_function(holder):
        return False
    kind = type(holder)
    plain = inspect.getattr_static(kind, "__setattr__") is inspect.getattr_static(
        type if isinstance(holder, type) else kind, "__setattr__"
    )
    found = inspect.getattr_static(holder, name, None)
    code = unwrap(found)
    return plain and not hasattr(type(found), "__set__") and not isinstance(code, HOLDERS)
