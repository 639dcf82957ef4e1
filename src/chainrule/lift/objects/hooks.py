"""Classes that step in where their objects are read or written: descriptors, other containers."""

from __future__ import annotations

import ast
import inspect
import types
from typing import Any

from chainrule.graph.guard import Route
from chainrule.lift.control import Control
from chainrule.lift.source import unwrap
from chainrule.lift.values import ObjectBox, Static, Value
from chainrule.lift.watching import SETTLED, is_plain_sequence

# How the entries of a list, tuple or dict are read and compared.
READING = (
    "__getattr__",
    *("__getitem__", "__iter__", "__len__", "__contains__", "__reversed__", "__missing__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__setitem__", "__delitem__"),
    *("index", "count", "get", "keys", "values", "items", "append", "extend", "insert", "pop"),
    *("sort", "reverse", "remove", "clear", "copy", "update", "setdefault"),
)

# What else a class derived from dict may say of its objects.
OF_DICTS = ("__bool__", "__or__", "__ror__", "__ior__")


class Hooks(Control):
    """Does what a class says of the access to its objects, or refuses."""

    def watch_presence(self, owner: ObjectBox, name: str, held: bool) -> None:
        """An attribute of a caller's object may come to hide what its class has, or cease to."""
        if owner.route is not None and hasattr(owner.instance, "__dict__"):
            route = Route(owner.route.root, f"({name!r} in {owner.route.text}.__dict__)")
            self.graph.guard(route, "is", held)

    def watch_trait(self, route: Route, name: str, held: bool) -> None:
        """An attribute that code asks for may come, or go."""
        watched = Route(route.root, f"hasattr({route.text}, {name!r})")
        self.graph.guard(watched, "is", held)

    def is_data(self, found: Any, route: Route) -> bool:
        """Whether an attribute of an argument is a container of values of the caller's."""
        raise NotImplementedError

    def check_reads(self, owner: ObjectBox, node: ast.AST) -> None:
        """Refuse classes that intercept each access to their attributes."""
        if is_method(owner.type, "__getattribute__"):
            raise self.unsupported(
                f"{owner.type.__name__} defines `__getattribute__`",
                "Use a property, or attributes that are what was assigned to them.",
                node,
            )

    def check_container(self, kind: type, node: ast.AST) -> None:
        """Refuse tuples of a class whose entries are not read as those of a tuple are."""
        if (name := redefined(kind) or _replaced(kind)) is not None:
            raise self.unsupported(
                f"{kind.__name__} is a tuple, and defines `{name}`",
                "Make it a dataclass, or leave tuples as they are.",
                node,
            )

    def of_descriptor(
        self, owner: ObjectBox, found: Any, method: str, args: list[Value], node: ast.AST
    ) -> Value | None:
        """What a descriptor of the user's own class does; None where ``found`` is none."""
        home = type(found).__module__.partition(".")[0]
        if home in SETTLED or not hasattr(type(found), method):
            return None
        if not is_method(type(found), method):
            raise self.unsupported(
                f"an attribute that is a {type(found).__name__}",
                "Use a property, or a method written in Python.",
                node,
            )
        itself = self.adopt(found, None, Route(owner.type))
        return self.call(Static(getattr(type(found), method)), [itself, owner, *args], {}, node)


def is_method(kind: type, name: str) -> bool:
    """Whether a class has a method of this name that is written in Python."""
    return isinstance(unwrap(inspect.getattr_static(kind, name, None)), types.FunctionType)


def redefined(kind: type, names: tuple[str, ...] = READING) -> str | None:
    """What a class derived from list, tuple or dict does otherwise than these when it is read."""
    for each in kind.__mro__:
        if each.__module__ in ("builtins", "collections"):
            continue
        for name in names:
            if callable(vars(each).get(name)):
                return name
    return None


def _replaced(kind: type) -> str | None:
    """What a class derived from a named tuple does otherwise than that when it is written to."""
    for each in kind.__mro__:
        if "_fields" in vars(each):
            return None
        if "_replace" in vars(each):
            return "_replace"
    return None


def what_differs(example: Any) -> str | None:
    """Why an argument is not the list, tuple or dict that it is derived from; None where it is.

    A dict knows its class; of a list, or a tuple without names, only the entries are known.
    """
    kind = type(example)
    if isinstance(example, dict):
        name = redefined(kind, READING + OF_DICTS)
        return None if name is None else f"which defines `{name}`"
    if not isinstance(example, (list, tuple)):
        return None
    if (name := redefined(kind)) is not None:
        return f"which defines `{name}`"
    if is_plain_sequence(kind):
        return None
    return f"which is derived from {'list' if isinstance(example, list) else 'tuple'}"
