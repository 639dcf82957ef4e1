"""What a function asks of its values and their classes: isinstance, type, getattr, super, replace.

They are answered now where all kinds that a value may have give the same answer, else asked at
run time.  A number may be one of Python's or one of NumPy's.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import operator
import types
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_origin

from chainrule.errors import UnsupportedError
from chainrule.graph.block import PARAMETER
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.traits import has
from chainrule.graph.types import BOOL
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.calls.calling import Builtin
from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.objects.closures import holder_of_attribute
from chainrule.lift.objects.number_types import PYTHON_TYPES, NumberTypes, any_number
from chainrule.lift.state import Frame
from chainrule.lift.values import (
    UNBOUND,
    Closure,
    DictBox,
    Either,
    ListBox,
    Method,
    ObjectBox,
    ObjectEntry,
    PartialCall,
    Place,
    RecordsBox,
    Static,
    Super,
    TupleValue,
    Value,
)
from chainrule.lift.watching import is_settled
from chainrule.primitives.complex_powers import may_be_complex

Arguments = list[Value]
Keywords = dict[str, Value]
TYPE_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.is_,
    ast.NotEq: operator.is_not,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda kind, classes: kind in classes,
    ast.NotIn: lambda kind, classes: kind not in classes,
}


class Inspection(NumberTypes):
    """Knows what Python calls the kinds of values."""

    # Of which of these classes a value is, which only the run tells.
    types_told: Mapping[Node, tuple[type, ...]] = MappingProxyType({})

    def compare(self, operator: type, left: Value, right: Value, node: ast.AST) -> Value:
        holds = TYPE_COMPARE.get(operator)
        told = self.types_told.get(left, ()) if isinstance(left, Node) else ()
        if holds is not None and told:
            known, classes = self.static_value(right)
            several = operator in (ast.In, ast.NotIn)
            if known and isinstance(classes, (tuple, list, set, frozenset) if several else type):
                answer = _answer(told, lambda kind: holds(kind, classes))
                if answer is not None:
                    return Static(answer)
        return super().compare(operator, left, right, node)

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        if name == "__class__" and len(kinds := self.python_types(owner)) == 1:
            return Static(kinds[0])
        return super().attribute(owner, name, node)

    def set_attribute(self, owner: ObjectBox, name: str, value: Value, node: ast.AST) -> None:
        if name == "__class__":
            raise self.unsupported(
                f"another class for an object of `{owner.type.__name__}`",
                "Make an object of that class, or keep what changes in an attribute, and ask it.",
                node,
            )
        if name == "__dict__":
            raise self.unsupported(
                "attributes that are all exchanged: a `__dict__` that is assigned",
                "Assign to each of them, or write `self.__dict__.update(...)`.",
                node,
            )
        super().set_attribute(owner, name, value, node)

    def python_types(self, value: Value) -> tuple[type, ...]:
        """The types that a value may be an instance of; none where they are not known."""
        value = self.read(value)
        self.watch_type(value)
        if isinstance(value, Static):
            return (type(value.value),)
        if isinstance(value, ObjectBox):
            return (IN_PLACE_OF.get(value.type, value.type),)
        if isinstance(value, TupleValue):
            return (value.named or tuple,)
        if isinstance(value, RecordsBox) and value.is_tuple:
            return (tuple,)
        if isinstance(value, (ListBox, Place)):
            return (list,)
        if isinstance(value, DictBox):
            return (value.kind,)
        if isinstance(value, (Closure, Method, PartialCall)):
            return (type(lambda: None),)
        if isinstance(value, Node):
            if isinstance(value.type, SequenceType):
                return (tuple if value.type.kind == "tuple" else list,)
            return self.types_of_number(value)
        return ()

    def is_instance(self, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        known, kinds = self.static_value(args[1])
        kinds = _classes_meant(kinds)
        known = known and _are_classes(kinds)
        found = self.python_types(args[0]) if known else ()
        value = self.read(args[0])
        number = isinstance(value, Node) and value.type in PYTHON_TYPES
        if not found and number and value not in self.of_objects:
            found = any_number()
        if number and may_be_complex(value):
            found = (*found, complex)
        answer = _answer(found if known else (), lambda each: issubclass(each, kinds))
        if answer is not None:
            return Static(answer)
        return self.verbatim(
            "isinstance(_0_, _1_)", self.node(args[0]), self.node(args[1]), type=BOOL
        )


def _classes_meant(kinds: Any) -> Any:
    """The classes that ``isinstance`` asks for, as those of ``collections.abc`` for typing's."""
    if isinstance(kinds, tuple):
        return tuple(map(_classes_meant, kinds))
    bare = type(kinds).__module__ == "typing" and not getattr(kinds, "__args__", ())
    return (get_origin(kinds) or kinds) if bare else kinds


def _are_classes(kinds: Any) -> bool:
    """Whether ``isinstance`` takes these: classes, unions, and tuples of them, at any depth."""
    if isinstance(kinds, tuple):
        return all(map(_are_classes, kinds))
    return isinstance(kinds, (type, types.UnionType))


def _answer(kinds: tuple[type, ...], holds: Callable[[type], bool]) -> bool | None:
    """What all kinds that a value may have answer; None where the run tells."""
    answers = {holds(kind) for kind in kinds}
    return answers.pop() if len(answers) == 1 else None


def _getattr(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, name = self.static_value(args[1])
    if not known:
        raise self.unsupported(
            "`getattr` with a name known at run time only", "Name the attribute.", node
        )
    box = holder_of_attribute(args[0], name)
    if len(args) == 3 and isinstance(box, ObjectBox):
        held = _holds(self, box, name, node)
        if isinstance(held, Node):
            return self.choose(
                held, lambda: self.attribute(box, name, node), lambda: args[2], "expression"
            )
        if not held:
            return args[2]
    if len(args) == 3 and isinstance(box, Closure):
        return box.attributes.get(name, args[2])
    if len(args) == 3 and isinstance(box, Static) and not _is_there(self, box.value, name):
        return args[2]
    if len(args) == 3 and not isinstance(box, (ObjectBox, Static)):
        found = self.python_types(args[0])
        if found and not any(hasattr(kind, name) for kind in found):
            return args[2]
        value = self.read(args[0])
        if isinstance(value, Node) and not all(hasattr(kind, name) for kind in found):
            return self.attribute_or(value, name, self.node(args[2]), node)
    return self.attribute(box, name, node)


def _hasattr(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    known, name = self.static_value(args[1])
    value = self.read(args[0])
    value = holder_of_attribute(value, name) if known else value
    if known and isinstance(value, Method) and hasattr(types.MethodType, name):
        return Static(True)
    if known and isinstance(value, Closure):
        return Static(name in value.attributes or hasattr(types.FunctionType, name))
    if known and isinstance(value, ObjectBox):
        held = _holds(self, value, name, node)
        return held if isinstance(held, Node) else Static(held)
    if known and isinstance(value, Static):
        return Static(_is_there(self, value.value, name))
    kinds = self.python_types(value) if known else ()
    answer = _answer(kinds, lambda kind: hasattr(kind, name))
    if answer is not None:
        return Static(answer)
    return self.verbatim("hasattr(_0_, _1_)", self.node(value), self.node(args[1]), type=BOOL)


def _holds(self: Inspection, owner: ObjectBox, name: str, node: ast.AST) -> bool | Node:
    """Whether an object has an attribute now."""
    if isinstance(owner, ObjectEntry) and name in owner.records.layout.keys:
        return True
    given = self.decided(self.read(self.state.get(owner, {})).get(name, UNBOUND))
    if isinstance(given, Either) and given.orelse is UNBOUND and not has(owner.type, name):
        if isinstance(given.then, Either) or hasattr(owner.type, "__getattr__"):
            raise given.refusal
        told: Node = given.tag
        return told
    if given is not UNBOUND or self.is_set(owner.type, name):
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


def _vars(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    if len(args) != 1 or keywords:
        raise self.unsupported(
            "`vars` inside a function",
            "Read the variables, or the attributes, by their names.",
            node,
        )
    return self.attribute(args[0], "__dict__", node)


def _callable(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    value = self.read(args[0])
    if isinstance(value, Static):
        return Static(callable(value.value))
    if isinstance(value, ObjectBox):
        return Static(any("__call__" in vars(kind) for kind in value.type.__mro__))
    return Static(isinstance(value, (Closure, Method, PartialCall)))


def _type(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    kinds = self.python_types(args[0])
    value = self.read(args[0])
    fixed = not (isinstance(value, Node) and may_be_complex(value))
    if len(kinds) == 1 and len(args) == 1 and fixed:
        return Static(kinds[0])
    asked = self.verbatim("type(_0_)", self.node(args[0]), carries=False)
    if kinds:
        self.types_told = {**self.types_told, asked: kinds if fixed else (*kinds, complex)}
    return asked


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


def _no_dataclass(self: Inspection, owner: Value, node: ast.AST) -> UnsupportedError:
    if not isinstance(owner, Node) or owner.op is not PARAMETER:
        return self.unsupported("`replace` of what is no dataclass", "Make a new one.", node)
    return self.unsupported(
        f"`replace` of `{owner.params[0]}`, of which nothing tells all fields",
        "Call the derivative with arguments, or annotate it with a dataclass each of whose fields "
        "is a float, a str, an array of known axes, or such a dataclass: no `Optional`, no `dict`.",
        node,
    )


def _replaced(self: Inspection, args: Arguments, keywords: Keywords, node: ast.AST) -> Value:
    """``dataclasses.replace(instance, **changes)``."""
    owner = self.read(args[0])
    if not isinstance(owner, ObjectBox) or not dataclasses.is_dataclass(owner.type):
        raise _no_dataclass(self, owner, node)
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
    builtins.vars: _vars,
}
