"""What an object holds, where its class would answer first.

A property of that name stands in the way of ``obj.name``: as properties do that keep what they
compute in ``obj.__dict__``.
"""

from __future__ import annotations

import inspect
import types
from typing import Any

# What gives access to the memory of objects without a dictionary.
OF_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


def answers_first(kind: type, name: str) -> bool:
    """Whether a property or the like of the class answers for what an object holds."""
    found = inspect.getattr_static(kind, name, None)
    answers = hasattr(type(found), "__set__") or hasattr(type(found), "__delete__")
    return answers and not isinstance(found, OF_SLOTS)


def stored(kind: type, name: str) -> str:
    """The text of an attribute of ``_0_`` that is read and written past its class."""
    return f"_0_.__dict__[{name!r}]" if answers_first(kind, name) else f"_0_.{name}"


def holds(instance: Any, name: str) -> bool:
    """Whether an object has an attribute, without running what its class computes it by."""
    if name in getattr(instance, "__dict__", {}):
        return True
    found = inspect.getattr_static(type(instance), name, None)
    plain = isinstance(found, (types.FunctionType, *OF_SLOTS))
    return (plain or not hasattr(type(found), "__get__")) and hasattr(instance, name)


def held(instance: Any, name: str) -> Any:
    """The attribute of an object that :func:`holds` it."""
    return vars(instance)[name] if answers_first(type(instance), name) else getattr(instance, name)
