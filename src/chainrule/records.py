"""Classes that are told by their fields, as by :func:`dataclasses.dataclass`, but made quickly.

Loading the engine makes a hundred of them, and the standard decorator compiles up to eight methods
for each.  Here it compiles the constructor only, when the first of the class is made; comparison,
hash and text are shared.  That a frozen one is not written to is left to the type checker.
"""

from __future__ import annotations

import dataclasses
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
        own, fields = vars(record), record.__dataclass_fields__
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
        made = dataclasses.dataclass(init=False, eq=False, repr=False)(cls)
        if "__init__" not in own:
            made.__init__ = _compiled_at_first(made)
        if "__repr__" not in own:
            made.__repr__ = _text
        if eq and "__eq__" not in own:
            names = [field.name for field in dataclasses.fields(made) if field.compare]
            made.__eq__ = _comparison(names)
            if "__hash__" not in own:
                made.__hash__ = _hash(names) if frozen else None
        return made


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
    for field in dataclasses.fields(cls):
        name = value = field.name
        if field.default is not dataclasses.MISSING:
            space[f"default_{name}"] = field.default
            taken.append(f"{name}=default_{name}")
        elif field.default_factory is not dataclasses.MISSING:
            space[f"make_{name}"] = field.default_factory
            taken.append(f"{name}=MADE")
            value = f"make_{name}() if {name} is MADE else {name}"
        else:
            taken.append(name)
        lines.append(f"    self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec("\n".join([f"def __init__({', '.join(taken)}):", *lines, "    return None"]), space)
    made: Callable[..., None] = space["__init__"]
    return made


def _text(self: Any) -> str:
    parts = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self)]
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
