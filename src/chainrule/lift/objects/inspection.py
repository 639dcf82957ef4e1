"""What a function asks of its values and their classes: isinstance, type, getattr, super, replace.

They are answered now where all kinds that a value may have give the same answer, else asked at
run time.  A number may be one of Python's or one of NumPy's.
"""

from __future__ import annotations

import ast
import builtins
import collections
import dataclasses
import inspect
import sys
from typing import Any

from chainrule.graph.block import CONSTANT, GLOBAL, PARAMETER
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.traits import has
from chainrule.graph.types import BOOL, FLOAT, INT, Array, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.calling import Builtin, Calls
from chainrule.lift.library.queues import Queue
from chainrule.lift.state import Frame
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    ListBox,
    Method,
    ObjectBox,
    PartialCall,
    Place,
    Static,
    Super,
    TupleValue,
    Value,
)
from chainrule.lift.watching import is_settled
from chainrule.primitives import sequence
from chainrule.primitives.arrays.call import ArrayCall
from chainrule.primitives.declare import Primitive

# The Python types of numbers whose graph type is certain, and what NumPy calls its own.
PYTHON_TYPES: dict[Type, type] = {FLOAT: float, INT: int, BOOL: bool}
NUMPY_NAMES = {float: "float64", int: "int64", bool: "bool_"}
PYTHONS = frozenset((float, int, bool))
COUNTS = ("dimension", "size_of", "length")
Arguments = list[Value]
Keywords = dict[str, Value]


class Inspection(Calls):
    """Knows what Python calls the kinds of values."""

    def python_types(self, value: Value) -> tuple[type, ...]:
        """The types that a value may be an instance of; none where they are not known."""
        value = self.read(value)
        self.watch_type(value)
        if isinstance(value, Static):
            return (type(value.value),)
        if isinstance(value, ObjectBox):
            return (collections.deque if value.type is Queue else value.type,)
        if isinstance(value, TupleValue):
            return (value.named or tuple,)
        if isinstance(value, (ListBox, Place)):
            return (list,)
        if isinstance(value, DictBox):
            return (dict,)
        if isinstance(value, (Closure, Method, PartialCall)):
            return (type(lambda: None),)
        if isinstance(value, Node):
            if isinstance(value.type, SequenceType):
                return (tuple if value.type.kind == "tuple" else list,)
            return self._number_types(value)
        return ()

    def _number_types(self, node: Node) -> tuple[type, ...]:
        own = PYTHON_TYPES.get(node.type)
        if own is None:
            return ()
        if "numpy" not in sys.modules:
            return (own,)
        if node not in self.number_types:
            self.number_types[node] = self._types_of_number(node, own)
        return self.number_types[node]

    def _types_of_number(self, node: Node, own: type) -> tuple[type, ...]:
        numpys: type = getattr(sys.modules["numpy"], NUMPY_NAMES[own])
        op = node.op
        if op is CONSTANT:
            return (type(node.params[0]),)
        if op is GLOBAL:
            return (type(self.graph.globals[str(node.params[0]), str(node.params[1])]),)
        if node in self.routes or (op is PARAMETER and node.block is self.graph.body):
            return (own,)
        if isinstance(op, Primitive) and op.boxes_numbers:
            return (sys.modules["numpy"].ndarray,)
        if op.name in COUNTS:
            return (own,)
        if isinstance(op, ArrayCall) or (
            op is sequence.index and isinstance(node.args[0].type, Array)
        ):
            return (numpys,)
        if isinstance(op, Primitive) and any(_is_numpys(param) for param in node.params):
            return (numpys,)
        if isinstance(op, Primitive) and op.symbol is not None:
            parts = [self._number_types(arg) for arg in node.args]
            if any(part and not PYTHONS.intersection(part) for part in parts):
                return (numpys,)
            if all(len(part) == 1 and part[0] in PYTHON_TYPES.values() for part in parts):
                return (own,)
        elif isinstance(op, Primitive) and op.callables:
            chosen = [param for param in node.params if isinstance(param, str) and "." in param]
            home = (*chosen, op.callables[0])[0].partition(".")[0]
            if home in ("math", "builtins"):
                return (own,)
            if home in ("numpy", "scipy"):
                return (numpys,)
        return (own, numpys)

    def python_type(self, value: Value) -> type | None:
        """The Python type of a value, when it is certain."""
        found = self.python_types(value)
        return found[0] if len(found) == 1 else None

    def is_instance(self, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        known, kinds = self.static_value(args[1])
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        found = self.python_types(args[0]) if known else ()
        value = self.read(args[0])
        if not found and isinstance(value, Node) and value.type in PYTHON_TYPES:
            found = _any_number()
        answers = {
            any(isinstance(kind, type) and issubclass(each, kind) for kind in kinds)
            for each in found
        }
        if len(answers) == 1:
            return Static(answers.pop())
        return self.verbatim(
            "isinstance(_0_, _1_)", self.node(args[0]), self.node(args[1]), type=BOOL
        )


def _is_numpys(param: Any) -> bool:
    """Whether a parameter tells that an operation was called by NumPy's name for it."""
    return isinstance(param, str) and param.startswith(("numpy.", "scipy."))


def _any_number() -> tuple[type, ...]:
    """The types that numbers may have."""
    if "numpy" not in sys.modules:
        return tuple(NUMPY_NAMES)
    numpy = sys.modules["numpy"]
    return (*NUMPY_NAMES, *(getattr(numpy, name) for name in NUMPY_NAMES.values()), numpy.ndarray)


def _getattr(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, name = self.static_value(args[1])
    if not known:
        raise self.unsupported(
            "`getattr` with a name known at run time only", "Name the attribute.", node
        )
    box = args[0]
    if len(args) == 3 and isinstance(box, ObjectBox) and not _holds(self, box, name, node):
        return args[2]
    if len(args) == 3 and isinstance(box, Static) and not _is_there(self, box.value, name):
        return args[2]
    if len(args) == 3 and not isinstance(args[0], (ObjectBox, Static)):
        found = self.python_types(args[0])
        if found and not any(hasattr(kind, name) for kind in found):
            return args[2]
    return self.attribute(args[0], name, node)


def _hasattr(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, name = self.static_value(args[1])
    value = self.read(args[0])
    if known and isinstance(value, ObjectBox):
        return Static(_holds(self, value, name, node))
    if known and isinstance(value, Static):
        return Static(_is_there(self, value.value, name))
    answers = {hasattr(kind, name) for kind in self.python_types(value)} if known else set()
    if len(answers) == 1:
        return Static(answers.pop())
    return self.verbatim("hasattr(_0_, _1_)", self.node(value), self.node(args[1]), type=BOOL)


def _holds(self: Inspection, owner: ObjectBox, name: str, node: ast.AST) -> bool:
    """Whether an object has an attribute now."""
    if name in self.read(self.state.get(owner, {})) or self.is_set(owner.type, name):
        return True
    target = owner.instance if owner.instance is not None else owner.type
    found = has(target, name)
    outside = None if owner.instance is None else owner.route
    self.watch_trait(outside or Route(owner.type), name, found)
    if found:
        return True
    if hasattr(owner.type, "__getattr__"):
        raise self.unsupported(
            f"whether `{owner.type.__name__}.__getattr__` finds `{name}`",
            "Read the attribute where it is there.",
            node,
        )
    return False


def _is_there(self: Inspection, owner: Any, name: str) -> bool:
    """Whether what is known while lifting has an attribute now."""
    if self.is_set(owner, name):
        return True
    found = hasattr(owner, name)
    if hasattr(owner, "__dict__") and not is_settled("", owner):
        self.watch_trait(Route(owner), name, found)
    return found


def _found_statically(
    self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``inspect.getattr_static(value, name, default)`` of what has what its class has."""
    known, name = self.static_value(args[1])
    kinds = self.python_types(args[0])
    settled = all(kind.__module__ in ("builtins", "numpy") for kind in kinds)
    if known and not keywords and kinds and settled:
        found = {kind: inspect.getattr_static(kind, name, UNBOUND) for kind in kinds}
        if len(args) == 3 and all(each is UNBOUND for each in found.values()):
            return args[2]
        if len(found) == 1 and UNBOUND not in found.values():
            return Static(found[kinds[0]])
    raise self.unsupported(
        "`getattr_static` of a value whose class is not known", "Use getattr or hasattr.", node
    )


def _callable(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.read(args[0])
    if isinstance(value, Static):
        return Static(callable(value.value))
    return Static(isinstance(value, (Closure, Method, PartialCall)))


def _type(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if (found := self.python_type(args[0])) is not None and len(args) == 1:
        return Static(found)
    return self.verbatim("type(_0_)", self.node(args[0]), carries=False)


def _isinstance(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    return self.is_instance(args, keywords, node)


def _super(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``super()`` and ``super(Class, self)``."""
    if len(args) == 2:
        return Super(args[1], self.static_value(args[0])[1])
    frame: Frame | None = self.frame
    while frame is not None and "__class__" not in frame.cells:
        frame = frame.parent
    if frame is None or frame.source is None or not frame.source.tree.args.args:
        raise self.unsupported("`super()` outside a method", "Name the class and self.", node)
    first = frame.source.tree.args.args[0].arg
    return Super(self.lookup(first, node), frame.cells["__class__"].cell_contents)


def _replaced(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``dataclasses.replace(instance, **changes)``."""
    owner = self.read(args[0])
    if not isinstance(owner, ObjectBox) or not dataclasses.is_dataclass(owner.type):
        raise self.unsupported("`replace` of what is no dataclass", "Make a new one.", node)
    values = {
        field.name: keywords[field.name]
        if field.name in keywords
        else self.attribute(owner, field.name, node)
        for field in dataclasses.fields(owner.type)
        if field.init
    }
    return self.call(Static(owner.type), [], values, node)


def _set_attribute(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``setattr(object, name, value)``, and ``object.__setattr__`` as frozen dataclasses use it."""
    known, name = self.static_value(args[1])
    owner = self.read(args[0])
    if not known or not isinstance(owner, ObjectBox):
        raise self.unsupported(
            "an attribute that is set by a name known at run time only", "Name the attribute.", node
        )
    self.write_attribute(owner, name, args[2], node)
    return Static(None)


def _set_past_class(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, name = self.static_value(args[1])
    owner = self.read(args[0])
    if not known or not isinstance(owner, ObjectBox):
        return _set_attribute(self, args, keywords, node)
    self.set_attribute(owner, name, args[2], node)
    return Static(None)


QUESTIONS: dict[Any, Builtin] = {
    builtins.setattr: _set_attribute,
    object.__setattr__: _set_past_class,
    builtins.super: _super,
    dataclasses.replace: _replaced,
    builtins.isinstance: _isinstance,
    builtins.getattr: _getattr,
    builtins.hasattr: _hasattr,
    inspect.getattr_static: _found_statically,
    builtins.callable: _callable,
    builtins.type: _type,
}
