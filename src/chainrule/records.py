"""Classes that are told by their fields, as by :func:`dataclasses.dataclass`, but made quickly.

Loading the engine makes a hundred of them, and the standard decorator compiles up to eight methods
for each, and looks at what annotations may mean.  Here all of them are fields; the constructor is
compiled when the first of the class is made, and comparison, hash and text are shared.  That a
frozen one is not written to is left to the type checker.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
    from functools import cached_property

    kept = cached_property
else:

    class kept:
        """A property that is computed once, as by :func:`functools.cached_property`.

        That one takes a lock when it computes, before Python 3.12.
        """

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self.compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, record: Any, owner: type | None = None) -> Any:
            if record is None:
                return self
            found = vars(record)[self.name] = self.compute(record)
            return found

    def replace(record: Any, **changes: Any) -> Any:
        """The record with other values in some fields, as by :func:`dataclasses.replace`.

        What a ``kept`` property of the old one has found is not taken over.
        """
        own, fields = vars(record), record.__record_fields__
        made = object.__new__(type(record))
        found = vars(made)
        found.update(own if len(own) == len(fields) else {name: own[name] for name in fields})
        found.update(changes)
        return made

    def dataclass(cls: type | None = None, *, frozen: bool = False, eq: bool = True) -> Any:
        """The class with a constructor, and compared by its fields unless ``eq`` is false."""
        if cls is None:
            return lambda found: dataclass(found, frozen=frozen, eq=eq)
        if cls.__doc__ is None:
            cls.__doc__ = f"A {cls.__name__}."
        own = set(vars(cls))
        fields = cls.__record_fields__ = _fields_of(cls)
        cls.__match_args__ = tuple(fields)
        if "__init__" not in own:
            cls.__init__ = _compiled_at_first(cls)
        if "__repr__" not in own:
            cls.__repr__ = _text
        if eq and "__eq__" not in own:
            cls.__eq__ = _comparison(list(fields))
            if "__hash__" not in own:
                cls.__hash__ = _hash(list(fields)) if frozen else None
        return cls


def _fields_of(cls: Any) -> dict[str, Any]:
    """What is annotated in a class and in those that it is made from, with the defaults.

    What is made anew for each record is told by :func:`dataclasses.field`.
    """
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[1:]):
        found |= getattr(base, "__record_fields__", {})
    for name in inspect.get_annotations(cls):
        default = getattr(cls, name, dataclasses.MISSING)
        if isinstance(default, dataclasses.Field):
            delattr(cls, name)
            default = default if default.default is dataclasses.MISSING else default.default
        found[name] = default
    return found


def _compiled_at_first(cls: type) -> Callable[..., None]:
    """A constructor that puts the one that is compiled for the fields in its own place."""

    def __init__(self: Any, *args: Any, **keywords: Any) -> None:
        cls.__init__ = made = _constructor(cls)  # type: ignore[misc]
        made(self, *args, **keywords)

    return __init__


def _constructor(cls: Any) -> Callable[..., None]:
    """The constructor that sets each field to what is given, or to its default."""
    space: dict[str, Any] = {"MADE": object()}
    taken, lines = ["self"], []
    for name, default in cls.__record_fields__.items():
        value = name
        if default is dataclasses.MISSING:
            taken.append(name)
        elif isinstance(default, dataclasses.Field):
            space[f"make_{name}"] = default.default_factory
            taken.append(f"{name}=MADE")
            value = f"make_{name}() if {name} is MADE else {name}"
        else:
            space[f"default_{name}"] = default
            taken.append(f"{name}=default_{name}")
        lines.append(f"    self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec("\n".join([f"def __init__({', '.join(taken)}):", *lines, "    return None"]), space)
    made: Callable[..., None] = space["__init__"]
    return made


def _text(self: Any) -> str:
    parts = [f"{name}={getattr(self, name)!r}" for name in self.__record_fields__]
    return f"{type(self).__qualname__}({', '.join(parts)})"


def _comparison(names: list[str]) -> Callable[[Any, object], bool]:
    if not names:
        return lambda self, other: other.__class__ is self.__class__
    fields = attrgetter(*names)

    def equal(self: Any, other: object) -> bool:
        if self is other:
            return True
        if other.__class__ is self.__class__:
            return bool(fields(self) == fields(other))
        return False

    return equal


def _hash(names: list[str]) -> Callable[[Any], int]:
    if not names:
        return lambda self: hash(self.__class__)
    fields = attrgetter(*names)
    return lambda self: hash(fields(self))
