"""Whether what a function writes to is reached from its arguments in one way only.

Generated code holds a list, an array or an object for changed where the function has changed it,
under the name by which it did so.  Where the caller has handed the same thing in twice, or two
views of one array, the other name would show what was there before.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chainrule.records import dataclass

# Members of enumerations stand for themselves, wherever they are.
NUMBERS = (float, int, bool, str, bytes, complex, type(None), enum.Enum)
WHOLE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def is_apart(written: Any, *arguments: Any) -> bool:
    """Whether neither ``written`` nor a list in it is in ``arguments`` twice.

    What dicts and objects hold is written to under routes of its own.
    """
    found = list(parts(arguments))
    inside = {id(part) for part in _rows(written)}
    counts: dict[int, int] = {}
    for part in found:
        counts[id(part)] = counts.get(id(part), 0) + 1
    if any(counts.get(each, 0) > 1 for each in inside):
        return False
    if any(map((1).__lt__, counts.values())) and any(
        id(part) in inside for part in parts(_reached_again(arguments))
    ):
        return False
    arrays = [part for part in found if _is_numpys(part)]
    changed = [part for part in arrays if id(part) in inside]
    return not any(one is not other and _overlap(one, other) for one in changed for other in arrays)


@dataclass(frozen=True, eq=False)
class ApartFrom:
    """Whether what is written to is apart from arguments, and from what is read elsewhere.

    That is certain ``containers``, and what is in a module's dictionary under a name now.
    """

    containers: tuple[Any, ...]
    names: tuple[tuple[Mapping[str, Any], str], ...]

    def __call__(self, written: Any, *arguments: Any) -> bool:
        named = (scope.get(name) for scope, name in self.names)
        return is_apart(written, *arguments, *self.containers, *named)


def are_apart(containers: tuple[Any, ...], *arguments: Any) -> bool:
    """Whether all that is in ``containers`` is reached once, and by none of ``arguments``."""
    counts: dict[int, int] = {}
    for part in parts((containers, *arguments)):
        counts[id(part)] = counts.get(id(part), 0) + 1
    return all(counts[id(part)] == 1 for part in parts(containers))


def _rows(written: Any) -> Iterator[Any]:
    """``written`` and, where it is a list, the lists and arrays in it."""
    stack = [written]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, (list, tuple)) and not (current and isinstance(current[0], float)):
            stack.extend(entry for entry in current if not isinstance(entry, (*NUMBERS, *WHOLE)))


def parts(arguments: tuple[Any, ...]) -> Iterator[Any]:
    """All that can be written to in ``arguments``, as often as it is reached."""
    stack, entered = list(arguments), set()
    while stack:
        current = stack.pop()
        if isinstance(current, (*NUMBERS, *WHOLE)):
            continue
        if not isinstance(current, tuple):
            yield current
            if id(current) in entered:
                continue
            entered.add(id(current))
        stack.extend(_held(current))


def _reached_again(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is reached in a second way, other than from what it holds itself."""
    stack = [(each, False) for each in arguments]
    above, done = set(), set()
    found = []
    while stack:
        current, left = stack.pop()
        if left:
            above.discard(id(current))
            done.add(id(current))
        elif isinstance(current, tuple):
            stack += [(each, False) for each in current]
        elif id(current) in done:
            found.append(current)
        elif id(current) not in above and not isinstance(current, (*NUMBERS, *WHOLE)):
            above.add(id(current))
            stack.append((current, True))
            stack += [(each, False) for each in _held(current)]
    return tuple(found)


def _held(current: Any) -> Iterable[Any]:
    """What is in a list, a dict or an object."""
    if isinstance(current, dict):
        return current.values()
    if isinstance(current, (list, tuple)):
        # Of lists as long as data the first entry tells what is in them.
        return () if current and isinstance(current[0], float) else current
    return () if hasattr(current, "shape") else held_by(current).values()


def held_by(instance: Any) -> dict[str, Any]:
    """The attributes of an object, in slots or not, by name."""
    found = dict(getattr(instance, "__dict__", {}))
    for name in _slots(type(instance)):  # type: ignore[arg-type]
        if hasattr(instance, name):
            found[name] = getattr(instance, name)
    return found


@functools.lru_cache(maxsize=256)
def _slots(kind: type) -> tuple[str, ...]:
    held = [item for each in kind.__mro__ for item in vars(each).items()]
    # A SimpleNamespace has its ``__dict__`` in a slot.
    return tuple(
        name
        for name, slot in held
        if isinstance(slot, types.MemberDescriptorType) and name != "__dict__"
    )


def _is_numpys(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray) and value.ndim > 0


def _overlap(one: Any, other: Any) -> bool:
    numpy = sys.modules["numpy"]
    return bool(numpy.may_share_memory(one, other)) and bool(numpy.shares_memory(one, other))
