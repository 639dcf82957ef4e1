"""What an object has, told without running a ``__getattr__`` of the user's.

Such a method may raise whatever it likes, and may have an answer for every name.
"""

from __future__ import annotations

import inspect
import types
from typing import Any

NOTHING = object()


def trait(value: Any, name: str, default: Any = None) -> Any:
    """``getattr(value, name, default)`` of what is there without ``__getattr__``."""
    asks = hasattr(type(value), "__getattr__") and not isinstance(value, type)
    if asks and inspect.getattr_static(value, name, NOTHING) is NOTHING:
        return default
    return getattr(value, name, default)


def has(value: Any, *names: str) -> bool:
    """Whether an object has attributes of these names without ``__getattr__``."""
    return all(trait(value, name, NOTHING) is not NOTHING for name in names)


def is_array_like(value: Any) -> bool:
    """Whether an object has a dtype and a shape: NumPy as a module has functions of these names."""
    return has(value, "dtype", "shape") and not isinstance(value, (type, types.ModuleType))
