"""Containers of numbers like which no gradient is laid out: deques, and classes of the user's."""

from __future__ import annotations

import array
import collections
import numbers
import types
from collections import abc
from collections.abc import Iterable
from typing import Any

from chainrule.lift.objects.hooks import what_differs

# So many values are looked at.
MOST_SEEN = 1000
# Of Python's own, whatever they hold.
CLOSED = (array.array, range, memoryview, types.MappingProxyType, collections.deque)
STREAMS = (abc.Set, abc.Iterator, abc.MappingView)
TEXTS = (str, bytes, bytearray, range)


def is_closed_by_kind(found: Any) -> bool:
    """Whether a container or stream of Python's own has no places for the parts of a gradient."""
    if isinstance(found, CLOSED):
        return True
    own = type(found).__module__ in ("builtins", "itertools")
    return own and isinstance(found, STREAMS)


def is_closed(found: Any) -> bool:
    """Whether a container has no places for the parts of a gradient, and holds numbers."""
    if isinstance(found, (list, tuple, dict)) and what_differs(found) is None:
        return False
    parts = _parts(found)
    return parts is not None and any(map(_holds_floats, parts))


def _parts(found: Any) -> Iterable[Any] | None:
    """What a container holds; None of anything else."""
    if isinstance(found, abc.Mapping):
        return found.values()
    held = isinstance(found, (abc.Sequence, abc.Set, abc.ValuesView, array.array))
    return found if held and not isinstance(found, TEXTS) else None


def _holds_floats(found: Any) -> bool:
    stack, seen = [found], 0
    while stack and seen < MOST_SEEN:
        part = stack.pop()
        seen += 1
        real = isinstance(part, numbers.Real) and not isinstance(part, numbers.Integral)
        if real or getattr(getattr(part, "dtype", None), "kind", "i") in "fc":
            return True
        stack.extend(_parts(part) or ())
    return False
