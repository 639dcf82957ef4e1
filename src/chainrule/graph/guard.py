"""What generated code rests on besides its arguments: values that were read to shape it."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeGuard

from chainrule.graph.identity import Identity
from chainrule.graph.keys import entry_text
from chainrule.graph.traits import is_array_like
from chainrule.records import dataclass

# How what is found along a route is compared with what was found at the time of lifting.
FORMS = {
    "is": "{0} is _1_",
    "type": "{0}.__class__ is _1_",
    "length": "len({0}) == _1_",
    "keys": "list({0}) == _1_",
    "layout": "_1_({0})",
    "equals": "{0} == _1_",
    "content": "({0}.dtype, {0}.shape, {0}.tobytes()) == _1_",
    "number": "({0}.__class__ is float or _1_({0}))",
    # The same of a function that calls nothing of NumPy's.
    "plain number": "({0}.__class__ is float or _1_({0}))",
    "whole number": "({0}.__class__ is int or _1_({0}))",
    "plain whole number": "({0}.__class__ is int or _1_({0}))",
    "array": "(type({0}), {0}.dtype, *map((1).__eq__, {0}.shape)) == _1_",
    # What is written to, beside the arguments that might reach it too.
    "apart": "_1_({0})",
}


def has_no_entries(value: Any) -> bool:
    """Whether what is said to be a number is no array, list or tuple of such."""
    return not isinstance(value, (list, tuple)) and getattr(value, "shape", ()) == ()


def array_layout(array: Any) -> tuple[Any, ...]:
    """What of an array shapes the code: its class, dtype, rank, and the axes of length 1."""
    return (type(array), array.dtype, *(length == 1 for length in array.shape))


def table_layout(value: Any) -> Any:
    """What of a table of unknown depth shapes the code: all but the numbers in it."""
    kind = type(value)
    if kind in (float, int, bool):
        return kind
    if is_array_like(value):
        return array_layout(value)
    if isinstance(value, (list, tuple)):
        if set(map(type, value)) == {float}:
            return (kind, len(value), float)
        return (kind, *map(table_layout, value))
    if isinstance(value, dict):
        entries = ((type(key), key, table_layout(entry)) for key, entry in value.items())
        return (kind, *entries)
    if value is None or isinstance(value, (str, bytes)):
        return (kind, value)
    return (kind, Identity(value)) if callable(value) or hasattr(value, "__dict__") else kind


@dataclass(frozen=True)
class TableLayout:
    """Whether a table is of a layout."""

    layout: Any

    def __call__(self, table: Any) -> bool:
        return bool(table_layout(table) == self.layout)


def item_kinds(value: Any) -> Any:
    """What of a list or dict of numbers shapes the code: all but how many they are."""
    if isinstance(value, dict):
        kinds = frozenset(map(type, value)), frozenset(map(item_kinds, value.values()))
        return (dict, *kinds)
    if not isinstance(value, (list, tuple)):
        return type(value)
    return (type(value), frozenset(map(item_kinds, value)) or frozenset((float,)))


@dataclass(frozen=True)
class ItemKinds:
    """Whether a list or dict holds numbers of these kinds."""

    kinds: Any

    def __call__(self, table: Any) -> bool:
        return bool(item_kinds(table) == self.kinds)


@dataclass(frozen=True)
class Argument:
    """The root of a route that begins at a parameter."""

    name: str


@dataclass(frozen=True, eq=False)
class Route:
    """How a value is reached: a Python expression in which ``_0_`` is the root.

    The root is a module's dictionary, a closure cell, a class or function, or an
    :class:`Argument`.
    """

    root: Any
    text: str = "_0_"

    def item(self, key: Hashable) -> Route:
        """The route to an entry."""
        return Route(self.root, entry_text(self.text, key))

    def attribute(self, name: str) -> Route:
        """The route to an attribute."""
        return Route(self.root, f"{self.text}.{name}")

    def beside(self, names: Iterable[str]) -> Route:
        """The route to a tuple of what this one leads to and arguments."""
        return Route(self.root, ", ".join([self.text, *names]))

    def find(self, arguments: Mapping[str, Any]) -> Any:
        """What is there now."""
        root = arguments[self.root.name] if isinstance(self.root, Argument) else self.root
        return eval(self.text, {**arguments, "_0_": root})


@dataclass(frozen=True, eq=False)
class Guard:
    """The code is right as long as what is at the end of ``route`` is what was found there.

    ``binding`` is the name under which the code reads a number that lives elsewhere: a changed
    number is bound anew, and the code stays.
    """

    route: Route
    form: str
    expected: Any
    binding: str | None = None

    @property
    def key(self) -> Hashable:
        """Equal for guards that watch the same thing."""
        root = self.route.root
        return (root if isinstance(root, Argument) else id(root), self.route.text, self.form)

    @property
    def text(self) -> str:
        """The condition, with ``_0_`` for the root and ``_1_`` for what is expected."""
        return FORMS[self.form].format(self.route.text)

    def concerns(self, arguments: Mapping[str, Any]) -> bool:
        """Whether what it watches is there to be looked at."""
        root = self.route.root
        return not isinstance(root, Argument) or root.name in arguments

    def holds(self, expected: Any, arguments: Mapping[str, Any]) -> bool:
        """Whether the condition is true now, for the arguments of a call."""
        root = self.route.root
        root = arguments[root.name] if isinstance(root, Argument) else root
        try:
            return bool(eval(self.text, {**arguments, "_0_": root, "_1_": expected}))
        except Exception:
            # What cannot be read any more is certainly not what it was.
            return False

    def accepts(self, expected: Any, found: Any) -> bool:
        """Whether ``found`` in the place of ``expected`` leaves the code right."""
        if self.form != "is" or type(expected) is not type(found):
            return False
        if self.binding is not None:
            return isinstance(found, (int, float)) or hasattr(found, "dtype")
        return isinstance(found, (str, bytes, int, float)) and repr(found) == repr(expected)


@dataclass(frozen=True, eq=False)
class Given:
    """An array or an int from outside.

    ``route`` leads to it, ``shape`` are its lengths (an int's value) in the call for which the
    code is made; both are None where only kinds are known.  ``kind`` is the class of a container
    or an array.
    """

    route: Route | None = None
    shape: tuple[int, ...] | None = None
    kind: type | None = None


def frozen_guard(route: Route) -> Guard:
    """A guard of all that is at the end of ``route``, entries of arrays and tables included."""
    found = route.find({})
    if hasattr(found, "dtype"):
        return Guard(route, "content", (found.dtype, found.shape, found.tobytes()))
    if isinstance(found, (list, tuple, dict)):
        return Guard(route, "equals", copy.deepcopy(found))
    return Guard(route, "is", found)


def is_of_argument(route: Route | None) -> TypeGuard[Route]:
    """Whether a route begins at a parameter."""
    return route is not None and isinstance(route.root, Argument)
