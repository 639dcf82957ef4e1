"""Lists whose entries are records of one layout: dataclasses, named tuples, tuples or dicts.

Such a list is handled as one list for every field, whatever its length::

    [Flow(1.0, 5.0), Flow(2.0, 7.0)]        t = [1.0, 2.0]; cash = [5.0, 7.0]
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import keyword
import types
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from chainrule.graph.types import BOOL, OPAQUE, Type
from chainrule.graph.types import Sequence as SequenceType
from chainrule.records import dataclass

# Where a class has such a method, its objects do more with attributes than hold them.
HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__new__", "__get__")
# Of these kinds are records that are no objects and no dicts.
ROWS = ("tuple", "variants", "among")
# The type of the list of one field's values; None where the values have nothing in common.
ColumnType = Callable[[list[Any]], Type | None]


@dataclass(frozen=True)
class RecordLayout:
    """What the records of a list have in common.

    ``kind`` is ``"object"``, ``"dict"`` or ``"tuple"``; ``type`` the class of objects and named
    tuples; ``types`` are those of the lists of the fields' values: a layout where they are records.
    Of ``"rows"``, which are lists of records themselves, ``row`` is the layout of these.
    Of ``"variants"``, objects of several classes, these are the ``classes``; what stands in a list
    of the kind ``"among"`` are known entries, in an order that the run tells.
    ``late`` are the fields that a loop gives to all records after they were made, and what stands
    in their place until then.
    """

    kind: str
    type: Any
    keys: tuple[Hashable, ...]
    types: tuple[Any, ...]
    row: RecordLayout | None = None
    classes: tuple[type, ...] = ()
    late: tuple[tuple[Hashable, Any], ...] = ()

    @property
    def is_fixed(self) -> bool:
        """Whether such records cannot be written to."""
        parameters = getattr(self.type, "__dataclass_params__", None)
        frozen = parameters is not None and parameters.frozen
        return (
            self.kind in ("tuple", "variants", "among")
            or issubclass(self.type or dict, tuple)
            or frozen
        )

    @property
    def noun(self) -> str:
        """What one of the records is called."""
        name = getattr(self.type, "__name__", "entry").lower()
        return name if name.isidentifier() and not keyword.iskeyword(name) else "entry"

    def access(self, position: int) -> str:
        """How a field is read, behind the record."""
        key = self.keys[position]
        return f".{key}" if self.kind == "object" else f"[{key!r}]"

    def values(self, records: list[Any], key: Hashable) -> list[Any]:
        """What the records hold in one field."""
        if self.kind == "object":
            return [getattr(record, str(key)) for record in records]
        return [record[key] for record in records]

    def name(self, position: int) -> str | None:
        """What a field is called."""
        key = self.keys[position]
        plain = isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)
        return str(key) if plain else None


def layout_of(items: list[Any], column_type: ColumnType) -> RecordLayout | None:
    """The layout of the records that a list holds; None if it holds anything else."""
    fields = _fields_of(items[0]) if items else None
    if fields is None:
        return None
    first, (kind, keys) = items[0], fields
    if any(type(item) is not type(first) or _fields_of(item) != fields for item in items):
        return None
    types = []
    for key in keys:
        values = [getattr(item, str(key)) if kind == "object" else item[key] for item in items]
        found = layout_of(values, column_type) or _column(values, column_type)
        if found is None:
            return None
        types.append(found)
    plain = type(first) in (tuple, dict)
    return RecordLayout(kind, None if plain else type(first), keys, tuple(types))


def _column(values: list[Any], column_type: ColumnType) -> Type | None:
    for kind, type_ in ((str, OPAQUE), (bool, BOOL)):
        if all(type(value) is kind for value in values):
            return SequenceType(type_)
    return column_type(values)


def _fields_of(value: Any) -> tuple[str, tuple[Hashable, ...]] | None:
    """The kind of a record and the keys of its fields."""
    if type(value) is dict:
        return ("dict", tuple(value)) if value and all(type(key) is str for key in value) else None
    if isinstance(value, tuple):
        names = getattr(type(value), "_fields", None)
        if names is not None:
            return "object", tuple(names)
        return ("tuple", tuple(range(len(value)))) if value and type(value) is tuple else None
    names = attributes_of(value)
    return ("object", names) if names else None


def attributes_of(value: Any) -> tuple[str, ...]:
    """The attributes of an object that does nothing but hold them; none of what is no such."""
    kind = type(value)
    if kind is types.SimpleNamespace:
        return tuple(vars(value))
    if kind.__module__ in ("builtins", "numpy", "collections", "functools", "enum"):
        return ()
    if any(_hooks(vars(base)) for base in kind.__mro__[:-1]):
        return ()
    made_by = inspect.getattr_static(kind, "__init__", None)
    written = isinstance(made_by, types.FunctionType) or made_by is object.__init__
    if not written or isinstance(value, BaseException):
        return ()
    slots = [
        name
        for base in reversed(kind.__mro__)
        for name in _names_of_slots(vars(base).get("__slots__", ()))
        if hasattr(value, name)
    ]
    held = [
        name
        for name in getattr(value, "__dict__", {})
        # It is computed from the others.
        if not isinstance(inspect.getattr_static(kind, name, None), functools.cached_property)
    ]
    return (*slots, *held)


def _hooks(namespace: Mapping[str, Any]) -> bool:
    """Whether a class has a say in what its attributes are."""
    found = [namespace[name] for name in HOOKS if name in namespace]
    codes = [getattr(hook, "__code__", None) for hook in found]
    # Frozen dataclasses refuse to be written to.
    return any(code is None or code.co_filename != "<string>" for code in codes)


def _names_of_slots(slots: Any) -> tuple[str, ...]:
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if not name.startswith("__"))


def keeps_what_is_set(kind: type) -> bool:
    """Whether an attribute of an object is what it is set to, so far as its class has a say."""
    setter = inspect.getattr_static(kind, "__setattr__", None)
    return setter in (object.__setattr__, types.SimpleNamespace.__setattr__)


def is_plain(kind: type) -> bool:
    """Whether the constructor of a class keeps the fields that it is given, and does no more."""
    if issubclass(kind, tuple) or kind is types.SimpleNamespace:
        return True
    if not dataclasses.is_dataclass(kind) or hasattr(kind, "__post_init__"):
        return False
    init = inspect.getattr_static(kind, "__init__", None)
    generated = isinstance(init, types.FunctionType) and init.__code__.co_filename == "<string>"
    hooked = any("__new__" in vars(base) for base in kind.__mro__[:-1])
    return generated and not hooked and all(field.init for field in dataclasses.fields(kind))


def singular(name: str) -> str:
    """The name of one of several: ``flow`` of ``flows``, ``body`` of ``bodies``."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith("s") and not name.endswith("ss") and len(name) > 2:
        return name[:-1]
    return "entry"
