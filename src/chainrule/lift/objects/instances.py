"""Which objects of the caller's are instances with attributes of their own."""

from __future__ import annotations

import enum
import functools
import types
from typing import Any

from chainrule.graph.traits import has
from chainrule.lift.source import unwrap
from chainrule.lift.watching import SETTLED, WRITTEN
from chainrule.primitives.namespaces import primitive_of

COMPILED = types.WrapperDescriptorType


def is_instance_with_state(found: Any) -> bool:
    """Whether an object is an instance of a class written in Python that holds attributes."""
    if isinstance(
        found, (type, types.ModuleType, types.FunctionType, types.MethodType, functools.partial)
    ):
        return False
    if callable(found) and primitive_of(found) is not None:
        # A function of SciPy that is an object of a class of its own.
        return False
    if isinstance(found, BaseException) or unwrap(found) is not found or has(found, "py_func"):
        return False
    cls = type(found)
    if callable(found) and hasattr(found, "__name__") and isinstance(cls.__call__, COMPILED):
        # A function of Cython's.
        return False
    compiled = ("builtins", "typing", "collections", "enum", "numpy", "random", "functools")
    if cls.__module__ in compiled:
        return False
    if isinstance(found, enum.Enum) or not hasattr(found, "__dict__"):
        return False
    written = all(base.__flags__ & WRITTEN for base in cls.__mro__[:-1])
    own = written and cls.__module__.partition(".")[0] not in SETTLED
    if isinstance(found, (int, float)):
        return types.FunctionType in (type(cls.__add__), type(cls.__mul__))
    return own or any("__init__" in vars(base) for base in cls.__mro__[:-1])
