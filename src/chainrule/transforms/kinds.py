"""What of the arguments of a call generated code depends on.

A key tells kinds of arguments apart; :func:`fits` is the same question about one kind, for which
no key has to be built: most calls are like the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from chainrule.graph.identity import Identity
from chainrule.lift.parameters import example_type

PLAIN = (float, int, bool, complex)
# Types of arrays that were met: telling them from others again takes no questions.
ARRAYS: set[type] = set()
Fits = Callable[[tuple[Any, ...]], bool]


def never(args: tuple[Any, ...]) -> bool:
    """Fits nothing."""
    return False


def fits(args: tuple[Any, ...]) -> Fits:
    """A quick check for numbers and arrays of the same kinds as these; else one that fits none."""
    names: dict[str, Any] = {}
    tests = [f"len(args) == {len(args)}"]
    for k, value in enumerate(args):
        kind = type(value)
        names[f"kind_{k}"] = kind
        tests.append(f"type(args[{k}]) is kind_{k}")
        if kind in ARRAYS and hasattr(value, "ndim"):
            names[f"dtype_{k}"] = value.dtype
            tests += [f"args[{k}].dtype is dtype_{k}", f"args[{k}].ndim == {value.ndim}"]
            tests += _lengths_are_alike(k, value.shape)
        elif kind not in PLAIN:
            return never
    return eval(f"lambda args: {' and '.join(tests)}", names)  # type: ignore[no-any-return]


def _lengths_are_alike(position: int, shape: tuple[int, ...]) -> list[str]:
    """Conditions that the same axes have length 1."""
    if 1 not in shape:
        return [f"1 not in args[{position}].shape"] if shape else []
    return [
        f"args[{position}].shape[{axis}] {'==' if length == 1 else '!='} 1"
        for axis, length in enumerate(shape)
    ]


def kind_key(value: Any) -> Hashable:
    """What of an argument the generated code depends on."""
    kind = type(value)
    if kind in ARRAYS:
        shape = value.shape
        ones = tuple([length == 1 for length in shape]) if 1 in shape else len(shape)
        return (kind, value.dtype, ones)
    if kind in PLAIN:
        return kind.__name__
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        ARRAYS.add(kind)
        return kind_key(value)
    if value is None or isinstance(value, str):
        return str(value) if value is not None else None
    if kind in (list, tuple):
        return (kind, sequence_key(value))
    if kind is dict:
        return (kind, tuple((key, kind_key(item)) for key, item in value.items()))
    if hasattr(value, "__dataclass_fields__"):
        return (kind, tuple((name, kind_key(entry)) for name, entry in vars(value).items()))
    if callable(value) or hasattr(value, "__dict__"):
        return Identity(value)
    return kind.__qualname__


def sequence_key(value: list[Any] | tuple[Any, ...]) -> Hashable:
    """Kinds of the entries; lists of numbers of any length are alike, tuples and others are not."""
    kinds = set(map(type, value))
    if kinds <= {float, int}:
        size = len(value) if isinstance(value, tuple) else 0
        return (size, tuple(sorted(kind.__name__ for kind in kinds)))
    inner = [kind_key(item) for item in value]
    numbers = isinstance(value, list) and not isinstance(value[0], dict)
    if numbers and len(set(inner)) == 1 and example_type(value) is not None:
        return ("all", inner[0])
    return tuple(inner)
