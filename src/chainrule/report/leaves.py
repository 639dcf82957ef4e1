"""The numbers in an argument or a result: floats, arrays, and containers of them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]


class Index(tuple[int, ...]):
    """The place of an entry of an array; a plain tuple in a way is a key of a dict."""


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy's with axes; NumPy is not imported for it."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray) and value.ndim > 0


def is_number(value: Any) -> bool:
    """Whether a value is one number, of Python's or NumPy's."""
    if isinstance(value, (int, float)):
        return not isinstance(value, bool)
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return False
    return value.ndim == 0 and value.dtype.kind in "iuf"


def leaves(value: Any) -> Iterator[tuple[Path, float]]:
    """Every number in ``value``, with the way that leads to it."""
    if is_number(value):
        yield (), value
        return
    for key, item in entries(value):
        for path, number in leaves(item):
            yield (key, *path), number


def entries(value: Any) -> list[tuple[Any, Any]]:
    """Keys and items of a container; none of anything else."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    if is_array(value):
        places = sys.modules["numpy"].ndindex(value.shape)
        return [(Index(place), value[place]) for place in places]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return []


def replaced(value: Any, path: Path, number: Any) -> Any:
    """A copy of ``value`` with another number at the end of ``path``."""
    if not path:
        return number
    key, rest = path[0], path[1:]
    if isinstance(key, Index):
        # Numbers of 50 digits need entries that are objects, whole numbers cannot take a float.
        kept = value.dtype.kind == "f" and isinstance(number, float)
        value = (
            value.copy() if kept else value.astype(float if isinstance(number, float) else object)
        )
        value[key] = number
        return value
    items = dict(entries(value))
    items[key] = replaced(items[key], rest, number)
    if isinstance(value, dict):
        return items
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*items.values())
    if isinstance(value, (list, tuple)):
        return type(value)(items.values())
    return dataclasses.replace(value, **{key: items[key]})


def shown(name: str, value: Any, path: Path) -> str:
    """The number's place as Python writes it: ``x[3]``, ``A[0, 1]``, ``p['low']``, ``point.x``."""
    for key in path:
        if dataclasses.is_dataclass(value):
            name, value = f"{name}.{key}", getattr(value, key)
        elif isinstance(key, Index):
            name, value = f"{name}[{', '.join(map(str, key))}]", value[key]
        else:
            name, value = f"{name}[{key!r}]", value[key]
    return name


def descend(value: Any, path: Path) -> Any:
    """The item of a container at the end of ``path``."""
    for key in path:
        value = getattr(value, key) if dataclasses.is_dataclass(value) else value[key]
    return value


def slope_at(slopes: Any, entry: Index, path: Path) -> Any:
    """The slope by the number at the end of ``path``, of an entry of a result that is an array.

    Slopes of an array are arrays, in the layout of the parameter: its own axes come first.
    """
    for position, key in enumerate(path):
        if is_array(slopes):
            rest = [key if isinstance(key, Index) else (key,) for key in path[position:]]
            return slopes[tuple(place for key in (entry, *rest) for place in key)]
        slopes = descend(slopes, (key,))
    return slopes[entry] if entry else slopes
