"""The numbers in an argument or a result: floats, and containers of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]


def leaves(value: Any) -> Iterator[tuple[Path, float]]:
    """Every number in ``value``, with the way that leads to it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return []


def replaced(value: Any, path: Path, number: Any) -> Any:
    """A copy of ``value`` with another number at the end of ``path``."""
    if not path:
        return number
    key, rest = path[0], path[1:]
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
    """The number's place as Python writes it: ``x[3]``, ``limits['low']``, ``point.x``."""
    for key in path:
        if dataclasses.is_dataclass(value):
            name, value = f"{name}.{key}", getattr(value, key)
        else:
            name, value = f"{name}[{key!r}]", value[key]
    return name
