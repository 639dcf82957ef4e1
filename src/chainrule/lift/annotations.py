"""What annotations, and kinds given on the command line, tell of a parameter without an argument.

Kinds are written ``float``, ``float32[n, 1]``, ``list[float[n]]``, ``tuple[float, int]``,
``{w: float[n], b: float}``.  What is a container of known layout is told by an example of it.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from chainrule.errors import ArgumentError
from chainrule.graph.types import OPAQUE, Array, Type, array_of
from chainrule.graph.types import Sequence as SequenceType
from chainrule.lift.library.draws import generator_of, is_generator_class
from chainrule.lift.parameters import annotated_type, column_type, kind_type
from chainrule.lift.records.layout import layout_of
from chainrule.records import dataclass

SCALARS = {"float": 1.0, "int": 2, "bool": True}
# jaxtyping's names of dtypes.
NAMED_DTYPES = {
    "Float": "float64", "Float64": "float64", "Float32": "float32", "Float16": "float16",
    "Int": "int64", "Int64": "int64", "Int32": "int32", "Bool": "bool",
}  # fmt: skip
SHAPED = re.compile(r"(?:\w+\.)*(\w+)\[.*,\s*(['\"])(.*)\2\s*\]")


@dataclass(frozen=True)
class Example:
    """A container of known layout, by an example of it."""

    value: Any


def hints_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The annotations of a function, those that are written as text evaluated where they can be."""
    return _evaluated(
        getattr(function, "__annotations__", {}), getattr(function, "__globals__", {})
    )


def _hints_of_class(cls: type) -> dict[str, Any]:
    """Those of the fields of a class, and of the classes that it is derived from."""
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__):
        module = sys.modules.get(each.__module__)
        found.update(_evaluated(vars(each).get("__annotations__", {}), vars(module or types)))
    return found


def _evaluated(own: Mapping[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations, those that are written as text evaluated where they can be."""
    found = {}
    for name, hint in own.items():
        found[name] = hint
        if isinstance(hint, str):
            try:
                found[name] = typing.get_type_hints(
                    type("_", (), {"__annotations__": {name: hint}}), names, include_extras=True
                )[name]
            except (AttributeError, NameError, SyntaxError, TypeError):
                continue
    return found


def hinted(name: str, annotation: Any) -> Type | Example | None:
    """What an annotation tells; None where it says nothing of numbers.

    Raises
    ------
    ArgumentError
        When it is an array or a container of which the layout is not told.
    """
    annotation = _meant(annotation)
    shape = _shape(annotation)
    if shape is not None:
        dtype, axes = shape
        if axes is None:
            raise ArgumentError(
                f"how many axes the array `{name}` has is not known",
                remedy=f'Tell them with --arg "{name}=float[n]" or --arg "{name}=float[n, m]".',
            )
        return array_of(dtype, axes)
    origin = get_origin(annotation)
    if origin is dict:
        raise ArgumentError(
            f"the keys of the dict `{name}` are not known",
            remedy=f'Tell them with --arg "{name}={{a: float, b: float[n]}}".',
        )
    if origin is list and get_args(annotation):
        item = hinted(name, get_args(annotation)[0])
        if isinstance(item, Example):
            # A list of records is read field by field, whatever its length.
            records = [item.value]
            return Example(records) if layout_of(records, column_type) is not None else None
        return None if item is None else SequenceType(item)
    if origin is tuple and Ellipsis not in get_args(annotation):
        items = [hinted(name, part) for part in get_args(annotation)]
        known = [example_of(item) for item in items if item is not None]
        return Example(tuple(known)) if len(known) == len(items) > 0 else None
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _instance(name, annotation)
    if isinstance(annotation, type) and hasattr(annotation, "_fields"):
        hints = _hints_of_class(annotation)
        kinds = [hinted(f"{name}.{field}", hints.get(field)) for field in annotation._fields]
        told = [example_of(kind) for kind in kinds if kind is not None]
        return Example(annotation(*told)) if len(told) == len(kinds) else None
    if isinstance(annotation, type) and is_generator_class(annotation):
        return Example(generator_of(annotation))
    return annotated_type(annotation)


def _meant(annotation: Any) -> Any:
    """What an alias that a ``type`` statement has made stands for (PEP 695)."""
    alias = getattr(typing, "TypeAliasType", None)
    while alias is not None:
        if isinstance(annotation, alias):
            annotation = annotation.__value__
        elif isinstance(get_origin(annotation), alias):
            annotation = get_origin(annotation).__value__[get_args(annotation)]
        else:
            break
    return annotation


def _shape(annotation: Any) -> tuple[str, tuple[bool, ...] | None] | None:
    """The dtype and the axes of an annotated array; None where it is none, or for its axes."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and annotation is numpy.ndarray:
        return "float64", None
    if numpy is not None and get_origin(annotation) is numpy.ndarray:
        shape, dtype = map(_meant, (*get_args(annotation), None, None)[:2])
        lengths = get_args(shape)
        known = bool(lengths) and Ellipsis not in lengths
        names = [getattr(part, "__name__", "") for part in get_args(dtype)]
        return (names or ["float64"])[0], (False,) * len(lengths) if known else None
    dims = getattr(annotation, "dim_str", None)
    if isinstance(dims, str):
        dtypes = list(getattr(annotation, "dtypes", ()))
        return "float64" if "float64" in dtypes or not dtypes else dtypes[-1], _axes(dims)
    text = annotation if isinstance(annotation, str) else ""
    if text[:1] in ("'", '"'):
        text = str(ast.literal_eval(text))
    found = SHAPED.fullmatch(text)
    if found is not None and found[1] in NAMED_DTYPES:
        return NAMED_DTYPES[found[1]], _axes(found[3])
    return None


def _axes(dims: str) -> tuple[bool, ...] | None:
    """Which of the axes that jaxtyping describes have length 1; None where their number is open."""
    words = [word.partition("=")[2] or word for word in dims.split()]
    return None if any(word[0] in "*.#_?" for word in words) else tuple(w == "1" for w in words)


def _instance(name: str, cls: type) -> Example | None:
    """An object of a dataclass whose fields are like their annotations."""
    made: Any = object.__new__(cls)
    hints = _hints_of_class(cls)
    for field in dataclasses.fields(cls):
        kind = hinted(f"{name}.{field.name}", hints.get(field.name))
        if kind is None:
            return None
        object.__setattr__(made, field.name, example_of(kind))
    return Example(made)


def example_of(kind: Type | Example) -> Any:
    """A value of a kind."""
    if isinstance(kind, Example):
        return kind.value
    if isinstance(kind, Array):
        import numpy as np

        return np.ones([1 if unit else 2 for unit in kind.unit_axes], kind.dtype)
    if isinstance(kind, SequenceType):
        return [example_of(kind.item)]
    return "" if kind == OPAQUE else SCALARS.get(str(kind), 1.0)


def parsed_kind(text: str) -> Type | Example | None:
    """What a kind on the command line means; None where it cannot be read."""
    plain = kind_type(text)
    if plain is not None:
        return plain
    inner = re.fullmatch(r"list\[(.*)\]", text.strip())
    if inner is not None:
        item = parsed_kind(inner[1])
        return SequenceType(item) if isinstance(item, (Array, SequenceType)) else None
    inner = re.fullmatch(r"tuple\[(.*)\]", text.strip())
    if inner is not None:
        items = [parsed_kind(part) for part in _parts(inner[1])]
        return None if None in items else Example(tuple(example_of(i) for i in items if i))
    inner = re.fullmatch(r"\{(.*)\}", text.strip())
    if inner is not None:
        pairs = [part.partition(":")[::2] for part in _parts(inner[1])]
        kinds = {_key(key): parsed_kind(value.strip()) for key, value in pairs}
        if None in kinds.values():
            return None
        return Example({key: example_of(kind) for key, kind in kinds.items() if kind})
    return None


def _key(text: str) -> Any:
    """A key of a dict: a number or a word, quoted or not."""
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        return text.strip()


def _parts(text: str) -> list[str]:
    """The parts of a list at its commas, those inside brackets apart."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found if part.strip()]
