"""Arrays of classes that are derived from NumPy's: those that do what an array does are arrays."""

from __future__ import annotations

import sys
from typing import Any

# What such a class may say of its objects that no value and no slope depends on.
HARMLESS = frozenset(
    {
        *("__new__", "__init__", "__init_subclass__", "__array_finalize__", "__array_priority__"),
        *("__module__", "__doc__", "__dict__", "__weakref__", "__slots__", "__annotations__"),
        *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__copy__"),
        *("__deepcopy__", "__repr__", "__str__", "__format__", "__sizeof__", "__dir__", "__hash__"),
        *("__class_getitem__", "__orig_bases__", "__parameters__"),
    }
)


def redefined(value: Any) -> str | None:
    """What the class of an array does in a way of its own; None where it does what NumPy does."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return None
    for base in type(value).__mro__:
        if base is numpy.ndarray:
            return None
        if base.__module__.partition(".")[0] == "numpy":
            continue
        own = [name for name in vars(base) if name not in HARMLESS]
        found = next((name for name in own if is_seen(name)), None)
        if found is not None:
            return found
    return None


def is_seen(name: str) -> bool:
    """Whether arrays have an attribute of this name, or NumPy asks for one."""
    numpy = sys.modules["numpy"]
    protocols = ("__array_wrap__", "__array_prepare__", "__getattr__", "__getattribute__")
    return hasattr(numpy.ndarray, name) or name in protocols
